#pragma once
// Who leads: pure functions of the assignment, the in-sync replicas and which are online (Kafka's
// leader election algorithms). Each gives the leadership to write, or nothing when there is nobody
// to lead or nothing to change.

#include <optional>

#include "controller/core/context.h"

namespace samsa::controller {

// A new partition: the first replica that is online leads, all that are online are in sync.
std::optional<Leadership> elect_first(const Context& context, const TopicPartition& tp,
                                      const Replicas& replicas);

// The leader is gone, or there never was one: the first replica in sync that may lead. With
// `unclean_allowed` any replica that may, alone in the ISR. When nobody may lead the partition is
// left with leader -1.
Leadership elect_offline(const Context& context, const TopicPartition& tp, const Replicas& replicas,
                         const Leadership& now, bool unclean_allowed);

// The first of the assignment leads again, when it is online and in sync.
std::optional<Leadership> elect_preferred(const Context& context, const TopicPartition& tp,
                                          const Replicas& replicas, const Leadership& now);

// The leader is about to stop: the first other one in sync; the ISR loses the stopping broker.
std::optional<Leadership> elect_for_shutdown(const Context& context, const TopicPartition& tp,
                                             const Replicas& replicas, const Leadership& now);

// A replica has gone: the leadership without it in the ISR. The last of an ISR stays in it, as it
// alone has all records.
Leadership without_replica(const Context& context, const Leadership& now, BrokerId gone);

}  // namespace samsa::controller
