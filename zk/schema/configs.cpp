#include "zk/schema/configs.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/java_hash.h"
#include "zk/schema/json.h"

namespace samsa::zk {
namespace {

// Properties is a hash table of 16 buckets that doubles when it is three quarters full.
std::vector<const ConfigMap::value_type*> in_java_order(const ConfigMap& config) {
  size_t buckets = 16;
  while (config.size() >= buckets / 4 * 3) buckets *= 2;
  const auto bucket = [buckets](std::string_view key) {
    const auto hash = static_cast<uint32_t>(java_string_hash(key));
    return (hash ^ (hash >> 16)) & (buckets - 1);
  };
  std::vector<const ConfigMap::value_type*> entries;
  for (const auto& entry : config) entries.push_back(&entry);
  std::ranges::stable_sort(entries, {}, [&](const auto* entry) { return bucket(entry->first); });
  return entries;
}

Error not_a_change(std::string_view why, BytesView json) {
  return {Errc::invalid_request, std::string(why) + " Received: " + shown(json)};
}

Result<std::string> entity_of_version_1(const boost::json::object& object, BytesView json) {
  const auto* type = object.if_contains("entity_type");
  if (type == nullptr || !type->is_string() ||
      (type->as_string() != "topics" && type->as_string() != "clients"))
    return not_a_change(
        "Version 1 config change notification must have 'entity_type' set to 'clients' or "
        "'topics'.",
        json);
  const auto* name = object.if_contains("entity_name");
  if (name == nullptr || !name->is_string())
    return not_a_change("Version 1 config change notification does not specify 'entity_name'.",
                        json);
  return std::string(type->as_string()) + '/' + std::string(name->as_string());
}

}  // namespace

std::string config_path(std::string_view entity) {
  return std::string(k_config_path) + '/' + std::string(entity);
}

Bytes encode_config(const ConfigMap& config) {
  Bytes out = R"({"version":1,"config":{)";
  bool first = true;
  for (const auto* entry : in_java_order(config))
    out += (std::exchange(first, false) ? "" : ",") + json_string(entry->first) + ':' +
           json_string(entry->second);
  return out + "}}";
}

Result<ConfigMap> decode_config(BytesView json) {
  ConfigMap config;
  auto object = parse_object(json);
  if (!object) return config;
  const auto* entries = object->if_contains("config");
  if (entries == nullptr || !entries->is_object()) return config;
  for (const auto& [key, value] : entries->as_object()) {
    if (!value.is_string())
      return Error{Errc::invalid_request,
                   "the value of " + std::string(key) + " is not a string: " + shown(json)};
    config[std::string(key)] = std::string(value.as_string());
  }
  return config;
}

Bytes encode_config_change(std::string_view entity) {
  return R"({"version":2,"entity_path":)" + json_string(entity) + '}';
}

Result<std::string> decode_config_change(BytesView json) {
  auto object = parse_object(json);
  if (!object) return not_a_change("Config change notification has an unexpected value.", json);
  const auto version = int32_of(*object, "version");
  if (version == 1) return entity_of_version_1(*object, json);
  if (version != 2)
    return not_a_change(
        "Config change notification has an unsupported version, supported versions are 1 and 2.",
        json);
  const auto* entity = object->if_contains("entity_path");
  if (entity == nullptr || !entity->is_string())
    return not_a_change("Version 2 config change notification must specify 'entity_path'.", json);
  return std::string(entity->as_string());
}

std::optional<int64_t> config_change_number(std::string_view name) {
  constexpr std::string_view k_prefix = "config_change_";
  if (!name.starts_with(k_prefix)) return std::nullopt;
  name.remove_prefix(k_prefix.size());
  int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return number;
}

}  // namespace samsa::zk
