// DescribeConfigs (key 32): settings of topics and of this broker, with where each value comes
// from.

#include <algorithm>

#include "admin/configs.h"
#include "admin/topics.h"
#include "api/handlers.h"
#include "config/describe.h"
#include "config/holder.h"
#include "metadata/image.h"
#include "protocol/messages/describe_configs.h"

namespace samsa::api {
namespace {

using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using Answer = DescribeConfigsResponse::DescribeConfigsResult;

constexpr int8_t k_topic = 2, k_broker = 4;

void fill(Answer& result, const DescribeConfigsRequest& request,
          const DescribeConfigsRequest::DescribeConfigsResource& resource,
          const std::vector<config::ConfigEntry>& entries) {
  for (const auto& entry : entries) {
    const auto& keys = resource.configuration_keys;
    if (keys && std::ranges::find(*keys, entry.name) == keys->end()) continue;
    auto& told = result.configs.emplace_back();
    told.name = entry.name;
    told.value = entry.value;
    told.read_only = entry.read_only;
    told.is_default = entry.is_default();
    told.config_source = static_cast<int8_t>(entry.source);
    told.is_sensitive = entry.sensitive;
    told.config_type = static_cast<int8_t>(entry.type);
    if (!request.include_synonyms) continue;
    for (const auto& synonym : entry.synonyms)
      told.synonyms.push_back({.name = synonym.name,
                               .value = synonym.value,
                               .source = static_cast<int8_t>(synonym.source)});
  }
}

Task<Result<std::vector<config::ConfigEntry>>> entries_of_topic(RequestContext& context,
                                                                std::string name) {
  if (auto valid = admin::validate_topic_name(name); !valid) co_return valid.error();
  if (context.services.metadata.get()->topic(name) == nullptr)
    co_return Error{Errc::unknown_topic_or_partition};
  auto own = co_await context.services.configs.read("topics/" + name);
  if (!own) co_return own.error();
  const config::Properties& overrides = *own;
  const auto broker = context.services.config.current();
  auto topic = config::TopicConfig::from(*broker, overrides);
  if (!topic) co_return topic.error();
  co_return config::describe_topic(*broker, *topic, overrides);
}

Result<std::vector<config::ConfigEntry>> entries_of_broker(const RequestContext& context,
                                                           const std::string& name) {
  const auto broker = context.services.config.current();
  if (name.empty()) return config::describe_cluster_default(*broker);
  const std::string own = std::to_string(context.services.broker_id.value());
  if (name != own)
    return Error{Errc::invalid_request, "Unexpected broker id, expected " + own +
                                            " or empty string, but received " + name};
  return config::describe_broker(*broker);
}

}  // namespace

Task<DescribeConfigsResponse> describe_configs(RequestContext& context,
                                               DescribeConfigsRequest request) {
  DescribeConfigsResponse response;
  for (const auto& resource : request.resources) {
    auto& result = response.results.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    Result<std::vector<config::ConfigEntry>> entries =
        Error{Errc::invalid_request,
              "Unsupported resource type: " + std::to_string(resource.resource_type)};
    if (resource.resource_type == k_topic)
      entries = co_await entries_of_topic(context, resource.resource_name);
    if (resource.resource_type == k_broker)
      entries = entries_of_broker(context, resource.resource_name);
    if (entries) {
      fill(result, request, resource, *entries);
    } else {
      result.error_code = static_cast<int16_t>(entries.error().code);
      result.error_message = entries.error().text();
    }
  }
  co_return response;
}

}  // namespace samsa::api
