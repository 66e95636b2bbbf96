#include "tools/commands/configs_quotas.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>

#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/describe_client_quotas.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "tools/commands/config_names.h"

namespace samsa::tools {

namespace {

constexpr std::string_view k_scram_names[] = {"UNKNOWN", "SCRAM-SHA-256", "SCRAM-SHA-512"};

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

Result<void> describe_scram(client::Cluster& cluster, const ConfigEntities& entities) {
  protocol::DescribeUserScramCredentialsRequest request;
  request.users.emplace();
  for (const std::string& name : entities.names) request.users->emplace_back().name = name;
  if (entities.names.empty()) request.users.reset();
  auto response = cluster.call_any(request, cluster.default_deadline());
  if (!response) return response.error();
  for (const auto& user : response->results) {
    if (static_cast<Errc>(user.error_code) == Errc::resource_not_found) continue;
    if (user.error_code != 0) {
      const Errc code = static_cast<Errc>(user.error_code);
      const std::string name = cli::exception_name(code);
      std::cout << "Error retrieving SCRAM credential configs for user-principal '" << user.user
                << "': " << name.substr(name.rfind('.') + 1) << ": "
                << user.error_message.value_or("") << '\n';
      continue;
    }
    std::vector<std::string> infos;
    for (const auto& info : user.credential_infos) {
      const size_t known =
          info.mechanism == 1 || info.mechanism == 2 ? static_cast<size_t>(info.mechanism) : 0;
      infos.push_back(std::string(k_scram_names[known]) +
                      "=iterations=" + std::to_string(info.iterations));
    }
    std::cout << "SCRAM credential configs for user-principal '" << user.user << "' are "
              << join(infos, ", ") << '\n';
  }
  return ok();
}

Result<void> check_keys(const ConfigEntities& entities, const config::Properties& added,
                        const std::vector<std::string>& deleted) {
  const bool clients = entities.types.front() == "clients" || entities.types.size() == 2;
  auto complain = [&](const std::vector<std::string>& keys, std::string_view verb) {
    const std::string what = clients ? "quota configs" : "quota and SCRAM credential configs";
    return at_fault("Only " + what + " can be " + std::string(verb) + " for '" +
                    (clients ? "clients" : "users") +
                    "' using --bootstrap-server. Unexpected config names: Set(" + join(keys, ", ") +
                    ")");
  };
  std::vector<std::string> unknown, scram;
  for (const auto& [key, value] : added) {
    const bool credential = key.starts_with("SCRAM-SHA-");
    if (credential) scram.push_back(key);
    if (!is_quota(key) && (!credential || clients)) unknown.push_back(key);
  }
  if (!unknown.empty()) return complain(unknown, "added");
  for (const std::string& key : deleted) {
    const bool credential = key.starts_with("SCRAM-SHA-");
    if (credential) scram.push_back(key);
    if (!is_quota(key) && (!credential || clients)) unknown.push_back(key);
  }
  if (!unknown.empty()) return complain(unknown, "deleted");
  if (!scram.empty()) {
    return Error{Errc::unsupported_version, "SCRAM credentials cannot be altered by this tool"};
  }
  return ok();
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
  for (const auto& entry : quotas->entries.value_or(Entries{})) {
    std::vector<std::string> names, values;
    for (std::string_view type : {"user", "client-id"}) {
      const std::string title = type == "user" ? "user-principal" : "client-id";
      for (const auto& entity : entry.entity) {
        if (entity.entity_type != type) continue;
        names.push_back(entity.entity_name ? title + " '" + *entity.entity_name + "'"
                                           : "the default " + title);
      }
    }
    for (const auto& value : entry.values) {
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
  auto checked = check_keys(entities, added, deleted);
  if (!checked) return checked;
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
