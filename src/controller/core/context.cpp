#include "controller/core/context.h"

#include <algorithm>

namespace samsa::controller {

const Replicas* Context::replicas(const TopicPartition& tp) const {
  const auto topic = assignments.find(tp.topic);
  if (topic == assignments.end()) return nullptr;
  const auto partition = topic->second.find(tp.partition);
  return partition == topic->second.end() ? nullptr : &partition->second;
}

bool Context::is_online(const TopicPartition& tp, BrokerId replica) const {
  const auto offline = on_offline_dirs.find(replica);
  return is_live(replica) && (offline == on_offline_dirs.end() || !offline->second.contains(tp));
}

std::vector<TopicPartition> Context::note_offline(BrokerId id,
                                                  const std::vector<TopicPartition>& online,
                                                  const std::vector<TopicPartition>& offline) {
  auto& known = on_offline_dirs[id];
  for (const auto& tp : online) known.erase(tp);
  std::vector<TopicPartition> newly;
  for (const auto& tp : offline)
    if (known.insert(tp).second) newly.push_back(tp);
  return newly;
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
  for (auto& [id, offline] : on_offline_dirs)
    std::erase_if(offline, [&](const auto& tp) { return tp.topic == topic; });
  std::erase_if(leaderships, [&](const auto& entry) { return entry.first.topic == topic; });
}

}  // namespace samsa::controller
