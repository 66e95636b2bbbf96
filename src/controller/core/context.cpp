#include "controller/core/context.h"

#include <algorithm>

namespace samsa::controller {

const Replicas* Context::replicas(const TopicPartition& tp) const {
  const auto topic = assignments.find(tp.topic);
  if (topic == assignments.end()) return nullptr;
  const auto partition = topic->second.find(tp.partition);
  return partition == topic->second.end() ? nullptr : &partition->second;
}

std::vector<TopicPartition> Context::partitions_on(BrokerId id) const {
  std::vector<TopicPartition> found;
  for (const auto& [topic, partitions] : assignments)
    for (const auto& [index, replicas] : partitions)
      if (std::ranges::find(replicas, id) != replicas.end()) found.push_back({topic, index});
  return found;
}

void Context::forget_topic(const std::string& topic) {
  assignments.erase(topic);
  deleting.erase(topic);
  deleted_on.erase(topic);
  std::erase_if(leaderships, [&](const auto& entry) { return entry.first.topic == topic; });
}

}  // namespace samsa::controller
