#include "tools/commands/configs_quotas.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>

#include "base/java_hash.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/describe_client_quotas.h"
#include "tools/commands/config_names.h"
#include "tools/commands/configs_scram.h"
#include "tools/commands/java_order.h"

namespace samsa::tools {

namespace {

std::string entity_type(const std::string& type) { return type == "users" ? "user" : "client-id"; }

bool is_quota(const std::string& key) {
  return std::count(std::begin(k_client_configs), std::end(k_client_configs), key) > 0;
}

Error at_fault(std::string message) { return {k_refused, std::move(message)}; }

Result<protocol::DescribeClientQuotasResponse> fetch_quotas(client::Cluster& cluster,
                                                            const ConfigEntities& entities) {
  constexpr int8_t k_exact = 0, k_default = 1, k_any = 2;
  if (entities.names.size() > entities.types.size()) {
    return at_fault("More entity names specified than entity types");
  }
  protocol::DescribeClientQuotasRequest request;
  request.strict = true;
  for (size_t i = 0; i < entities.types.size(); ++i) {
    auto& component = request.components.emplace_back();
    component.entity_type = entity_type(entities.types[i]);
    component.match.reset();
    if (i >= entities.names.size()) {
      component.match_type = k_any;
    } else if (entities.names[i].empty()) {
      component.match_type = k_default;
    } else {
      component.match_type = k_exact;
      component.match = entities.names[i];
    }
  }
  auto response = cluster.call_any(request, cluster.default_deadline());
  if (response && response->error_code != 0) {
    return Error{static_cast<Errc>(response->error_code), response->error_message.value_or("")};
  }
  return response;
}

// Kafka's admin client keeps both what is throttled and by how much in hash maps.
template <class Item>
std::vector<Item> by_hash(const std::vector<Item>& items, const std::vector<int32_t>& hashes) {
  std::vector<Item> ordered;
  for (const size_t index : java_order(hashes, hash_map_buckets(items.size(), 1))) {
    ordered.push_back(items[index]);
  }
  return ordered;
}

template <class Entry>
std::vector<Entry> in_map_order(const std::vector<Entry>& entries) {
  std::vector<int32_t> hashes;
  for (const Entry& entry : entries) {
    // Objects.hash of the entity's own map.
    uint32_t sum = 31;
    for (const auto& part : entry.entity) {
      const int32_t name = part.entity_name ? java_string_hash(*part.entity_name) : 0;
      sum += static_cast<uint32_t>(java_string_hash(part.entity_type) ^ name);
    }
    hashes.push_back(static_cast<int32_t>(sum));
  }
  return by_hash(entries, hashes);
}

template <class Value>
std::vector<Value> values_in_map_order(const std::vector<Value>& values) {
  std::vector<int32_t> hashes;
  for (const Value& value : values) hashes.push_back(java_string_hash(value.key));
  return by_hash(values, hashes);
}

// Sets of one kind of change: names of each kind of config.
struct Keys {
  std::vector<std::string> quotas, scram, unknown;
};

Keys sort_keys(const std::vector<std::string>& names) {
  Keys keys;
  for (const std::string& name : names) {
    auto& kind = is_quota(name)             ? keys.quotas
                 : is_scram_mechanism(name) ? keys.scram
                                            : keys.unknown;
    kind.push_back(name);
  }
  return keys;
}

// Whether SCRAM credentials are to be altered, and not quotas.
Result<bool> check_keys(const ConfigEntities& entities, const Keys& added, const Keys& deleted) {
  const bool clients = entities.types.front() == "clients" || entities.types.size() == 2;
  auto check = [&](const Keys& keys, std::string_view verb, std::string_view set) -> Result<void> {
    std::vector<std::string> wrong = keys.unknown;
    if (clients) wrong.insert(wrong.end(), keys.scram.begin(), keys.scram.end());
    if (wrong.empty()) return ok();
    const std::string what = clients ? "quota configs" : "quota and SCRAM credential configs";
    return at_fault("Only " + what + " can be " + std::string(verb) + " for '" +
                    (clients ? "clients" : "users") +
                    "' using --bootstrap-server. Unexpected config names: " + std::string(set) +
                    "(" + join(wrong, ", ") + ")");
  };
  if (auto fine = check(added, "added", "Set"); !fine) return fine.error();
  if (auto fine = check(deleted, "deleted", "List"); !fine) return fine.error();
  if (added.scram.empty() && deleted.scram.empty()) return false;
  if (std::ranges::count(entities.names, "") > 0) {
    return at_fault(
        "The use of --entity-default or --user-defaults is not allowed with User SCRAM "
        "Credentials using --bootstrap-server.");
  }
  if (!added.quotas.empty() || !deleted.quotas.empty()) {
    return at_fault(
        "Cannot alter both quota and SCRAM credential configs simultaneously for 'users' using "
        "--bootstrap-server.");
  }
  return true;
}

}  // namespace

std::string format_double(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e7) {
    return std::to_string(static_cast<int64_t>(value)) + ".0";
  }
  char text[64];
  if (std::abs(value) >= 1e-3 && std::abs(value) < 1e7) {
    auto [end, error] = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed);
    return {text, end};
  }
  auto [end, error] = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  std::string digits(text, end);
  const size_t e = digits.find('e');
  std::string mantissa = digits.substr(0, e);
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  return mantissa + "E" + std::to_string(std::atoi(digits.c_str() + e + 1));
}

Result<void> describe_quotas(client::Cluster& cluster, const ConfigEntities& entities) {
  auto quotas = fetch_quotas(cluster, entities);
  if (!quotas) return quotas.error();
  using Entries = std::decay_t<decltype(*quotas->entries)>;
  for (const auto& entry : in_map_order(quotas->entries.value_or(Entries{}))) {
    std::vector<std::string> names, values;
    for (std::string_view type : {"user", "client-id"}) {
      const std::string title = type == "user" ? "user-principal" : "client-id";
      for (const auto& entity : entry.entity) {
        if (entity.entity_type != type) continue;
        names.push_back(entity.entity_name ? title + " '" + *entity.entity_name + "'"
                                           : "the default " + title);
      }
    }
    for (const auto& value : values_in_map_order(entry.values)) {
      values.push_back(value.key + "=" + format_double(value.value));
    }
    std::cout << "Quota configs for " << join(names, ", ") << " are " << join(values, ", ") << '\n';
  }
  const bool clients = std::count(entities.types.begin(), entities.types.end(), "clients") > 0;
  const bool defaults = std::count(entities.names.begin(), entities.names.end(), "") > 0;
  if (clients || defaults) return ok();
  return describe_scram(cluster, entities);
}

Result<void> alter_quotas(client::Cluster& cluster, const ConfigEntities& entities,
                          const config::Properties& added,
                          const std::vector<std::string>& deleted) {
  std::vector<std::string> added_names;
  for (const auto& [key, value] : added) added_names.push_back(key);
  auto credentials = check_keys(entities, sort_keys(added_names), sort_keys(deleted));
  if (!credentials) return credentials.error();
  if (*credentials) return alter_scram(cluster, entities.names.front(), added, deleted);
  auto old = fetch_quotas(cluster, entities);
  if (!old) return old.error();
  std::vector<std::string> unknown;
  for (const std::string& key : deleted) {
    bool known = false;
    if (old->entries && !old->entries->empty()) {
      const auto& values = old->entries->front().values;
      known = std::any_of(values.begin(), values.end(),
                          [&](const auto& value) { return value.key == key; });
    }
    if (!known) unknown.push_back(key);
  }
  if (!unknown.empty()) {
    return Error{k_refused, "Invalid config(s): " + join(unknown, ",")};
  }
  protocol::AlterClientQuotasRequest request;
  auto& entry = request.entries.emplace_back();
  for (size_t i = 0; i < entities.types.size(); ++i) {
    auto& entity = entry.entity.emplace_back();
    entity.entity_type = entity_type(entities.types[i]);
    entity.entity_name.reset();
    if (!entities.names[i].empty()) entity.entity_name = entities.names[i];
  }
  for (const auto& [key, value] : added) {
    auto& op = entry.ops.emplace_back();
    op.key = key;
    char* end = nullptr;
    op.value = std::strtod(value.c_str(), &end);
    if (value.empty() || *end != '\0') {
      return at_fault("Cannot parse quota configuration value for " + key + ": " + value);
    }
  }
  for (const std::string& key : deleted) {
    auto& op = entry.ops.emplace_back();
    op.key = key;
    op.remove = true;
  }
  auto response = cluster.call_any(request, cluster.default_deadline());
  if (!response) return response.error();
  for (const auto& result : response->entries) {
    if (result.error_code != 0) {
      return Error{static_cast<Errc>(result.error_code), result.error_message.value_or("")};
    }
  }
  return ok();
}

}  // namespace samsa::tools
