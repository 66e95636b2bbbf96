#pragma once
// What a request names more than once.

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace samsa::api {

namespace detail {

template <class Topic>
bool is_plain(const std::vector<Topic>& topics) {
  std::vector<std::pair<std::string_view, int32_t>> named;
  for (size_t i = 0; i < topics.size(); ++i) {
    if (topics[i].partitions.empty()) return false;
    if (topics.size() == 1 && topics[i].partitions.size() == 1) return true;
    for (const auto& partition : topics[i].partitions)
      named.emplace_back(topics[i].name, partition.partition_index);
  }
  std::ranges::sort(named);
  return std::ranges::adjacent_find(named) == named.end();
}

}  // namespace detail

// Leaves each topic once, with each of its partitions once, as it is named last, and no topic
// without partitions: what a map keeps of them, as Kafka's does. In order of first appearance.
template <class Topic>
void merge_repetitions(std::vector<Topic>& topics) {
  if (detail::is_plain(topics)) return;
  std::vector<Topic> kept;
  std::map<std::string, size_t> topic_places;
  std::map<std::pair<size_t, int32_t>, size_t> partition_places;
  for (auto& topic : topics) {
    if (topic.partitions.empty()) continue;
    const auto [place, is_new] = topic_places.try_emplace(topic.name, kept.size());
    if (is_new) kept.emplace_back().name = topic.name;
    auto& partitions = kept[place->second].partitions;
    for (auto& partition : topic.partitions) {
      const auto [at, is_first] = partition_places.try_emplace(
          {place->second, partition.partition_index}, partitions.size());
      if (is_first)
        partitions.push_back(std::move(partition));
      else
        partitions[at->second] = std::move(partition);
    }
  }
  topics = std::move(kept);
}

}  // namespace samsa::api
