// OffsetForLeaderEpoch (key 23): where a leader epoch ended, so that a follower or consumer can
// tell whether its log parted.

#include "protocol/messages/offset_for_leader_epoch.h"
#include "api/handlers.h"
#include "api/lookup.h"
#include "api/repetitions.h"
#include "log/log_dirs.h"

namespace samsa::api {
namespace {

protocol::OffsetForLeaderEpochResponse answer_all(
    const RequestContext& context, const protocol::OffsetForLeaderEpochRequest& request) {
  protocol::OffsetForLeaderEpochResponse response;
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& wanted : topic.partitions) {
      auto& answer = answers.partitions.emplace_back();
      answer.partition_index = wanted.partition_index;
      answer.leader_epoch = -1;
      answer.end_offset = -1;
      auto partition = find_partition(context, topic.name, wanted.partition_index);
      auto end = partition ? (*partition)
                                 ->end_offset_for_epoch(LeaderEpoch{wanted.current_leader_epoch},
                                                        LeaderEpoch{wanted.leader_epoch})
                           : Result<log::EpochEndOffset>{partition.error()};
      if (end) {
        answer.leader_epoch = end->epoch.value();
        answer.end_offset = end->end_offset.value();
      } else {
        answer.error_code = static_cast<int16_t>(end.error().code);
      }
    }
  }
  return response;
}

}  // namespace

Task<protocol::OffsetForLeaderEpochResponse> offset_for_leader_epoch(
    RequestContext& context, protocol::OffsetForLeaderEpochRequest request) {
  merge_repetitions(request.topics);
  if (!context.services.logs.is_slow()) co_return answer_all(context, request);
  auto answering = context.services.workers.run([&] { return answer_all(context, request); });
  co_return co_await std::move(answering);
}

}  // namespace samsa::api
