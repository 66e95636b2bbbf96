#include "admin/partitions.h"

#include <algorithm>
#include <set>

namespace samsa::admin {
namespace {

std::string join(const std::vector<BrokerId>& ids) {
  std::string text;
  for (const BrokerId id : ids) text += (text.empty() ? "" : ", ") + std::to_string(id.value());
  return text;
}

bool contains(const std::vector<BrokerId>& ids, BrokerId id) {
  return std::ranges::find(ids, id) != ids.end();
}

Error bad_assignment(std::string why) { return {Errc::invalid_replica_assignment, std::move(why)}; }

bool is_being_reassigned(const zk::TopicZnode& topic) {
  const auto any = [](const auto& moves) {
    return std::ranges::any_of(moves, [](const auto& entry) { return !entry.second.empty(); });
  };
  return any(topic.adding) || any(topic.removing);
}

Result<Assignment> take_given(const MorePartitions& asked, const zk::TopicZnode& topic,
                              const std::vector<BrokerId>& brokers) {
  std::vector<BrokerId> unknown;
  std::set<BrokerId> looked_at;
  for (const auto& replicas : *asked.assignments)
    for (const BrokerId id : replicas)
      if (looked_at.insert(id).second && !contains(brokers, id)) unknown.push_back(id);
  if (!unknown.empty())
    return bad_assignment("Unknown broker(s) in replica assignment: " + join(unknown) + '.');
  const auto old_count = static_cast<int32_t>(topic.replicas.size());
  const auto given_count = static_cast<int32_t>(asked.assignments->size());
  if (given_count != asked.count - old_count)
    return bad_assignment("Increasing the number of partitions by " +
                          std::to_string(asked.count - old_count) + " but " +
                          std::to_string(given_count) + " assignments provided.");
  Assignment given;
  int32_t index = old_count;
  for (const auto& replicas : *asked.assignments) given[index++] = replicas;
  if (auto good = check_assignment(given, topic.replicas.at(0).size(), brokers); !good)
    return good.error();
  return given;
}

}  // namespace

Result<void> check_assignment(const Assignment& given, size_t replication_factor,
                              const std::vector<BrokerId>& brokers) {
  std::string odd_partitions, odd_factors;
  for (const auto& [index, replicas] : given) {
    const std::string partition = std::to_string(index);
    if (replicas.empty())
      return bad_assignment("Cannot have replication factor of 0 for partition id " + partition +
                            '.');
    if (std::set(replicas.begin(), replicas.end()).size() != replicas.size())
      return bad_assignment("Duplicate brokers not allowed in replica assignment: " +
                            join(replicas) + " for partition id " + partition + '.');
    if (!std::ranges::all_of(replicas, [&](BrokerId id) { return contains(brokers, id); }))
      return Error{Errc::broker_not_available,
                   "Some brokers specified for partition id " + partition +
                       " are not available. Specified brokers: " + join(replicas) +
                       ", available brokers: " + join(brokers) + '.'};
    if (replicas.size() == replication_factor) continue;
    odd_partitions += (odd_partitions.empty() ? "" : ", ") + partition;
    odd_factors += (odd_factors.empty() ? "" : ", ") + std::to_string(replicas.size());
  }
  if (odd_partitions.empty()) return ok();
  return bad_assignment("Inconsistent replication factor between partitions, partition 0 has " +
                        std::to_string(replication_factor) + " while partitions [" +
                        odd_partitions + "] have replication factors [" + odd_factors +
                        "], respectively.");
}

Result<Assignment> plan_more_partitions(const MorePartitions& asked, const zk::TopicZnode& topic,
                                        const std::vector<BrokerId>& brokers) {
  if (is_being_reassigned(topic))
    return Error{Errc::reassignment_in_progress,
                 "A partition reassignment is in progress for the topic '" + asked.topic + "'."};
  const auto old_count = static_cast<int32_t>(topic.replicas.size());
  if (asked.count < old_count)
    return Error{Errc::invalid_partitions, "Topic currently has " + std::to_string(old_count) +
                                               " partitions, which is higher than the requested " +
                                               std::to_string(asked.count) + '.'};
  if (asked.count == old_count)
    return Error{Errc::invalid_partitions,
                 "Topic already has " + std::to_string(old_count) + " partitions."};
  const auto first = topic.replicas.find(0);
  if (first == topic.replicas.end() || first->second.empty())
    return Error{Errc::unknown_server_error, "Unexpected existing replica assignment for topic '" +
                                                 asked.topic + "', partition id 0 is missing."};
  if (asked.assignments) return take_given(asked, topic, brokers);
  const auto from = std::ranges::find_if(
      brokers, [&](BrokerId id) { return id.value() >= first->second.front().value(); });
  const auto start =
      from == brokers.end() ? size_t{0} : static_cast<size_t>(from - brokers.begin());
  return assign_replicas(
      brokers, asked.count - old_count, static_cast<int32_t>(first->second.size()),
      {.first_partition = old_count, .first_broker = start, .first_shift = start});
}

}  // namespace samsa::admin
