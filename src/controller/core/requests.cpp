#include "controller/core/requests.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "controller/core/election.h"

namespace samsa::controller {
namespace {

Error with_default_message(Errc code) { return {code, std::string(default_message(code))}; }

Error no_such_partition() {
  return {Errc::unknown_topic_or_partition, "The partition does not exist."};
}

// As Scala prints its collections.
template <class Ids>
std::string print(std::string_view kind, const Ids& ids) {
  std::string text(kind);
  text += '(';
  for (const BrokerId id : ids)
    text += (text.ends_with('(') ? "" : ", ") + std::to_string(id.value());
  return text + ')';
}

Error no_leader_found(Errc code, const TopicPartition& tp, std::string_view strategy) {
  std::ostringstream message;
  message << "Failed to elect leader for partition " << tp << " under strategy " << strategy;
  return {code, message.str()};
}

}  // namespace

Result<std::optional<Leadership>> judge_isr_change(const Context& context, BrokerId from,
                                                   const IsrChange& change) {
  const auto known = context.leaderships.find(change.tp);
  if (known == context.leaderships.end()) return Errc::unknown_topic_or_partition;
  const Leadership& now = known->second;
  if (change.leader_epoch < now.leader_epoch) return Errc::fenced_leader_epoch;
  if (from == now.leader && change.leader_epoch == now.leader_epoch && change.isr == now.isr)
    return std::optional<Leadership>{};
  return std::optional(Leadership{.leader = from,
                                  .leader_epoch = change.leader_epoch,
                                  .isr = change.isr,
                                  .controller_epoch = context.epoch,
                                  .zk_version = change.zk_version});
}

Result<Leadership> judge_election(const Context& context, const TopicPartition& tp,
                                  ElectionType type) {
  const Replicas* replicas = context.replicas(tp);
  const auto known = context.leaderships.find(tp);
  if (replicas == nullptr) return no_such_partition();
  if (context.deleting.contains(tp.topic))
    return Error{Errc::invalid_topic_exception, "The topic is being deleted"};
  const bool has_state = known != context.leaderships.end() && !replicas->empty();
  if (type == ElectionType::preferred) {
    if (has_state && known->second.leader == replicas->front())
      return with_default_message(Errc::election_not_needed);
    if (has_state)
      if (auto next = elect_preferred(context, tp, *replicas, known->second))
        return std::move(*next);
    return no_leader_found(Errc::preferred_leader_not_available, tp,
                           "PreferredReplicaPartitionLeaderElectionStrategy");
  }
  if (has_state && context.is_online(tp, known->second.leader))
    return with_default_message(Errc::election_not_needed);
  if (has_state) {
    auto next = elect_offline(context, tp, *replicas, known->second, true);
    if (next.leader != k_no_broker) return next;
  }
  return no_leader_found(Errc::eligible_leaders_not_available, tp,
                         "OfflinePartitionLeaderElectionStrategy(true)");
}

Error judge_reassignment(const Context& context, const TopicPartition& tp,
                         const std::optional<Replicas>& target) {
  const auto refused = [](std::string why) {
    return Error{Errc::invalid_replica_assignment, std::move(why)};
  };
  if (!target) return with_default_message(Errc::no_reassignment_in_progress);
  if (target->empty()) return refused("Empty replica list specified in partition reassignment.");
  if (std::set(target->begin(), target->end()).size() != target->size())
    return refused("Duplicate replica ids in partition reassignment replica list: " +
                   print("ArrayBuffer", *target));
  if (std::ranges::any_of(*target, [](BrokerId id) { return id.value() < 0; }))
    return refused("Invalid broker id in replica list: " + print("ArrayBuffer", *target));
  const Replicas* now = context.replicas(tp);
  Replicas added;
  for (const BrokerId id : *target)
    if (now == nullptr || std::ranges::find(*now, id) == now->end()) added.push_back(id);
  if (!std::ranges::all_of(added, [&](BrokerId id) { return context.is_live(id); })) {
    std::vector<BrokerId> live;
    for (const auto& [id, broker] : context.live) live.push_back(id);
    return refused("Replica assignment has brokers that are not alive. Replica list: " +
                   print("ArrayBuffer", added) +
                   ", live broker list: " + print(live.size() > 4 ? "HashSet" : "Set", live));
  }
  if (now == nullptr || context.deleting.contains(tp.topic)) return no_such_partition();
  if (*target == *now) return Errc::none;
  return Errc::unknown_server_error;
}

}  // namespace samsa::controller
