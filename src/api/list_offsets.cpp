// ListOffsets (key 2): where a partition begins, ends, or reaches a time.

#include <algorithm>
#include <set>

#include "api/handlers.h"
#include "api/lookup.h"
#include "log/log_dirs.h"
#include "protocol/messages/list_offset.h"

namespace samsa::api {
namespace {

using protocol::ListOffsetRequest;
using protocol::ListOffsetResponse;
using Wanted = ListOffsetRequest::ListOffsetPartition;
using Answer = ListOffsetResponse::ListOffsetPartitionResponse;

constexpr int32_t k_consumer = -1, k_debugging_consumer = -2;

Answer error_answer(int32_t index, Errc code) {
  return {.partition_index = index,
          .error_code = static_cast<int16_t>(code),
          .timestamp = -1,
          .offset = -1};
}

Answer answer_legacy(RequestContext& context, const ListOffsetRequest& request,
                     const std::string& topic, const Wanted& wanted) {
  Answer answer{.partition_index = wanted.partition_index};
  auto partition = find_partition(context, topic, wanted.partition_index);
  if (partition && wanted.max_num_offsets < 0) partition = Errc::unknown_server_error;
  auto offsets = partition ? (*partition)
                                 ->legacy_offsets(wanted.timestamp, wanted.max_num_offsets,
                                                  request.replica_id == k_consumer,
                                                  request.replica_id != k_debugging_consumer)
                           : Result<std::vector<int64_t>>{partition.error()};
  if (offsets) {
    answer.old_style_offsets = std::move(*offsets);
  } else {
    answer.error_code = static_cast<int16_t>(offsets.error().code);
  }
  return answer;
}

Answer answer_one(RequestContext& context, const ListOffsetRequest& request,
                  const std::string& topic, const Wanted& wanted) {
  constexpr int16_t k_knows_not_available = 5, k_knows_epoch = 4;
  constexpr int8_t k_read_committed = 1;
  const bool is_consumer = request.replica_id == k_consumer;
  if (is_consumer && (request.isolation_level < 0 || request.isolation_level > k_read_committed))
    return error_answer(wanted.partition_index, Errc::unknown_server_error);
  auto partition = find_partition(context, topic, wanted.partition_index);
  if (!partition) return error_answer(wanted.partition_index, partition.error().code);
  std::optional<log::Isolation> isolation;
  if (is_consumer)
    isolation = request.isolation_level == k_read_committed ? log::Isolation::txn_committed
                                                            : log::Isolation::high_watermark;
  auto found = (*partition)
                   ->offset_for_timestamp(wanted.timestamp, isolation,
                                          LeaderEpoch{wanted.current_leader_epoch},
                                          request.replica_id != k_debugging_consumer);
  if (!found) {
    const Errc code = found.error().code;
    const bool too_new =
        code == Errc::offset_not_available && context.api_version < k_knows_not_available;
    return error_answer(wanted.partition_index, too_new ? Errc::leader_not_available : code);
  }
  if (!*found) return error_answer(wanted.partition_index, Errc::none);
  Answer answer{.partition_index = wanted.partition_index,
                .timestamp = (*found)->timestamp_ms,
                .offset = (*found)->offset.value()};
  if (context.api_version >= k_knows_epoch) answer.leader_epoch = (*found)->leader_epoch.value();
  return answer;
}

ListOffsetResponse answer_all(RequestContext& context, const ListOffsetRequest& request) {
  ListOffsetResponse response;
  std::set<std::pair<std::string_view, int32_t>> seen, twice;
  for (const auto& topic : request.topics)
    for (const auto& wanted : topic.partitions)
      if (!seen.emplace(topic.name, wanted.partition_index).second)
        twice.emplace(topic.name, wanted.partition_index);
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& wanted : topic.partitions) {
      if (context.api_version == 0) {
        answers.partitions.push_back(answer_legacy(context, request, topic.name, wanted));
      } else if (twice.contains({topic.name, wanted.partition_index})) {
        answers.partitions.push_back(error_answer(wanted.partition_index, Errc::invalid_request));
      } else {
        answers.partitions.push_back(answer_one(context, request, topic.name, wanted));
      }
    }
  }
  return response;
}

}  // namespace

Task<ListOffsetResponse> list_offsets(RequestContext& context, ListOffsetRequest request) {
  // To find a moment, batches are read and unpacked.
  const auto asks_for_moment = [](const auto& topic) {
    return std::ranges::any_of(topic.partitions,
                               [](const Wanted& one) { return one.timestamp >= 0; });
  };
  if (!context.services.logs.is_slow() && std::ranges::none_of(request.topics, asks_for_moment))
    co_return answer_all(context, request);
  auto answering = context.services.workers.run([&] { return answer_all(context, request); });
  co_return co_await std::move(answering);
}

}  // namespace samsa::api
