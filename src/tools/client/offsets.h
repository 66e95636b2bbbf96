#pragma once
// Offsets of partitions by time, from their leaders.

#include "tools/client/cluster.h"

namespace samsa::tools::client {

inline constexpr int64_t k_latest_timestamp = -1;
inline constexpr int64_t k_earliest_timestamp = -2;

struct FoundOffset {
  // -1: no record at or after the time.
  int64_t offset = -1;
  int64_t timestamp = -1;
  int32_t leader_epoch = -1;
};

// One timestamp (or k_latest_timestamp, k_earliest_timestamp) per partition; asks each leader once,
// and again while leaders move. The first error that does not pass ends it.
Result<std::map<TopicPartition, FoundOffset>> list_offsets(
    Cluster& cluster, const std::map<TopicPartition, int64_t>& wanted, SteadyTime deadline,
    bool read_committed = false);

}  // namespace samsa::tools::client
