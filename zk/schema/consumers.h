#pragma once
// /consumers/…: what consumers of before Kafka 0.9 keep. An offset is its decimal text.

#include <string>
#include <string_view>

#include "base/types.h"

namespace samsa::zk {

inline std::string consumer_offset_path(std::string_view group, const TopicPartition& partition) {
  return "/consumers/" + std::string(group) + "/offsets/" + partition.topic + '/' +
         std::to_string(partition.partition);
}

}  // namespace samsa::zk
