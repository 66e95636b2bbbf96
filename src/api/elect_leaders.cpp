// ElectLeaders (key 43): an administrator wants preferred replicas, or any that are alive, to lead.
// Answered when the leaders are known here or time is up.

#include "protocol/messages/elect_leaders.h"
#include "api/api_error.h"
#include "api/handlers.h"
#include "api/topic_describe.h"
#include "controller/controller.h"

namespace samsa::api {
namespace {

using controller::ElectionType;
using protocol::ElectLeadersRequest;
using protocol::ElectLeadersResponse;

std::vector<TopicPartition> wanted_partitions(const ElectLeadersRequest& request,
                                              const metadata::Image& image) {
  std::vector<TopicPartition> wanted;
  if (request.topic_partitions) {
    for (const auto& topic : *request.topic_partitions)
      for (const int32_t index : topic.partition_id) wanted.push_back({topic.topic, index});
    return wanted;
  }
  for (const auto& [name, topic] : image.topics())
    for (const auto& [index, partition] : *topic) wanted.push_back({name, index});
  return wanted;
}

}  // namespace

Task<ElectLeadersResponse> elect_leaders(RequestContext& context, ElectLeadersRequest request) {
  auto& services = context.services;
  ElectLeadersResponse response;
  std::map<std::string, ElectLeadersResponse::ReplicaElectionResult> topics;
  const auto answer = [&topics](const TopicPartition& tp, const Error& error) {
    auto& topic = topics[tp.topic];
    topic.topic = tp.topic;
    auto& result = topic.partition_result.emplace_back();
    result.partition_id = tp.partition;
    tell(result, error);
  };
  const auto wanted = wanted_partitions(request, *services.metadata.get());
  const auto type = static_cast<ElectionType>(request.election_type);
  if (type == ElectionType::preferred || type == ElectionType::unclean) {
    auto outcomes = co_await services.controller.elect_leaders(wanted, type);
    for (const auto& [tp, outcome] : outcomes) {
      if (outcome) {
        const bool led = co_await await_leader(services, tp, *outcome,
                                               context.deadline_after(request.timeout_ms));
        answer(tp, led ? Errc::none : Errc::request_timed_out);
      } else if (request.topic_partitions || outcome.error().code != Errc::election_not_needed) {
        answer(tp, outcome.error());
      }
    }
  } else {
    response.error_code = static_cast<int16_t>(Errc::unknown_server_error);
    for (const auto& tp : wanted) answer(tp, Errc::unknown_server_error);
  }
  for (auto& [name, topic] : topics) response.replica_election_results.push_back(std::move(topic));
  co_return response;
}

}  // namespace samsa::api
