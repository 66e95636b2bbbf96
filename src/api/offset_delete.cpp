// OffsetDelete (key 47): forget offsets of topics that a group reads no more (KIP-496).

#include "protocol/messages/offset_delete.h"

#include <map>

#include "api/handlers.h"
#include "api/repetitions.h"
#include "group/coordinator.h"
#include "metadata/image.h"

namespace samsa::api {

Task<protocol::OffsetDeleteResponse> offset_delete(RequestContext& context,
                                                   protocol::OffsetDeleteRequest request) {
  merge_repetitions(request.topics);
  const auto image = context.services.metadata.get();
  std::vector<TopicPartition> known;
  for (const auto& topic : request.topics)
    for (const auto& partition : topic.partitions)
      if (image->partition(topic.name, partition.partition_index))
        known.push_back({topic.name, partition.partition_index});
  protocol::OffsetDeleteResponse response;
  auto outcomes = context.services.groups.delete_offsets(request.group_id, known);
  if (!outcomes) {
    response.error_code = static_cast<int16_t>(outcomes.error().code);
    co_return response;
  }
  const std::map<TopicPartition, Errc> errors(outcomes->begin(), outcomes->end());
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& partition : topic.partitions) {
      const auto found = errors.find({topic.name, partition.partition_index});
      const Errc error = found == errors.end() ? Errc::unknown_topic_or_partition : found->second;
      answers.partitions.push_back({.partition_index = partition.partition_index,
                                    .error_code = static_cast<int16_t>(error)});
    }
  }
  co_return response;
}

}  // namespace samsa::api
