#include "config/properties.h"

#include <algorithm>
#include <vector>

#include "base/file.h"
#include "config/broker_config.h"

namespace samsa::config {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\f'; }

// One logical line: comments gone, continuation lines joined, escapes still in place.
struct LogicalLine {
  std::string text;
  size_t number = 0;  // of its first line in the file, from 1
};

class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  bool next(LogicalLine& line) {
    line.text.clear();
    while (!rest_.empty() || !line.text.empty()) {
      std::string_view natural = take_line();
      const bool continues = !line.text.empty();
      while (!natural.empty() && is_space(natural.front())) natural.remove_prefix(1);
      if (!continues) {
        if (natural.empty() || natural.front() == '#' || natural.front() == '!') continue;
        line.number = number_;
      }
      const size_t last = natural.find_last_not_of('\\');
      const size_t slashes = natural.size() - (last == std::string_view::npos ? 0 : last + 1);
      const bool joins = slashes % 2 == 1;
      line.text.append(natural.substr(0, natural.size() - (joins ? 1 : 0)));
      if (!joins || rest_.empty()) return true;
      if (line.text.empty()) line.text = " ";  // a lone backslash: the next line stands for itself
    }
    return false;
  }

 private:
  std::string_view take_line() {
    const size_t end = rest_.find_first_of("\r\n");
    const std::string_view line = rest_.substr(0, end);
    const bool both = end != std::string_view::npos && rest_.substr(end, 2) == "\r\n";
    rest_ = end == std::string_view::npos ? "" : rest_.substr(end + (both ? 2 : 1));
    ++number_;
    return line;
  }

  std::string_view rest_;
  size_t number_ = 0;
};

void append_utf8(std::string& to, uint32_t code) {
  const auto put = [&](uint32_t byte) { to += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) return put(0xc0 | code >> 6), put(0x80 | (code & 0x3f));
  if (code < 0x10000) {
    put(0xe0 | code >> 12);
    return put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  }
  put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 0x3f));
  put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
}

// Four hexadecimal digits at the front of the text.
bool take_unit(std::string_view& text, uint32_t& unit) {
  if (text.size() < 4) return false;
  unit = 0;
  for (const char c : text.substr(0, 4)) {
    const size_t digit =
        std::string_view("0123456789abcdef").find(static_cast<char>(std::tolower(c)));
    if (digit == std::string_view::npos) return false;
    unit = unit << 4 | static_cast<uint32_t>(digit);
  }
  text.remove_prefix(4);
  return true;
}

bool append_unicode(std::string& to, std::string_view& text) {
  uint32_t unit = 0;
  if (!take_unit(text, unit)) return false;
  uint32_t low = 0;
  if ((unit & 0xfc00) == 0xd800 && text.starts_with("\\u")) {
    std::string_view after = text.substr(2);
    if (take_unit(after, low) && (low & 0xfc00) == 0xdc00) {
      text = after;
      unit = 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff));
    }
  }
  append_utf8(to, unit);
  return true;
}

// False for a malformed \uXXXX.
bool unescape(std::string_view text, std::string& to) {
  to.clear();
  while (!text.empty()) {
    char c = text.front();
    text.remove_prefix(1);
    if (c == '\\' && !text.empty()) {
      c = text.front();
      text.remove_prefix(1);
      if (c == 'u') {
        if (!append_unicode(to, text)) return false;
        continue;
      }
      if (c == 't') c = '\t';
      if (c == 'n') c = '\n';
      if (c == 'r') c = '\r';
      if (c == 'f') c = '\f';
    }
    to += c;
  }
  return true;
}

// Where the key ends: the first separator that is not escaped.
size_t key_length(std::string_view line) {
  for (size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\') {
      ++at;
      continue;
    }
    if (line[at] == '=' || line[at] == ':' || is_space(line[at])) return at;
  }
  return line.size();
}

std::string_view value_after(std::string_view rest) {
  const auto skip_spaces = [&] {
    while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
  };
  skip_spaces();
  if (!rest.empty() && (rest.front() == '=' || rest.front() == ':')) {
    rest.remove_prefix(1);
    skip_spaces();
  }
  return rest;
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above + 1, row[j - 1] + 1, changed});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

Result<Properties> parse_properties(std::string_view text, std::string_view origin) {
  Properties properties;
  LineReader reader(text);
  for (LogicalLine line; reader.next(line);) {
    std::string_view all = line.text;
    while (!all.empty() && is_space(all.front())) all.remove_prefix(1);
    const size_t length = key_length(all);
    std::string key;
    std::string value;
    if (!unescape(all.substr(0, length), key) || !unescape(value_after(all.substr(length)), value))
      return Error{Errc::invalid_config, std::string(origin) + ':' + std::to_string(line.number) +
                                             ": Malformed \\uxxxx encoding in the line of key '" +
                                             key + "'. Write a backslash as \\\\."};
    properties[key] = std::move(value);
  }
  return properties;
}

Result<Properties> read_properties(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text)
    return Error{Errc::invalid_config,
                 "Cannot read the properties file " + path.string() + ": " + text.error().text()};
  return parse_properties(*text, path.string());
}

Result<void> apply_override(Properties& properties, std::string_view assignment) {
  const size_t equals = assignment.find('=');
  if (equals == 0 || equals == std::string_view::npos)
    return Error{Errc::invalid_config,
                 "--override " + std::string(assignment) + " is not of the form key=value"};
  properties[std::string(trim(assignment.substr(0, equals)))] =
      std::string(assignment.substr(equals + 1));
  return ok();
}

std::string unknown_key_warning(std::string_view name) {
  std::string_view nearest;
  size_t distance = 1 + name.size() / 4;  // beyond this it is another word
  for (const BrokerKey& key : broker_keys()) {
    const size_t d = edit_distance(name, key.name);
    if (d < distance) distance = d, nearest = key.name;
  }
  std::string text =
      "The configuration '" + std::string(name) + "' was supplied but isn't a known config.";
  if (!nearest.empty()) text.append(" Did you mean '").append(nearest).append("'?");
  return text;
}

}  // namespace samsa::config
