#pragma once
// What brokers and administrators ask of the controller, judged by Kafka 2.7's rules. Pure.

#include <optional>
#include <vector>

#include "base/errc.h"
#include "controller/core/context.h"

namespace samsa::controller {

// One partition of an AlterIsr request.
struct IsrChange {
  TopicPartition tp;
  LeaderEpoch leader_epoch;
  std::vector<BrokerId> isr;
  ZkVersion zk_version;  // of the state that the leader knows
};

// The leadership to write; nothing when it is so already. UNKNOWN_TOPIC_OR_PARTITION,
// FENCED_LEADER_EPOCH.
Result<std::optional<Leadership>> judge_isr_change(const Context& context, BrokerId from,
                                                   const IsrChange& change);

enum class ElectionType : int8_t { preferred = 0, unclean = 1 };

// The leadership to write. ELECTION_NOT_NEEDED, PREFERRED_LEADER_NOT_AVAILABLE,
// ELIGIBLE_LEADERS_NOT_AVAILABLE, UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION.
Result<Leadership> judge_election(const Context& context, const TopicPartition& tp,
                                  ElectionType type);

// Whether replicas may move to the target (none: a reassignment is to be cancelled). NONE only
// where they are there already, as this controller does not move any: UNKNOWN_SERVER_ERROR.
Error judge_reassignment(const Context& context, const TopicPartition& tp,
                         const std::optional<Replicas>& target);

}  // namespace samsa::controller
