#include "admin/assignment.h"

namespace samsa::admin {
namespace {
// ZooKeeper takes 1 MiB at most, where each partition needs ten bytes or more.
constexpr int64_t k_replicas_max = 100'000;
}  // namespace

Result<Assignment> assign_replicas(const std::vector<BrokerId>& brokers, int32_t partitions,
                                   int32_t replication_factor, const Spread& spread) {
  if (partitions <= 0)
    return Error{Errc::invalid_partitions, "Number of partitions must be larger than 0."};
  if (replication_factor <= 0)
    return Error{Errc::invalid_replication_factor, "Replication factor must be larger than 0."};
  if (int64_t{partitions} * replication_factor > k_replicas_max)
    return Error{
        Errc::invalid_partitions,
        std::to_string(partitions) + " partitions are more than a topic's znode can hold."};
  const size_t n = brokers.size();
  if (static_cast<size_t>(replication_factor) > n)
    return Error{Errc::invalid_replication_factor,
                 "Replication factor: " + std::to_string(replication_factor) +
                     " larger than available brokers: " + std::to_string(n) + "."};
  Assignment assignment;
  size_t shift = spread.first_shift;
  for (int32_t index = spread.first_partition; index < spread.first_partition + partitions;
       ++index) {
    const auto p = static_cast<size_t>(index);
    if (p > 0 && p % n == 0) ++shift;
    const size_t leader = (p + spread.first_broker) % n;
    auto& replicas = assignment[index];
    replicas.push_back(brokers[leader]);
    for (size_t j = 0; j + 1 < static_cast<size_t>(replication_factor); ++j) {
      const size_t step = 1 + (shift + j) % (n - 1);
      replicas.push_back(brokers[(leader + step) % n]);
    }
  }
  return assignment;
}

}  // namespace samsa::admin
