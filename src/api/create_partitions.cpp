// CreatePartitions (key 37): topics grow. For the controller alone; answered when the new
// partitions have leaders here or time is up.

#include <glog/logging.h>

#include <set>

#include "admin/topics.h"
#include "api/api_error.h"
#include "api/handlers.h"
#include "api/topic_describe.h"
#include "controller/controller.h"
#include "protocol/messages/create_partitions.h"

namespace samsa::api {
namespace {

using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;

admin::MorePartitions wanted(const CreatePartitionsRequest::CreatePartitionsTopic& topic) {
  admin::MorePartitions asked{.topic = topic.name, .count = topic.count};
  if (!topic.assignments) return asked;
  auto& assignments = asked.assignments.emplace();
  for (const auto& one : *topic.assignments) {
    auto& replicas = assignments.emplace_back();
    for (const int32_t id : one.broker_ids) replicas.emplace_back(id);
  }
  return asked;
}

std::set<std::string> names_given_twice(const CreatePartitionsRequest& request) {
  std::set<std::string> seen, twice;
  for (const auto& topic : request.topics)
    if (!seen.insert(topic.name).second) twice.insert(topic.name);
  return twice;
}

}  // namespace

Task<CreatePartitionsResponse> create_partitions(RequestContext& context,
                                                 CreatePartitionsRequest request) {
  auto& services = context.services;
  CreatePartitionsResponse response;
  const auto answer = [&response](const std::string& name, const Error& error) {
    auto& result = response.results.emplace_back();
    result.name = name;
    tell(result, error);
  };
  if (!services.controller.is_active()) {
    for (const auto& topic : request.topics) answer(topic.name, Errc::not_controller);
    co_return response;
  }
  const auto twice = names_given_twice(request);
  for (const auto& name : twice)
    answer(name, {Errc::invalid_request, "Duplicate topic in request."});
  std::vector<BrokerId> brokers;
  for (const auto& [id, broker] : services.metadata.get()->brokers()) brokers.push_back(id);
  std::vector<std::pair<std::string, int32_t>> grown;
  for (const auto& topic : request.topics) {
    if (twice.contains(topic.name)) continue;
    auto asked = wanted(topic);
    auto added =
        co_await services.topics.add_partitions(std::move(asked), brokers, request.validate_only);
    if (!added) {
      if (added.error().code == Errc::unknown_server_error) LOG(ERROR) << added.error();
      answer(topic.name, added.error());
    } else if (request.validate_only) {
      answer(topic.name, Errc::none);
    } else {
      LOG(INFO) << "topic " << topic.name << " grows by " << added->size() << " partitions to "
                << topic.count;
      grown.emplace_back(topic.name, topic.count);
    }
  }
  for (const auto& [name, count] : grown) {
    const bool led =
        request.timeout_ms > 0 &&
        co_await await_leaders(services, name, count, context.deadline_after(request.timeout_ms));
    answer(name, led ? Errc::none : Errc::request_timed_out);
  }
  co_return response;
}

}  // namespace samsa::api
