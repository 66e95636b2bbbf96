#include "admin/quotas.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "admin/entity_names.h"

namespace samsa::admin {

using config::Type;
using runtime::Task;

namespace {

struct QuotaKey {
  std::string_view name;
  Type type;
};
constexpr QuotaKey k_keys[] = {{"producer_byte_rate", Type::int64},
                               {"consumer_byte_rate", Type::int64},
                               {"request_percentage", Type::float64},
                               {"controller_mutation_rate", Type::float64}};

const QuotaKey* find_key(std::string_view name) {
  const auto at = std::ranges::find(k_keys, name, &QuotaKey::name);
  return at == std::end(k_keys) ? nullptr : &*at;
}

std::string name_in_path(const std::optional<std::string>& name) {
  return name ? sanitize(*name) : std::string(k_default_entity);
}

std::optional<std::string> name_of_path(const std::string& name) {
  if (name == k_default_entity) return std::nullopt;
  return desanitize(name);
}

std::string path_of(const QuotaEntity& entity) {
  if (!entity.user) return "clients/" + name_in_path(*entity.client_id);
  const std::string user = "users/" + name_in_path(*entity.user);
  return entity.client_id ? user + "/clients/" + name_in_path(*entity.client_id) : user;
}

bool part_matches(const std::optional<QuotaFilter::Component>& component, bool strict,
                  const QuotaEntity::Part& part) {
  if (!component) return !part || !strict;
  if (!part) return false;
  return !component->name || *component->name == *part;
}

std::optional<Quota> quota_of(const QuotaEntity& entity, const config::Properties& settings) {
  Quota quota{.entity = entity};
  for (const auto& [key, value] : settings)
    if (find_key(key)) quota.values[key] = std::strtod(value.c_str(), nullptr);
  if (quota.values.empty()) return std::nullopt;
  return quota;
}

// All entities under a path that the filter lets through, with their quotas.
Task<Result<void>> collect(Configs& configs, const QuotaFilter& filter, std::string path,
                           QuotaEntity parent, bool is_user, std::vector<Quota>& into) {
  auto names = co_await configs.list(path);
  if (!names) co_return names.error();
  for (const auto& name : *names) {
    QuotaEntity entity = parent;
    (is_user ? entity.user : entity.client_id) = name_of_path(name);
    const std::string own_path = path + '/' + name;
    if (matches(filter, entity)) {
      auto settings = co_await configs.read(own_path);
      if (!settings) co_return settings.error();
      if (auto quota = quota_of(entity, *settings)) into.push_back(std::move(*quota));
    }
    if (!is_user) continue;
    auto below = co_await collect(configs, filter, own_path + "/clients", entity, false, into);
    if (!below) co_return below.error();
  }
  co_return ok();
}

}  // namespace

bool matches(const QuotaFilter& filter, const QuotaEntity& entity) {
  return part_matches(filter.user, filter.strict, entity.user) &&
         part_matches(filter.client_id, filter.strict, entity.client_id);
}

Result<config::Properties> with_quotas(config::Properties settings, const QuotaEntity& entity,
                                       const std::vector<QuotaOp>& ops) {
  if (!entity.user && !entity.client_id)
    return Error{Errc::invalid_request, "Invalid empty client quota entity"};
  for (const auto& op : ops) {
    if (!op.value) {
      settings.erase(op.key);
      continue;
    }
    const QuotaKey* key = find_key(op.key);
    // A user's znode also holds credentials, which are not numbers; Kafka trips over that.
    if (entity.user && op.key.starts_with("SCRAM-SHA-"))
      return Error{Errc::unknown_server_error, op.key + " is not a quota"};
    if (key == nullptr) return Error{Errc::invalid_request, "Invalid configuration key " + op.key};
    if (key->type == Type::float64) {
      settings[op.key] = *config::to_text(config::Value{*op.value});
      continue;
    }
    constexpr double k_epsilon = 1e-6;
    const double whole = std::trunc(*op.value + k_epsilon);
    if (!(std::abs(whole - *op.value) <= k_epsilon) || std::abs(whole) >= 9.3e18)
      return Error{Errc::invalid_request, "Configuration " + op.key + " must be a Long value"};
    settings[op.key] = std::to_string(static_cast<int64_t>(whole));
  }
  return settings;
}

Task<Result<void>> alter_quotas(Configs& configs, QuotaEntity entity, std::vector<QuotaOp> ops,
                                bool validate_only) {
  if (!entity.user && !entity.client_id)
    co_return Error{Errc::invalid_request, "Invalid empty client quota entity"};
  const std::string path = path_of(entity);
  auto now = co_await configs.read(path);
  if (!now) co_return now.error();
  auto next = with_quotas(std::move(*now), entity, ops);
  if (!next) co_return next.error();
  if (validate_only) co_return ok();
  auto changed = co_await configs.change(path, std::move(*next));
  co_return changed;
}

Task<Result<std::vector<Quota>>> find_quotas(Configs& configs, QuotaFilter filter) {
  std::vector<Quota> found;
  auto users = co_await collect(configs, filter, "users", {}, true, found);
  if (!users) co_return users.error();
  auto clients = co_await collect(configs, filter, "clients", {}, false, found);
  if (!clients) co_return clients.error();
  co_return found;
}

}  // namespace samsa::admin
