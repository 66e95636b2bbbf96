#pragma once
// Replicas spread over racks, too: no two of a partition in one rack while another has none.

#include <optional>
#include <string>
#include <vector>

#include "admin/assignment.h"

namespace samsa::admin {

struct Candidate {
  BrokerId id = k_no_broker;
  std::optional<std::string> rack;
};

// Brokers in an order that takes one of each rack in turn, racks by name. All have a rack.
std::vector<BrokerId> alternate_racks(const std::vector<Candidate>& brokers);

// As Kafka 2.7 assigns replicas (KIP-36). Candidates in order of their ids; either all have a rack
// or none is looked at. `spread.first_broker` counts in the order of alternate_racks. Errors as
// assign_replicas().
Result<Assignment> assign_to_racks(const std::vector<Candidate>& brokers, int32_t partitions,
                                   int32_t replication_factor, const Spread& spread);

}  // namespace samsa::admin
