// AlterIsr (key 56): a leader asks the controller to change who is in sync (KIP-497).

#include "protocol/messages/alter_isr.h"
#include "api/handlers.h"
#include "controller/controller.h"

namespace samsa::api {
namespace {

using protocol::AlterIsrRequest;
using protocol::AlterIsrResponse;

std::vector<controller::IsrChange> changes_of(const AlterIsrRequest& request) {
  std::vector<controller::IsrChange> changes;
  for (const auto& topic : request.topics)
    for (const auto& partition : topic.partitions) {
      auto& change = changes.emplace_back();
      change.tp = {topic.name, partition.partition_index};
      change.leader_epoch = LeaderEpoch{partition.leader_epoch};
      change.zk_version = ZkVersion{partition.current_isr_version};
      for (const int32_t id : partition.new_isr) change.isr.emplace_back(id);
    }
  return changes;
}

AlterIsrResponse::PartitionData answer_for(int32_t index,
                                           const Result<controller::Leadership>& outcome) {
  AlterIsrResponse::PartitionData answer;
  answer.partition_index = index;
  if (!outcome) {
    answer.error_code = static_cast<int16_t>(outcome.error().code);
    return answer;
  }
  answer.leader_id = outcome->leader.value();
  answer.leader_epoch = outcome->leader_epoch.value();
  for (const BrokerId id : outcome->isr) answer.isr.push_back(id.value());
  answer.current_isr_version = outcome->zk_version.value();
  return answer;
}

}  // namespace

Task<AlterIsrResponse> alter_isr(RequestContext& context, AlterIsrRequest request) {
  AlterIsrResponse response;
  auto outcomes = co_await context.services.controller.alter_isr(
      BrokerId{request.broker_id}, request.broker_epoch, changes_of(request));
  if (!outcomes) {
    response.error_code = static_cast<int16_t>(outcomes.error().code);
    co_return response;
  }
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& partition : topic.partitions)
      answers.partitions.push_back(answer_for(
          partition.partition_index, outcomes->at({topic.name, partition.partition_index})));
  }
  co_return response;
}

}  // namespace samsa::api
