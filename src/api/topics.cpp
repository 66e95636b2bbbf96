// CreateTopics (19) and DeleteTopics (20): for the controller alone; answered when the change is
// visible here or time is up.

#include <map>
#include <set>

#include "admin/topics.h"
#include "api/api_error.h"
#include "api/handlers.h"
#include "api/lookup.h"
#include "api/topic_describe.h"
#include "config/describe.h"
#include "config/holder.h"
#include "controller/controller.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"

namespace samsa::api {
namespace {

using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;
using CreateResult = CreateTopicsResponse::CreatableTopicResult;

constexpr int32_t k_broker_default = -1;

CreateResult refused(const std::string& name, const Error& error) {
  CreateResult result{.name = name};
  tell(result, error);
  result.num_partitions = -1;
  result.replication_factor = -1;
  return result;
}

Result<admin::NewTopic> wanted_topic(const CreateTopicsRequest::CreatableTopic& asked,
                                     const config::BrokerConfig& config) {
  admin::NewTopic topic{.name = asked.name};
  const bool has_counts =
      asked.num_partitions != k_broker_default || asked.replication_factor != k_broker_default;
  if (!asked.assignments.empty() && has_counts)
    return Error{Errc::invalid_request,
                 "Both numPartitions or replicationFactor and replicasAssignments were set. Both "
                 "cannot be used at the same time."};
  if (!asked.assignments.empty()) {
    auto& assignment = topic.assignment.emplace();
    for (const auto& one : asked.assignments) {
      auto& replicas = assignment[one.partition_index];
      replicas.clear();  // the last of several for one index counts
      for (const int32_t id : one.broker_ids) replicas.emplace_back(id);
    }
  }
  topic.partitions =
      asked.num_partitions == k_broker_default ? config.num_partitions : asked.num_partitions;
  topic.replication_factor = asked.replication_factor == k_broker_default
                                 ? config.default_replication_factor
                                 : asked.replication_factor;
  std::string missing;
  for (const auto& entry : asked.configs) {
    if (entry.value)
      topic.configs[entry.name] = *entry.value;
    else
      missing.append(missing.empty() ? "" : ",").append(entry.name);
  }
  if (!missing.empty())
    return Error{Errc::invalid_request, "Null value not supported for topic configs : " + missing};
  return topic;
}

CreateResult accepted(const std::string& name, const admin::Assignment& assignment) {
  CreateResult result{.name = name};
  result.num_partitions = static_cast<int32_t>(assignment.size());
  result.replication_factor =
      static_cast<int16_t>(assignment.empty() ? 0 : assignment.begin()->second.size());
  return result;
}

template <class Topics>
std::set<std::string> duplicates_of(const Topics& topics) {
  std::set<std::string> seen, twice;
  for (const auto& topic : topics)
    if (!seen.insert(topic.name).second) twice.insert(topic.name);
  return twice;
}

}  // namespace

Task<CreateTopicsResponse> create_topics(RequestContext& context, CreateTopicsRequest request) {
  auto& services = context.services;
  CreateTopicsResponse response;
  if (!services.controller.is_active()) {
    for (const auto& topic : request.topics)
      response.topics.push_back(refused(topic.name, Errc::not_controller));
    co_return response;
  }
  const auto config = services.config.current();
  const auto twice = duplicates_of(request.topics);
  std::vector<std::pair<size_t, int32_t>> created;  // index in the response, partitions
  for (const auto& asked : request.topics) {
    if (twice.contains(asked.name)) {
      response.topics.push_back(
          refused(asked.name, {Errc::invalid_request, "Found multiple entries for this topic."}));
      continue;
    }
    if (services.metadata.get()->topic(asked.name)) {
      response.topics.push_back(refused(asked.name, admin::topic_exists(asked.name)));
      continue;
    }
    auto wanted = wanted_topic(asked, *config);
    if (!wanted) {
      response.topics.push_back(refused(asked.name, wanted.error()));
      continue;
    }
    const auto own_configs = wanted->configs;
    auto assignment = co_await services.topics.create(std::move(*wanted), services.metadata.get(),
                                                      request.validate_only);
    if (!assignment) {
      response.topics.push_back(refused(asked.name, assignment.error()));
      continue;
    }
    response.topics.push_back(accepted(asked.name, *assignment));
    auto& configs = response.topics.back().configs.emplace();
    const config::Properties overrides(own_configs.begin(), own_configs.end());
    const auto settings = config::TopicConfig::from(*config, overrides);
    for (const auto& entry : config::describe_topic(*config, *settings, overrides))
      configs.push_back({.name = entry.name,
                         .value = entry.value,
                         .read_only = entry.read_only,
                         .config_source = static_cast<int8_t>(entry.source),
                         .is_sensitive = entry.sensitive});
    if (!request.validate_only)
      created.emplace_back(response.topics.size() - 1, static_cast<int32_t>(assignment->size()));
  }
  for (const auto& [index, partitions] : created) {
    auto& result = response.topics[index];
    if (co_await await_leaders(services, result.name, partitions,
                               context.deadline_after(request.timeout_ms)))
      continue;
    result = refused(result.name, Errc::request_timed_out);
  }
  co_return response;
}

Task<DeleteTopicsResponse> delete_topics(RequestContext& context, DeleteTopicsRequest request) {
  constexpr int16_t k_knows_disabled = 3;
  auto& services = context.services;
  DeleteTopicsResponse response;
  const auto answer = [&](const std::string& name, const Error& error) {
    auto& result = response.responses.emplace_back();
    result.name = name;
    result.error_code = static_cast<int16_t>(error.code);
  };
  const bool enabled = services.config.current()->delete_topic_enable;
  std::vector<std::string> asked_for;
  for (const auto& name : request.topic_names) {
    if (!services.controller.is_active()) {
      answer(name, Errc::not_controller);
    } else if (!enabled) {
      answer(name, context.api_version < k_knows_disabled ? Errc::invalid_request
                                                          : Errc::topic_deletion_disabled);
    } else if (services.metadata.get()->topic(name) == nullptr) {
      answer(name, Errc::unknown_topic_or_partition);
    } else if (auto removed = co_await services.topics.remove(name); !removed) {
      answer(name, removed.error());
    } else {
      asked_for.push_back(name);
    }
  }
  for (const auto& name : asked_for) {
    const bool gone =
        co_await await_absence(services, name, context.deadline_after(request.timeout_ms));
    answer(name, gone ? Errc::none : Errc::request_timed_out);
  }
  co_return response;
}

}  // namespace samsa::api
