#include "config/alter.h"

#include <algorithm>
#include <set>

namespace samsa::config {
namespace {

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text.append(&part == parts.data() ? "" : ",").append(part);
  return text;
}

// Java's String.split: empty parts at the end are dropped, but an empty text is one empty part.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t from = 0;;) {
    const size_t comma = text.find(',', from);
    parts.emplace_back(text.substr(from, comma - from));
    if (comma == std::string_view::npos) break;
    from = comma + 1;
  }
  while (parts.size() > 1 && parts.back().empty()) parts.pop_back();
  if (parts.size() == 1 && parts.front().empty() && !text.empty()) parts.clear();
  return parts;
}

std::string_view name_of(AlterOp op) {
  switch (op) {
    case AlterOp::set:
      return "SET";
    case AlterOp::remove:
      return "DELETE";
    case AlterOp::append:
      return "APPEND";
    case AlterOp::subtract:
      return "SUBTRACT";
  }
  return "null";
}

Result<void> alter_list(Properties& settings, const Alteration& change, const Key* key) {
  const bool appends = change.op == AlterOp::append;
  if (key == nullptr) return Error{Errc::unknown_server_error, "key not found: " + change.name};
  if (key->type != Type::list)
    return Error{Errc::invalid_request, std::string("Config value ") +
                                            (appends ? "append" : "subtract") +
                                            " is not allowed for config key: " + change.name};
  const auto now = settings.find(change.name);
  auto parts = split(now != settings.end()          ? std::string_view(now->second)
                     : key->default_text != nullptr ? std::string_view(key->default_text)
                                                    : std::string_view());
  for (auto& part : split(*change.value)) {
    if (appends) {
      parts.push_back(std::move(part));
    } else if (const auto at = std::ranges::find(parts, part); at != parts.end()) {
      parts.erase(at);
    }
  }
  settings[change.name] = join(parts);
  return ok();
}

}  // namespace

Result<void> check_alterations(const std::vector<Alteration>& alterations) {
  std::set<std::string> seen;
  std::vector<std::string> twice, without_value;
  for (const auto& change : alterations) {
    if (!seen.insert(change.name).second && std::ranges::find(twice, change.name) == twice.end())
      twice.push_back(change.name);
    if (!change.value && change.op != AlterOp::remove)
      without_value.push_back(std::string(name_of(change.op)) + ':' + change.name);
  }
  if (!twice.empty())
    return Error{Errc::invalid_request, "Error due to duplicate config keys : " + join(twice)};
  if (!without_value.empty())
    return Error{Errc::invalid_request, "Null value not supported for : " + join(without_value)};
  return ok();
}

Result<Properties> altered(Properties settings, const std::vector<Alteration>& alterations,
                           const std::function<const Key*(std::string_view)>& find_key) {
  for (const auto& change : alterations) {
    switch (change.op) {
      case AlterOp::set:
        settings[change.name] = *change.value;
        continue;
      case AlterOp::remove:
        settings.erase(change.name);
        continue;
      case AlterOp::append:
      case AlterOp::subtract:
        if (auto changed = alter_list(settings, change, find_key(change.name)); !changed)
          return changed.error();
        continue;
    }
    return Error{Errc::unknown_server_error, "there is no such operation on " + change.name};
  }
  return settings;
}

}  // namespace samsa::config
