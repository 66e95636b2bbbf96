#pragma once
// /brokers/topics/…: assignments and partition states; /admin/delete_topics. Byte for byte as
// Kafka 2.7 writes them.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/errc.h"
#include "base/types.h"

namespace samsa::zk {

inline constexpr std::string_view k_topics_path = "/brokers/topics";
inline constexpr std::string_view k_delete_topics_path = "/admin/delete_topics";

std::string topic_path(std::string_view topic);
std::string partitions_path(std::string_view topic);
std::string partition_path(const TopicPartition& tp);
std::string partition_state_path(const TopicPartition& tp);
std::string delete_topic_path(std::string_view topic);

// Replicas by partition. Versions 1 to 3 are read (3 carries a topic id, which is not Kafka 2.7's);
// 2 is written.
struct TopicZnode {
  std::map<int32_t, std::vector<BrokerId>> replicas;
  std::map<int32_t, std::vector<BrokerId>> adding, removing;

  Bytes encode() const;
  static Result<TopicZnode> decode(BytesView json);
};

struct PartitionStateZnode {
  ControllerEpoch controller_epoch;
  BrokerId leader = k_no_broker;
  LeaderEpoch leader_epoch;
  std::vector<BrokerId> isr;

  Bytes encode() const;
  static Result<PartitionStateZnode> decode(BytesView json);
};

}  // namespace samsa::zk
