// OffsetCommit (key 8): how far a group has come. Version 0 keeps it in ZooKeeper, as consumers of
// before Kafka 0.9 expect.

#include "protocol/messages/offset_commit.h"

#include <functional>
#include <map>

#include "api/handlers.h"
#include "api/repetitions.h"
#include "api/zookeeper_offsets.h"
#include "base/wrapping.h"
#include "group/coordinator.h"
#include "metadata/image.h"

namespace samsa::api {
namespace {

using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;

// What became of each partition; of those that are not in here, nothing is wrong.
using Outcomes = std::map<TopicPartition, Errc>;

OffsetCommitResponse answer_each(const OffsetCommitRequest& request,
                                 const std::function<Errc(const TopicPartition&)>& outcome) {
  OffsetCommitResponse response;
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& partition : topic.partitions) {
      const Errc error = outcome({topic.name, partition.partition_index});
      answers.partitions.push_back({.partition_index = partition.partition_index,
                                    .error_code = static_cast<int16_t>(error)});
    }
  }
  return response;
}

OffsetCommitResponse answer_of(const OffsetCommitRequest& request, const Outcomes& outcomes) {
  return answer_each(request, [&](const TopicPartition& tp) {
    const auto at = outcomes.find(tp);
    return at == outcomes.end() ? Errc::none : at->second;
  });
}

group::OffsetAndMetadata value_of(OffsetCommitRequest::OffsetCommitRequestPartition& partition,
                                  int64_t retention_ms, int64_t now_ms) {
  constexpr int64_t k_default = -1;
  group::OffsetAndMetadata value{.offset = partition.committed_offset,
                                 .metadata = partition.committed_metadata.value_or(""),
                                 .commit_timestamp_ms = partition.commit_timestamp};
  if (partition.committed_leader_epoch != k_no_leader_epoch.value())
    value.leader_epoch = partition.committed_leader_epoch;
  if (partition.commit_timestamp == k_default) value.commit_timestamp_ms = now_ms;
  if (retention_ms != k_default) value.expire_timestamp_ms = wrapping_add(now_ms, retention_ms);
  return value;
}

Task<void> commit_to_zookeeper(RequestContext& context, std::string group, group::Commits commits,
                               Outcomes& outcomes) {
  for (auto& [tp, value] : commits) {
    Errc outcome = Errc::offset_metadata_too_large;
    if (group::utf16_length(value.metadata) <=
        context.services.groups.options().max_metadata_length)
      outcome = co_await set_zookeeper_offset(context.services.zookeeper, group, tp, value.offset);
    outcomes[tp] = outcome;
  }
}

}  // namespace

Task<OffsetCommitResponse> offset_commit(RequestContext& context, OffsetCommitRequest request) {
  auto& services = context.services;
  merge_repetitions(request.topics);
  if (request.group_instance_id && !services.groups.options().static_members_allowed)
    co_return answer_each(request, [](const auto&) { return Errc::unsupported_version; });
  Outcomes outcomes;
  const auto image = services.metadata.get();
  const int64_t now_ms = services.clock.wall_ms();
  group::Commits commits;
  for (auto& topic : request.topics)
    for (auto& partition : topic.partitions) {
      TopicPartition tp{topic.name, partition.partition_index};
      if (image->partition(tp.topic, tp.partition)) {
        commits.emplace_back(std::move(tp), value_of(partition, request.retention_time_ms, now_ms));
      } else {
        outcomes[std::move(tp)] = Errc::unknown_topic_or_partition;
      }
    }
  if (commits.empty()) co_return answer_of(request, outcomes);
  if (context.api_version == 0) {
    co_await commit_to_zookeeper(context, std::move(request.group_id), std::move(commits),
                                 outcomes);
    co_return answer_of(request, outcomes);
  }
  group::MemberName member{std::move(request.member_id), std::move(request.group_instance_id)};
  const auto committed = co_await services.groups.commit(request.group_id, std::move(member),
                                                         request.generation_id, std::move(commits));
  for (const auto& [tp, error] : committed) outcomes[tp] = error;
  co_return answer_of(request, outcomes);
}

}  // namespace samsa::api
