// AlterPartitionReassignments (key 45): replicas are to move to other brokers. The controller
// judges each wish as Kafka 2.7 does.

#include "protocol/messages/alter_partition_reassignments.h"
#include "api/api_error.h"
#include "api/handlers.h"
#include "controller/controller.h"

namespace samsa::api {

Task<protocol::AlterPartitionReassignmentsResponse> alter_partition_reassignments(
    RequestContext& context, protocol::AlterPartitionReassignmentsRequest request) {
  std::map<TopicPartition, std::optional<controller::Replicas>> targets;
  for (const auto& topic : request.topics)
    for (const auto& partition : topic.partitions) {
      auto& target = targets[{topic.name, partition.partition_index}];
      target.reset();
      if (!partition.replicas) continue;
      target.emplace();
      for (const int32_t id : *partition.replicas) target->emplace_back(id);
    }
  protocol::AlterPartitionReassignmentsResponse response;
  auto outcomes = co_await context.services.controller.reassign(std::move(targets));
  if (!outcomes) {
    response.error_code = static_cast<int16_t>(outcomes.error().code);
    response.error_message = outcomes.error().text();
    co_return response;
  }
  response.error_message = "";  // where Kafka 2.7 does not set it, it is empty, not null
  for (const auto& [tp, error] : *outcomes) {
    if (response.responses.empty() || response.responses.back().name != tp.topic)
      response.responses.emplace_back().name = tp.topic;
    auto& answer = response.responses.back().partitions.emplace_back();
    answer.partition_index = tp.partition;
    tell(answer, error);
  }
  co_return response;
}

}  // namespace samsa::api
