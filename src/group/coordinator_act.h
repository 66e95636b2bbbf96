#pragma once
// How the coordinator lets a group act. Inside the room only.

#include <glog/logging.h>

#include "group/coordinator.h"

namespace samsa::group {

// What is told once the group's lock is released.
struct Coordinator::Answers {
  std::vector<std::pair<runtime::OneShot<JoinResult>, JoinResult>> joined;
  std::vector<std::pair<runtime::OneShot<SyncResult>, SyncResult>> synced;
  std::vector<std::string> notes;

  void give(BrokerId broker) {
    for (auto& [waiter, result] : joined) waiter.set(std::move(result));
    for (auto& [waiter, result] : synced) waiter.set(std::move(result));
    for (const auto& note : notes) LOG(INFO) << "[GroupCoordinator " << broker << "]: " << note;
  }
};

template <class Event>
void Coordinator::act(const GroupPtr& group, Event event) {
  Answers answers;
  {
    std::scoped_lock hold(group->mutex);
    const Now at = now();
    const auto before = group->core.next_deadline();
    const bool timer_is_due = before && *before <= at.steady;
    Orders orders;
    event(group->core, at, orders);
    carry_out(group, orders, at, answers);
    // A delay of 0 is over at once. What was due before, or is again after that, is left to the
    // timer.
    const auto next = group->core.next_deadline();
    if (!timer_is_due && next && *next <= at.steady) {
      Orders due;
      group->core.on_time(at, due);
      carry_out(group, due, at, answers);
    }
    arm_timer(group, at);
  }
  answers.give(options_.broker_id);
}

}  // namespace samsa::group
