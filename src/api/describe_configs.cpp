// DescribeConfigs (key 32): settings of topics and of this broker, with where each value comes
// from.

#include <algorithm>
#include <set>

#include "admin/configs.h"
#include "api/api_error.h"
#include "api/broker_loggers.h"
#include "api/config_resource.h"
#include "api/handlers.h"
#include "base/topic_name.h"
#include "config/describe.h"
#include "config/holder.h"
#include "metadata/image.h"
#include "protocol/messages/describe_configs.h"

namespace samsa::api {
namespace {

using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using Answer = DescribeConfigsResponse::DescribeConfigsResult;

void fill(Answer& result, const DescribeConfigsRequest& request,
          const DescribeConfigsRequest::DescribeConfigsResource& resource,
          const std::vector<config::ConfigEntry>& entries) {
  for (const auto& entry : entries) {
    const auto& keys = resource.configuration_keys;
    const bool wants_all = !keys || keys->empty();
    if (!wants_all && std::ranges::find(*keys, entry.name) == keys->end()) continue;
    auto& told = result.configs.emplace_back();
    told.name = entry.name;
    told.value = entry.value;
    told.read_only = entry.read_only;
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
  if (auto valid = validate_topic_name(name); !valid) co_return valid.error();
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
  auto id = broker_of_resource(name);
  if (!id) return id.error();
  if (*id != context.services.broker_id)
    return Error{Errc::invalid_request, "Unexpected broker id, expected " +
                                            std::to_string(context.services.broker_id.value()) +
                                            " or empty string, but received " + name};
  return config::describe_broker(*broker);
}

Result<std::vector<config::ConfigEntry>> entries_of_loggers(const RequestContext& context,
                                                            const std::string& name) {
  if (name.empty()) return Error{Errc::invalid_request, "Broker id must not be empty"};
  auto id = broker_of_resource(name);
  if (!id) return id.error();
  if (*id != context.services.broker_id)
    return Error{Errc::invalid_request, "Unexpected broker id, expected " +
                                            std::to_string(context.services.broker_id.value()) +
                                            " but received " + name};
  config::ConfigEntry root;
  root.name = "root";
  root.value = root_log_level();
  root.source = config::Source::dynamic_broker_logger;
  return std::vector{root};
}

Task<Result<std::vector<config::ConfigEntry>>> entries_of(RequestContext& context,
                                                          ResourceType type, std::string name) {
  switch (type) {
    case ResourceType::topic:
      co_return co_await entries_of_topic(context, std::move(name));
    case ResourceType::broker:
      co_return entries_of_broker(context, name);
    case ResourceType::broker_logger:
      co_return entries_of_loggers(context, name);
    case ResourceType::unknown:
      break;
  }
  co_return Error{Errc::invalid_request, std::string(default_message(Errc::invalid_request))};
}

}  // namespace

Task<DescribeConfigsResponse> describe_configs(RequestContext& context,
                                               DescribeConfigsRequest request) {
  // One resource of an unknown type spoils the whole request.
  const bool is_wrong = std::ranges::any_of(request.resources, [](const auto& resource) {
    return resource_type(resource.resource_type) == ResourceType::unknown;
  });
  DescribeConfigsResponse response;
  std::set<std::pair<int8_t, std::string_view>> asked;
  for (const auto& resource : request.resources) {
    if (!asked.emplace(resource.resource_type, resource.resource_name).second) continue;
    auto& result = response.results.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    const auto type = is_wrong ? ResourceType::unknown : resource_type(resource.resource_type);
    auto entries = co_await entries_of(context, type, resource.resource_name);
    if (entries)
      fill(result, request, resource, *entries);
    else
      tell(result, entries.error());
    // Kafka 2.7 leaves an empty message here, not none, and version 0's is_default false.
    if (!result.error_message &&
        (entries || entries.error().code == Errc::unknown_topic_or_partition))
      result.error_message = "";
  }
  co_return response;
}

}  // namespace samsa::api
