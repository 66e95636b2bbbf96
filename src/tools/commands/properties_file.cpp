// Java's .properties files.

#include "base/file.h"
#include "tools/commands/common.h"

namespace samsa::tools {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }

char unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'f':
      return '\f';
    default:
      return c;
  }
}

// Takes a key or a value off the line: until an unescaped terminator.
std::string take_part(std::string_view& line, bool is_key) {
  std::string part;
  while (!line.empty()) {
    const char c = line.front();
    if (is_key && (c == '=' || c == ':' || is_blank(c))) break;
    line.remove_prefix(1);
    if (c != '\\' || line.empty()) {
      part += c;
      continue;
    }
    part += unescape(line.front());
    line.remove_prefix(1);
  }
  return part;
}

void skip_blanks(std::string_view& line) {
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
}

bool continues(std::string_view line) {
  size_t slashes = 0;
  while (slashes < line.size() && line[line.size() - 1 - slashes] == '\\') ++slashes;
  return slashes % 2 == 1;
}

}  // namespace

Result<client::Properties> load_properties(const std::string& path) {
  auto content = read_file(path);
  if (!content) {
    return Error{Errc::invalid_config, path + " (No such file or directory)"};
  }
  client::Properties properties;
  std::string logical;
  for (const std::string& raw : split(*content, '\n')) {
    std::string_view line = raw;
    if (line.ends_with('\r')) line.remove_suffix(1);
    skip_blanks(line);
    if (logical.empty() && (line.empty() || line.front() == '#' || line.front() == '!')) continue;
    logical += line;
    if (continues(line)) {
      logical.pop_back();
      continue;
    }
    std::string_view rest = logical;
    std::string key = take_part(rest, true);
    skip_blanks(rest);
    if (!rest.empty() && (rest.front() == '=' || rest.front() == ':')) rest.remove_prefix(1);
    skip_blanks(rest);
    properties[key] = take_part(rest, false);
    logical.clear();
  }
  return properties;
}

}  // namespace samsa::tools
