// DescribeClientQuotas (48) and AlterClientQuotas (49): quotas of users and clients, kept in
// ZooKeeper.

#include <glog/logging.h>

#include "admin/quotas.h"
#include "api/api_error.h"
#include "api/handlers.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/describe_client_quotas.h"

namespace samsa::api {
namespace {

using admin::QuotaEntity;
using protocol::AlterClientQuotasRequest;
using protocol::AlterClientQuotasResponse;
using protocol::DescribeClientQuotasRequest;
using protocol::DescribeClientQuotasResponse;

constexpr std::string_view k_user = "user", k_client_id = "client-id";

Error refused(std::string why) { return {Errc::invalid_request, std::move(why)}; }

template <class Parts>
Result<QuotaEntity> entity_of(const Parts& parts) {
  if (parts.empty()) return refused("Invalid empty client quota entity");
  QuotaEntity entity;
  for (const auto& part : parts) {
    if (part.entity_type != k_user && part.entity_type != k_client_id)
      return refused("Unhandled client quota entity type: " + part.entity_type);
    if (part.entity_name && part.entity_name->empty())
      return refused("Empty " + part.entity_type + " not supported");
    (part.entity_type == k_user ? entity.user : entity.client_id) = part.entity_name;
  }
  return entity;
}

Result<admin::QuotaFilter> filter_of(const DescribeClientQuotasRequest& request) {
  constexpr int8_t k_exact = 0, k_default = 1, k_any = 2;
  admin::QuotaFilter filter{.strict = request.strict};
  for (const auto& asked : request.components) {
    const bool is_user = asked.entity_type == k_user;
    if (asked.entity_type.empty()) return refused("Unexpected empty filter component entity type");
    if (!is_user && asked.entity_type != k_client_id)
      return Error{Errc::unsupported_version,
                   "Custom entity type '" + asked.entity_type + "' not supported"};
    auto& component = is_user ? filter.user : filter.client_id;
    if (component)
      return refused(std::string("Duplicate ") + (is_user ? "user" : "client") +
                     " filter component entity type");
    component.emplace();
    if (asked.match_type == k_exact && !asked.match) return Errc::unknown_server_error;
    if (asked.match_type == k_exact)
      component->name = asked.match;
    else if (asked.match_type == k_default)
      component->name.emplace(std::nullopt);
    else if (asked.match_type != k_any)
      return Errc::unknown_server_error;
  }
  return filter;
}

DescribeClientQuotasResponse::EntryData entry_of(const admin::Quota& quota) {
  DescribeClientQuotasResponse::EntryData entry;
  if (quota.entity.client_id)
    entry.entity.push_back({std::string(k_client_id), *quota.entity.client_id});
  if (quota.entity.user) entry.entity.push_back({std::string(k_user), *quota.entity.user});
  for (const auto& [key, value] : quota.values) entry.values.push_back({key, value});
  return entry;
}

}  // namespace

Task<DescribeClientQuotasResponse> describe_client_quotas(RequestContext& context,
                                                          DescribeClientQuotasRequest request) {
  DescribeClientQuotasResponse response;
  response.entries.reset();
  auto filter = filter_of(request);
  if (!filter) {
    tell(response, filter.error());
    co_return response;
  }
  auto quotas = co_await admin::find_quotas(context.services.configs, std::move(*filter));
  if (!quotas) {
    tell(response, quotas.error());
    co_return response;
  }
  response.entries.emplace();
  for (const auto& quota : *quotas) response.entries->push_back(entry_of(quota));
  co_return response;
}

Task<AlterClientQuotasResponse> alter_client_quotas(RequestContext& context,
                                                    AlterClientQuotasRequest request) {
  AlterClientQuotasResponse response;
  for (const auto& asked : request.entries) {
    auto& answer = response.entries.emplace_back();
    for (const auto& part : asked.entity)
      answer.entity.push_back({part.entity_type, part.entity_name});
    auto entity = entity_of(asked.entity);
    if (!entity) {
      tell(answer, entity.error());
      continue;
    }
    std::vector<admin::QuotaOp> ops;
    for (const auto& op : asked.ops)
      ops.push_back({op.key, op.remove ? std::nullopt : std::optional(op.value)});
    auto altered = co_await admin::alter_quotas(context.services.configs, std::move(*entity),
                                                std::move(ops), request.validate_only);
    if (!altered) {
      LOG(INFO) << "client quotas were not changed: " << altered.error();
      tell(answer, altered.error());
    }
  }
  co_return response;
}

}  // namespace samsa::api
