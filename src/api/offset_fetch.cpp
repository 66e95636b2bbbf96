// OffsetFetch (key 9): what a group has committed. Version 0 reads it from ZooKeeper.

#include "protocol/messages/offset_fetch.h"
#include "api/handlers.h"
#include "api/repetitions.h"
#include "api/zookeeper_offsets.h"
#include "group/coordinator.h"
#include "metadata/image.h"

namespace samsa::api {
namespace {

using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;
using Answer = OffsetFetchResponse::OffsetFetchResponsePartition;

Answer no_offset(int32_t partition, Errc error) {
  return {.partition_index = partition,
          .committed_offset = -1,
          .metadata = "",
          .error_code = static_cast<int16_t>(error)};
}

// Before version 2 a response has no error of its own.
OffsetFetchResponse refused(const OffsetFetchRequest& request, int16_t version, Errc error) {
  constexpr int16_t k_first_with_error = 2;
  OffsetFetchResponse response;
  response.error_code = static_cast<int16_t>(error);
  if (version >= k_first_with_error || !request.topics) return response;
  for (const auto& topic : *request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const int32_t index : topic.partition_indexes)
      answers.partitions.push_back(no_offset(index, error));
  }
  return response;
}

Answer answer_of(group::FetchedOffset& fetched) {
  Answer answer = no_offset(fetched.partition.partition, fetched.error);
  if (!fetched.value) return answer;
  answer.committed_offset = fetched.value->offset;
  answer.committed_leader_epoch = fetched.value->leader_epoch.value_or(k_no_leader_epoch.value());
  answer.metadata = std::move(fetched.value->metadata);
  return answer;
}

Task<OffsetFetchResponse> fetch_from_zookeeper(RequestContext& context,
                                               OffsetFetchRequest request) {
  auto& services = context.services;
  const auto image = services.metadata.get();
  OffsetFetchResponse response;
  for (const auto& topic : *request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const int32_t index : topic.partition_indexes) {
      auto& answer =
          answers.partitions.emplace_back(no_offset(index, Errc::unknown_topic_or_partition));
      if (!image->partition(topic.name, index)) continue;
      const TopicPartition tp{topic.name, index};
      const auto kept = co_await zookeeper_offset(services.zookeeper, request.group_id, tp);
      if (!kept) {
        answer.error_code = static_cast<int16_t>(kept.error().code);
      } else if (*kept) {
        answer.committed_offset = **kept;
        answer.error_code = 0;
      }
    }
  }
  co_return response;
}

}  // namespace

Task<OffsetFetchResponse> offset_fetch(RequestContext& context, OffsetFetchRequest request) {
  if (request.topics)
    merge_repetitions(*request.topics,
                      &OffsetFetchRequest::OffsetFetchRequestTopic::partition_indexes,
                      std::identity{});
  if (context.api_version == 0 && request.topics)
    co_return co_await fetch_from_zookeeper(context, std::move(request));
  std::optional<std::vector<TopicPartition>> wanted;
  if (request.topics) {
    wanted.emplace();
    for (const auto& topic : *request.topics)
      for (const int32_t index : topic.partition_indexes) wanted->push_back({topic.name, index});
  }
  auto fetched = context.services.groups.fetch(request.group_id, wanted, request.require_stable);
  if (!fetched) co_return refused(request, context.api_version, fetched.error().code);
  OffsetFetchResponse response;
  for (auto& one : *fetched) {
    if (response.topics.empty() || response.topics.back().name != one.partition.topic)
      response.topics.emplace_back().name = one.partition.topic;
    response.topics.back().partitions.push_back(answer_of(one));
  }
  co_return response;
}

}  // namespace samsa::api
