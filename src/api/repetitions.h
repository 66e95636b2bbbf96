#pragma once
// What a request names more than once.

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace samsa::api {

namespace detail {

template <class Topic, class Partitions, class IndexOf>
bool is_plain(const std::vector<Topic>& topics, Partitions Topic::*partitions, IndexOf index_of) {
  if (topics.size() == 1 && (topics[0].*partitions).size() == 1) return true;
  std::vector<std::pair<std::string_view, int32_t>> named;
  for (const Topic& topic : topics) {
    if ((topic.*partitions).empty()) return false;
    for (const auto& partition : topic.*partitions)
      named.emplace_back(topic.name, std::invoke(index_of, partition));
  }
  std::ranges::sort(named);
  return std::ranges::adjacent_find(named) == named.end();
}

}  // namespace detail

// Leaves each topic once, with each of its partitions once, as it is named last, and no topic
// without partitions: what a map keeps of them, as Kafka's does. In order of first appearance.
template <class Topic, class Partitions, class IndexOf>
void merge_repetitions(std::vector<Topic>& topics, Partitions Topic::*partitions,
                       IndexOf index_of) {
  if (detail::is_plain(topics, partitions, index_of)) return;
  std::vector<Topic> kept;
  std::map<std::string, size_t> topic_places;
  std::map<std::pair<size_t, int32_t>, size_t> partition_places;
  for (Topic& topic : topics) {
    if ((topic.*partitions).empty()) continue;
    const auto [place, is_new] = topic_places.try_emplace(topic.name, kept.size());
    if (is_new) kept.emplace_back().name = topic.name;
    Partitions& merged = kept[place->second].*partitions;
    for (auto& partition : topic.*partitions) {
      const auto [at, is_first] = partition_places.try_emplace(
          {place->second, std::invoke(index_of, partition)}, merged.size());
      if (is_first)
        merged.push_back(std::move(partition));
      else
        merged[at->second] = std::move(partition);
    }
  }
  topics = std::move(kept);
}

// Where partitions are structs.
template <class Topic>
void merge_repetitions(std::vector<Topic>& topics) {
  merge_repetitions(topics, &Topic::partitions,
                    [](const auto& partition) { return partition.partition_index; });
}

}  // namespace samsa::api
