// AlterConfigs (33) replaces all settings of a topic or broker, IncrementalAlterConfigs (44)
// changes them key by key. What is accepted is written to ZooKeeper and announced; it takes effect
// when the announcement comes back, on every broker alike.

#include <glog/logging.h>

#include <map>

#include "admin/configs.h"
#include "admin/topics.h"
#include "api/api_error.h"
#include "api/broker_loggers.h"
#include "api/config_resource.h"
#include "api/handlers.h"
#include "config/alter.h"
#include "config/dynamic.h"
#include "config/holder.h"
#include "metadata/image.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/incremental_alter_configs.h"

namespace samsa::api {
namespace {

using config::Alteration;
using config::Properties;

// A value that can't be is an invalid request, which names the resource.
Error as_kafka_answers(const Error& error, std::string_view type, const std::string& name) {
  if (error.code != Errc::invalid_config) return error;
  return {Errc::invalid_request,
          "Invalid config value for resource ConfigResource(type=" + std::string(type) +
              ", name='" + name + "'): " + error.message};
}

Error no_such_topic(const std::string& name) {
  return {Errc::unknown_topic_or_partition, "The topic '" + name + "' does not exist."};
}

Task<Result<void>> replace_topic(Services& services, std::string name, Properties settings,
                                 bool validate_only) {
  if (services.metadata.get()->topic(name) == nullptr) co_return no_such_topic(name);
  if (auto valid = config::validate_topic_change(name, settings); !valid) co_return valid;
  if (validate_only) co_return ok();
  auto changed = co_await services.configs.change("topics/" + name, std::move(settings));
  co_return changed;
}

// "brokers/0" or "brokers/<default>" for the resource, which is to be this broker or empty.
Result<std::string> broker_entity(const Services& services, const std::string& name) {
  if (name.empty()) return std::string("brokers/<default>");
  auto id = broker_of_resource(name);
  if (!id) return id.error();
  const std::string own = std::to_string(services.broker_id.value());
  if (*id != services.broker_id)
    return Error{Errc::invalid_request,
                 "Unexpected broker id, expected " + own + ", but received " + name};
  return "brokers/" + own;
}

Task<Result<void>> replace_broker(Services& services, std::string name, std::string entity,
                                  Properties settings, bool validate_only) {
  const auto now = services.config.current();
  if (auto valid = config::validate_broker_change(*now, name, settings); !valid) co_return valid;
  if (auto writable = config::check_passwords(*now, settings, !name.empty()); !writable)
    co_return as_kafka_answers(writable.error(), "BROKER", name);
  if (validate_only) co_return ok();
  auto changed = co_await services.configs.change(std::move(entity), std::move(settings));
  co_return changed;
}

Task<Result<void>> replace(Services& services, ResourceType type, std::string name,
                           Properties settings, bool validate_only) {
  if (type == ResourceType::topic)
    co_return co_await replace_topic(services, std::move(name), std::move(settings), validate_only);
  auto entity = broker_entity(services, name);
  if (!entity) co_return entity.error();
  co_return co_await replace_broker(services, std::move(name), std::move(*entity),
                                    std::move(settings), validate_only);
}

Task<Result<void>> change_topic(Services& services, std::string name,
                                std::vector<Alteration> alterations, bool validate_only) {
  auto now = co_await services.configs.read("topics/" + name);
  if (!now) co_return now.error();
  auto next = config::altered(std::move(*now), alterations, config::find_topic_key);
  if (!next) co_return next.error();
  co_return co_await replace_topic(services, std::move(name), std::move(*next), validate_only);
}

Task<Result<void>> change_broker(Services& services, std::string name,
                                 std::vector<Alteration> alterations, bool validate_only) {
  auto entity = broker_entity(services, name);
  if (!entity) co_return entity.error();
  auto now = co_await services.configs.read(*entity);
  if (!now) co_return now.error();
  auto next = config::altered(config::usable_dynamic(*now, !name.empty()), alterations,
                              config::find_broker_key);
  if (!next) co_return next.error();
  co_return co_await replace_broker(services, std::move(name), std::move(*entity), std::move(*next),
                                    validate_only);
}

Task<Result<void>> change(Services& services, ResourceType type, std::string name,
                          std::vector<Alteration> alterations, bool validate_only) {
  if (auto good = config::check_alterations(alterations); !good) co_return good;
  if (type == ResourceType::topic)
    co_return co_await change_topic(services, std::move(name), std::move(alterations),
                                    validate_only);
  if (type == ResourceType::broker)
    co_return co_await change_broker(services, std::move(name), std::move(alterations),
                                     validate_only);
  if (!name.empty())
    if (auto entity = broker_entity(services, name); !entity) co_return entity.error();
  auto levels = alter_log_levels(alterations, validate_only);
  if (levels) co_return ok();
  co_return as_kafka_answers(levels.error(), "BROKER_LOGGER", name);
}

template <class Response, class Resource>
void answer(Response& response, const Resource& resource, const Result<void>& outcome) {
  auto& result = response.responses.emplace_back();
  result.resource_type = resource.resource_type;
  result.resource_name = resource.resource_name;
  if (outcome) return;
  tell(result, outcome.error());
  LOG(INFO) << "Error processing alter configs request for resource " << resource.resource_name
            << ": " << outcome.error();
}

// One resource of a wrong type spoils the whole request.
template <class Request, class Response>
bool refuse_all(const Request& request, Response& response, bool (*is_wrong)(ResourceType),
                std::string (*why)(ResourceType)) {
  for (const auto& resource : request.resources) {
    const auto type = resource_type(resource.resource_type);
    if (!is_wrong(type)) continue;
    for (const auto& other : request.resources)
      answer(response, other, Error{Errc::invalid_request, why(type)});
    return true;
  }
  return false;
}

Properties whole_set(const protocol::AlterConfigsRequest::AlterConfigsResource& resource) {
  Properties settings;
  for (const auto& entry : resource.configs) settings[entry.name] = *entry.value;
  return settings;
}

Result<void> check_values(const protocol::AlterConfigsRequest::AlterConfigsResource& resource) {
  std::string missing;
  for (const auto& entry : resource.configs)
    if (!entry.value) missing.append(missing.empty() ? "" : ",").append(entry.name);
  if (missing.empty()) return ok();
  return Error{Errc::invalid_request, "Null value not supported for : " + missing};
}

}  // namespace

Task<protocol::AlterConfigsResponse> alter_configs(RequestContext& context,
                                                   protocol::AlterConfigsRequest request) {
  protocol::AlterConfigsResponse response;
  const auto is_wrong = [](ResourceType type) {
    return type != ResourceType::topic && type != ResourceType::broker;
  };
  const auto why = [](ResourceType type) -> std::string {
    if (type == ResourceType::broker_logger)
      return "AlterConfigs is deprecated and does not support the resource type BROKER_LOGGER";
    return "Unexpected resource type UNKNOWN";
  };
  if (refuse_all(request, response, is_wrong, why)) co_return response;
  for (const auto& resource : request.resources) {
    Result<void> outcome = check_values(resource);
    if (outcome)
      outcome =
          co_await replace(context.services, resource_type(resource.resource_type),
                           resource.resource_name, whole_set(resource), request.validate_only);
    answer(response, resource, outcome);
  }
  co_return response;
}

Task<protocol::IncrementalAlterConfigsResponse> incremental_alter_configs(
    RequestContext& context, protocol::IncrementalAlterConfigsRequest request) {
  protocol::IncrementalAlterConfigsResponse response;
  const auto is_wrong = [](ResourceType type) { return type == ResourceType::unknown; };
  const auto why = [](ResourceType) -> std::string { return "Unexpected resource type UNKNOWN"; };
  if (refuse_all(request, response, is_wrong, why)) co_return response;
  for (const auto& resource : request.resources) {
    std::vector<Alteration> alterations;
    for (const auto& entry : resource.configs)
      alterations.push_back(
          {entry.name, static_cast<config::AlterOp>(entry.config_operation), entry.value});
    Result<void> outcome =
        co_await change(context.services, resource_type(resource.resource_type),
                        resource.resource_name, std::move(alterations), request.validate_only);
    answer(response, resource, outcome);
  }
  co_return response;
}

}  // namespace samsa::api
