#pragma once
// Hears which partitions of Kafka's own topics this broker leads: the coordinators' home.

#include <vector>

#include "base/types.h"

namespace samsa::replica {

// Called while an order of the controller is carried out, in the order of those orders; so quick,
// and never waiting.
class InternalTopicListener {
 public:
  virtual ~InternalTopicListener() = default;
  // A partition of __consumer_offsets or __transaction_state came here, got a new leader epoch, or
  // went. The epoch is negative where the order names none.
  virtual void on_leadership(const TopicPartition& tp, bool is_leader, LeaderEpoch epoch) = 0;
  // Partitions of any topic that went with their topic.
  virtual void on_partitions_deleted(const std::vector<TopicPartition>& partitions) = 0;
};

}  // namespace samsa::replica
