#include "controller/core/election.h"

#include <algorithm>

namespace samsa::controller {
namespace {

bool contains(const std::vector<BrokerId>& ids, BrokerId id) {
  return std::ranges::find(ids, id) != ids.end();
}

Leadership next(const Leadership& now, const Context& context, BrokerId leader,
                std::vector<BrokerId> isr) {
  return {.leader = leader,
          .leader_epoch = LeaderEpoch{now.leader_epoch.value() + 1},
          .isr = std::move(isr),
          .controller_epoch = context.epoch,
          .zk_version = now.zk_version};
}

}  // namespace

std::optional<Leadership> elect_first(const Context& context, const TopicPartition& tp,
                                      const Replicas& replicas) {
  std::vector<BrokerId> online;
  for (const BrokerId id : replicas)
    if (context.is_online(tp, id)) online.push_back(id);
  if (online.empty()) return std::nullopt;
  return Leadership{.leader = online.front(),
                    .leader_epoch = LeaderEpoch{0},
                    .isr = online,
                    .controller_epoch = context.epoch};
}

Leadership elect_offline(const Context& context, const TopicPartition& tp, const Replicas& replicas,
                         const Leadership& now, bool unclean_allowed) {
  for (const BrokerId id : replicas) {
    if (!context.may_lead(tp, id) || !contains(now.isr, id)) continue;
    std::vector<BrokerId> isr;
    for (const BrokerId member : now.isr)
      if (context.is_online(tp, member)) isr.push_back(member);
    return next(now, context, id, std::move(isr));
  }
  if (unclean_allowed)
    for (const BrokerId id : replicas)
      if (context.may_lead(tp, id)) return next(now, context, id, {id});
  return next(now, context, k_no_broker, now.isr);
}

std::optional<Leadership> elect_preferred(const Context& context, const TopicPartition& tp,
                                          const Replicas& replicas, const Leadership& now) {
  if (replicas.empty() || replicas.front() == now.leader) return std::nullopt;
  if (!context.may_lead(tp, replicas.front()) || !contains(now.isr, replicas.front()))
    return std::nullopt;
  return next(now, context, replicas.front(), now.isr);
}

std::optional<Leadership> elect_for_shutdown(const Context& context, const TopicPartition& tp,
                                             const Replicas& replicas, const Leadership& now) {
  std::vector<BrokerId> isr;
  for (const BrokerId member : now.isr)
    if (!context.shutting_down.contains(member)) isr.push_back(member);
  for (const BrokerId id : replicas)
    if (context.may_lead(tp, id) && contains(isr, id))
      return next(now, context, id, std::move(isr));
  return std::nullopt;
}

Leadership without_replica(const Context& context, const Leadership& now, BrokerId gone) {
  std::vector<BrokerId> isr = now.isr;
  if (isr.size() > 1) std::erase(isr, gone);
  return next(now, context, now.leader == gone ? k_no_broker : now.leader, std::move(isr));
}

}  // namespace samsa::controller
