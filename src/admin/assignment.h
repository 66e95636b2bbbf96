#pragma once
// Replicas spread over brokers.

#include <map>
#include <vector>

#include "base/errc.h"
#include "base/types.h"

namespace samsa::admin {

using Assignment = std::map<int32_t, std::vector<BrokerId>>;

// Where a spread begins; Kafka draws it for a new topic and derives it for a grown one.
struct Spread {
  int32_t first_partition = 0;
  size_t first_broker = 0;  // an index
  size_t first_shift = 0;
};

// Replicas spread over the brokers as Kafka does: the first ones round robin from `first_broker`,
// the others at a shift that grows with every round. INVALID_PARTITIONS and
// INVALID_REPLICATION_FACTOR for numbers that can't be.
Result<Assignment> assign_replicas(const std::vector<BrokerId>& brokers, int32_t partitions,
                                   int32_t replication_factor, const Spread& spread);

}  // namespace samsa::admin
