#include "admin/racks.h"

#include <algorithm>
#include <set>

namespace samsa::admin {
namespace {

// The followers of one partition. Kafka's walk: every next broker that neither repeats a rack while
// one is still unused, nor repeats a broker.
void add_followers(std::vector<BrokerId>& replicas, const std::vector<BrokerId>& ring,
                   const std::map<BrokerId, std::string>& rack_of, size_t rack_count, size_t leader,
                   size_t shift, size_t replication_factor) {
  const size_t n = ring.size();
  std::set<std::string> racks{rack_of.at(ring[leader])};
  std::set<BrokerId> taken{ring[leader]};
  for (size_t step = 0; replicas.size() < replication_factor; ++step) {
    const BrokerId next = ring[(leader + 1 + (shift * rack_count + step) % (n - 1)) % n];
    const std::string& rack = rack_of.at(next);
    if (racks.contains(rack) && racks.size() < rack_count) continue;
    if (taken.contains(next) && taken.size() < n) continue;
    replicas.push_back(next);
    racks.insert(rack);
    taken.insert(next);
  }
}

}  // namespace

std::vector<BrokerId> alternate_racks(const std::vector<Candidate>& brokers) {
  std::map<std::string, std::vector<BrokerId>> by_rack;
  for (const Candidate& broker : brokers) by_rack[*broker.rack].push_back(broker.id);
  std::vector<BrokerId> ring;
  for (size_t round = 0; ring.size() < brokers.size(); ++round)
    for (auto& [rack, ids] : by_rack)
      if (round < ids.size()) ring.push_back(ids[round]);
  return ring;
}

Result<Assignment> assign_to_racks(const std::vector<Candidate>& brokers, int32_t partitions,
                                   int32_t replication_factor, const Spread& spread) {
  std::vector<BrokerId> ids;
  std::map<BrokerId, std::string> rack_of;
  std::set<std::string> racks;
  for (const auto& [id, rack] : brokers) {
    ids.push_back(id);
    if (!rack) continue;
    rack_of[id] = *rack;
    racks.insert(*rack);
  }
  auto plain = assign_replicas(ids, partitions, replication_factor, spread);
  if (!plain || rack_of.size() < brokers.size()) return plain;
  const auto ring = alternate_racks(brokers);
  Assignment assignment;
  size_t shift = spread.first_shift;
  for (auto& [index, ignored] : *plain) {
    const auto p = static_cast<size_t>(index);
    if (p > 0 && p % ring.size() == 0) ++shift;
    const size_t leader = (p + spread.first_broker) % ring.size();
    auto& replicas = assignment[index];
    replicas.push_back(ring[leader]);
    add_followers(replicas, ring, rack_of, racks.size(), leader, shift,
                  static_cast<size_t>(replication_factor));
  }
  return assignment;
}

}  // namespace samsa::admin
