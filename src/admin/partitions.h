#pragma once
// Which replicas new partitions of an existing topic get, and whether an administrator may have
// them: Kafka 2.7's rules and sentences.

#include <optional>
#include <string>
#include <vector>

#include "admin/assignment.h"
#include "base/errc.h"
#include "zk/schema/topics.h"

namespace samsa::admin {

struct MorePartitions {
  std::string topic;
  int32_t count = 0;  // of all partitions, the existing ones included
  // The replicas of the new ones, in their order; chosen here when absent.
  std::optional<std::vector<std::vector<BrokerId>>> assignments;
};

// Whether given replicas of new partitions may be: INVALID_REPLICA_ASSIGNMENT,
// BROKER_NOT_AVAILABLE.
Result<void> check_assignment(const Assignment& given, size_t replication_factor,
                              const std::vector<BrokerId>& brokers);

// The new partitions alone. Errors: INVALID_PARTITIONS, INVALID_REPLICA_ASSIGNMENT,
// INVALID_REPLICATION_FACTOR, REASSIGNMENT_IN_PROGRESS, BROKER_NOT_AVAILABLE. `brokers` in order of
// their ids.
Result<Assignment> plan_more_partitions(const MorePartitions& asked, const zk::TopicZnode& topic,
                                        const std::vector<BrokerId>& brokers);

}  // namespace samsa::admin
