#include "tools/commands/config_entity.h"

#include <algorithm>

namespace samsa::tools {

namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool is_quota_type(const std::string& type) { return type == "users" || type == "clients"; }

std::string part_path(const ConfigEntity::Part& part) {
  return part.name ? part.type + "/" + *part.name : part.type;
}

}  // namespace

std::string sanitize(std::string_view name) {
  constexpr char k_digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    if (is_plain(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += k_digits[byte >> 4];
    out += k_digits[byte & 15];
  }
  return out;
}

std::string desanitize(std::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool escaped = name[i] == '%' && i + 2 < name.size() && hex_digit(name[i + 1]) >= 0 &&
                         hex_digit(name[i + 2]) >= 0;
    if (!escaped) {
      out += name[i] == '+' ? ' ' : name[i];
      continue;
    }
    out += static_cast<char>(hex_digit(name[i + 1]) * 16 + hex_digit(name[i + 2]));
    i += 2;
  }
  return out;
}

std::string ConfigEntity::Part::text() const {
  if (!name) return type;
  std::string title = type;
  if (type == "users") title = "user-principal";
  if (type == "clients") title = "client-id";
  if (type == "topics") title = "topic";
  if (*name == k_default_entity) return "default " + title;
  return title + " '" + (is_quota_type(type) ? desanitize(*name) : *name) + "'";
}

std::string ConfigEntity::full_name() const {
  return root.name.value_or("") + (child ? "/" + part_path(*child) : "");
}

std::string ConfigEntity::path() const { return root.type + "/" + full_name(); }

std::string ConfigEntity::text() const { return root.text() + (child ? ", " + child->text() : ""); }

Result<ConfigEntity> config_entity(const ConfigEntities& entities, bool alter) {
  auto types = entities.types;
  auto names = entities.names;
  const bool quotas = is_quota_type(types.front());
  if (quotas && alter && names.size() != types.size()) {
    return Error{k_refused,
                 "--entity-name or --entity-default must be specified with each --entity-type for "
                 "--alter"};
  }
  if (types.size() == 2 && types.front() == "clients") {
    std::swap(types[0], types[1]);
    if (names.size() == 2) std::swap(names[0], names[1]);
  }
  const auto part = [&](size_t i) {
    ConfigEntity::Part made{.type = types[i], .name = {}};
    if (i >= names.size()) return made;
    const std::string& name = names[i];
    made.name = name.empty() ? std::string(k_default_entity) : quotas ? sanitize(name) : name;
    return made;
  };
  ConfigEntity entity{.root = part(0), .child = {}};
  if (types.size() > 1) entity.child = part(1);
  return entity;
}

}  // namespace samsa::tools
