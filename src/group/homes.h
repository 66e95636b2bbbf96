#pragma once
// Which groups live on this broker: one home for each partition of __consumer_offsets, open while
// this broker leads the partition and has read it.
//
// A home's lock is held for a lookup; a group's for one event, with its append to the log. Never
// both, and neither across a wait.

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "group/core/group.h"
#include "runtime/wait.h"

namespace samsa::group {

// A group and who waits for its answers.
struct ActiveGroup {
  ActiveGroup(int32_t home_index, Group group) : home(home_index), core(std::move(group)) {}

  const int32_t home;
  std::mutex mutex;
  // All below with the lock held.
  Group core;
  Ticket last_ticket = 0;
  std::unordered_map<Ticket, runtime::OneShot<JoinResult>> joining;
  std::unordered_map<Ticket, runtime::OneShot<SyncResult>> syncing;
  // Set for the group's next deadline, or for an earlier time.
  std::shared_ptr<runtime::EventLoop::Timer> timer;
  std::optional<SteadyTime> armed_for;
  uint64_t timer_number = 0;
};

using Groups = std::unordered_map<std::string, std::shared_ptr<ActiveGroup>>;

// Every member may be called from any thread.
class Home {
 public:
  // NONE, COORDINATOR_LOAD_IN_PROGRESS or NOT_COORDINATOR.
  Errc status() const;
  // The group, or null; status() otherwise.
  Result<std::shared_ptr<ActiveGroup>> find(const std::string& id) const;
  // The group of that id, perhaps the one given.
  Result<std::shared_ptr<ActiveGroup>> find_or_add(std::shared_ptr<ActiveGroup> fresh);
  void erase(const std::shared_ptr<ActiveGroup>& group);
  std::vector<std::shared_ptr<ActiveGroup>> all() const;

  // The broker leads the partition in this epoch: the number of the load that must follow, or
  // nothing when there is none to do. An older order than the last one changes nothing
  // (KAFKA-10614).
  std::optional<uint64_t> begin_load(LeaderEpoch epoch);
  // Opens with the groups; false when the load is overtaken by another order.
  bool finish_load(uint64_t load, Groups groups);
  bool is_loading(uint64_t load) const;
  // Closes; the groups that lived here. Nothing for an order that is older than the last one; an
  // epoch below 0 is always new.
  std::optional<Groups> close(LeaderEpoch epoch);

 private:
  enum class Phase { closed, loading, open };
  mutable std::shared_mutex mutex_;
  Phase phase_ = Phase::closed;
  LeaderEpoch epoch_ = k_no_leader_epoch;
  uint64_t load_ = 0;
  Groups groups_;
};

}  // namespace samsa::group
