// OffsetCommit (key 8): how far a group has come. Version 0 keeps it in ZooKeeper, as consumers of
// before Kafka 0.9 expect.

#include "protocol/messages/offset_commit.h"

#include <algorithm>

#include "api/handlers.h"
#include "api/zookeeper_offsets.h"
#include "group/coordinator.h"
#include "metadata/image.h"

namespace samsa::api {
namespace {

using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;

// Every partition of the request, with an answer to fill.
struct Answers {
  explicit Answers(const OffsetCommitRequest& request) {
    for (const auto& topic : request.topics) {
      auto& answers = response.topics.emplace_back();
      answers.name = topic.name;
      for (const auto& partition : topic.partitions)
        answers.partitions.push_back({.partition_index = partition.partition_index});
    }
  }
  void set(const TopicPartition& tp, Errc error) {
    for (auto& topic : response.topics) {
      if (topic.name != tp.topic) continue;
      for (auto& partition : topic.partitions)
        if (partition.partition_index == tp.partition)
          partition.error_code = static_cast<int16_t>(error);
    }
  }
  void set_all(Errc error) {
    for (auto& topic : response.topics)
      for (auto& partition : topic.partitions) partition.error_code = static_cast<int16_t>(error);
  }
  OffsetCommitResponse response;
};

group::OffsetAndMetadata value_of(OffsetCommitRequest::OffsetCommitRequestPartition& partition,
                                  int64_t retention_ms, int64_t now_ms) {
  constexpr int64_t k_default = -1;
  group::OffsetAndMetadata value{.offset = partition.committed_offset,
                                 .metadata = partition.committed_metadata.value_or(""),
                                 .commit_timestamp_ms = partition.commit_timestamp};
  if (partition.committed_leader_epoch != k_no_leader_epoch.value())
    value.leader_epoch = partition.committed_leader_epoch;
  if (partition.commit_timestamp == k_default) value.commit_timestamp_ms = now_ms;
  if (retention_ms != k_default) value.expire_timestamp_ms = now_ms + retention_ms;
  return value;
}

Task<void> commit_to_zookeeper(RequestContext& context, std::string group, group::Commits commits,
                               Answers& answers) {
  for (auto& [tp, value] : commits) {
    Errc outcome = Errc::offset_metadata_too_large;
    if (group::utf16_length(value.metadata) <=
        context.services.groups.options().max_metadata_length)
      outcome = co_await set_zookeeper_offset(context.services.zookeeper, group, tp, value.offset);
    answers.set(tp, outcome);
  }
}

}  // namespace

Task<OffsetCommitResponse> offset_commit(RequestContext& context, OffsetCommitRequest request) {
  auto& services = context.services;
  Answers answers(request);
  if (request.group_instance_id && !services.groups.options().static_members_allowed) {
    answers.set_all(Errc::unsupported_version);
    co_return std::move(answers.response);
  }
  const auto image = services.metadata.get();
  const int64_t now_ms = services.clock.wall_ms();
  group::Commits commits;
  for (auto& topic : request.topics)
    for (auto& partition : topic.partitions) {
      TopicPartition tp{topic.name, partition.partition_index};
      if (image->partition(tp.topic, tp.partition)) {
        commits.emplace_back(std::move(tp), value_of(partition, request.retention_time_ms, now_ms));
      } else {
        answers.set(tp, Errc::unknown_topic_or_partition);
      }
    }
  if (commits.empty()) co_return std::move(answers.response);
  if (context.api_version == 0) {
    co_await commit_to_zookeeper(context, std::move(request.group_id), std::move(commits), answers);
    co_return std::move(answers.response);
  }
  group::MemberName member{std::move(request.member_id), std::move(request.group_instance_id)};
  const auto outcomes = co_await services.groups.commit(
      std::move(request.group_id), std::move(member), request.generation_id, std::move(commits));
  for (const auto& [tp, error] : outcomes)
    if (error != Errc::none) answers.set(tp, error);
  co_return std::move(answers.response);
}

}  // namespace samsa::api
