// Heartbeats and LeaveGroup.

#include "group/core/group.h"

namespace samsa::group {

Errc Group::heartbeat(const MemberName& name, int32_t generation, Now now) {
  if (state_ == State::dead) return Errc::coordinator_not_available;
  if (is_fenced(name)) return Errc::fenced_instance_id;
  Member* member = roster_.find(name.id);
  if (member == nullptr) return Errc::unknown_member_id;
  if (generation != generation_) return Errc::illegal_generation;
  expect_sign_of_life(*member, now);
  return state_ == State::preparing_rebalance ? Errc::rebalance_in_progress : Errc::none;
}

Result<std::vector<LeaveResult>> Group::leave(const std::vector<MemberName>& leaving, Now now,
                                              Orders& orders) {
  if (state_ == State::dead) return Errc::coordinator_not_available;
  std::vector<LeaveResult> results;
  for (const auto& name : leaving) {
    Errc outcome = Errc::none;
    const auto* static_id = roster_.static_id(name.instance_id);
    const std::string id = static_id ? *static_id : name.id;
    if (!name.id.empty() && is_fenced(name)) {
      outcome = Errc::fenced_instance_id;
    } else if (roster_.is_pending(name.id)) {
      orders.notes.push_back("Pending member " + name.id + " is leaving group " + id_ + ".");
      remove_pending(name.id, now, orders);
    } else if (roster_.find(id) == nullptr) {
      outcome = Errc::unknown_member_id;
    } else {
      orders.notes.push_back("Member " + id + " in group " + id_ +
                             " has left, removing it from the group");
      remove_and_update(id, "removing member " + id + " on LeaveGroup", now, orders);
    }
    results.push_back({name, outcome});
  }
  return results;
}

}  // namespace samsa::group
