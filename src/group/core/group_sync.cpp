// SyncGroup: the leader's assignment on its way to all members, by way of the log.

#include <algorithm>

#include "group/core/group.h"

namespace samsa::group {

void Group::sync(SyncRequest request, Now now, Orders& orders) {
  const auto refuse = [&](Errc error) {
    orders.synced.emplace_back(request.ticket, SyncResult{.error = error});
  };
  if (state_ == State::dead) return refuse(Errc::coordinator_not_available);
  if (is_fenced({request.member_id, request.instance_id})) return refuse(Errc::fenced_instance_id);
  Member* member = roster_.find(request.member_id);
  if (member == nullptr) return refuse(Errc::unknown_member_id);
  if (request.generation != generation_) return refuse(Errc::illegal_generation);
  if ((request.protocol_type && request.protocol_type != protocol_type_) ||
      (request.protocol && request.protocol != protocol_))
    return refuse(Errc::inconsistent_group_protocol);
  switch (state_) {
    case State::empty:
    case State::dead:
      return refuse(Errc::unknown_member_id);
    case State::preparing_rebalance:
      return refuse(Errc::rebalance_in_progress);
    case State::completing_rebalance:
      answer_sync(*member, {.error = Errc::rebalance_in_progress},
                  orders);  // given up by the client
      member->awaiting_sync = request.ticket;
      pending_sync_.erase(member->id);
      if (roster_.is_leader(member->id)) leader_synced(request, orders);
      break;
    case State::stable:
      pending_sync_.erase(member->id);
      orders.synced.emplace_back(request.ticket, SyncResult{.error = Errc::none,
                                                            .protocol_type = protocol_type_,
                                                            .protocol = protocol_,
                                                            .assignment = member->assignment});
      expect_sign_of_life(*member, now);
      break;
  }
  if (pending_sync_.empty()) sync_deadline_.reset();
}

void Group::leader_synced(SyncRequest& request, Orders& orders) {
  orders.notes.push_back("Assignment received from leader for group " + id_ + " for generation " +
                         std::to_string(generation_));
  GroupValue value = snapshot();
  std::map<std::string_view, BytesView> assigned;
  for (const auto& [id, bytes] : request.assignments) assigned[id] = bytes;
  for (auto& member : value.members) {
    const auto found = assigned.find(member.id);
    member.assignment = found == assigned.end() ? Bytes() : Bytes(found->second);
  }
  orders.stores.push_back(
      {std::move(value), StoredAssignment{.generation = generation_,
                                          .member_id = request.member_id,
                                          .assignments = std::move(request.assignments)}});
}

void Group::stored(const Store& store, Errc outcome, Now now, Orders& orders) {
  if (const auto* assignment = std::get_if<StoredAssignment>(&store.why)) {
    assignment_stored(*assignment, outcome, now, orders);
  } else if (const auto* replacement = std::get_if<StoredReplacement>(&store.why)) {
    replacement_stored(*replacement, outcome, now, orders);
  } else if (outcome != Errc::none) {
    // The former generation comes back if the broker dies before the next rebalance, and times out.
    orders.notes.push_back("Failed to write empty metadata for group " + id_ + ": " +
                           std::string(default_message(outcome)));
  }
}

void Group::assignment_stored(const StoredAssignment& why, Errc outcome, Now now, Orders& orders) {
  // Another rebalance may have begun during the write; then there is nothing to hand out.
  if (state_ != State::completing_rebalance || why.generation != generation_) return;
  for (auto& [id, member] : roster_.members()) member.assignment.clear();
  if (outcome != Errc::none) {
    propagate_assignment(outcome, now, orders);
    maybe_rebalance(
        "error when storing group assignment during SyncGroup (member: " + why.member_id + ")", now,
        orders);
    return;
  }
  for (const auto& [id, bytes] : why.assignments)
    if (Member* member = roster_.find(id)) member->assignment = bytes;
  propagate_assignment(Errc::none, now, orders);
  transition(State::stable, now);
}

void Group::propagate_assignment(Errc error, Now now, Orders& orders) {
  for (auto& [id, member] : roster_.members()) {
    SyncResult result{.error = error, .assignment = member.assignment};
    if (error == Errc::none) {
      result.protocol_type = protocol_type_;
      result.protocol = protocol_;
    }
    // Its deadline may have passed, without effect, while it waited.
    if (answer_sync(member, std::move(result), orders)) expect_sign_of_life(member, now);
  }
}

bool Group::answer_sync(Member& member, SyncResult result, Orders& orders) {
  if (!member.awaiting_sync) return false;
  orders.synced.emplace_back(*member.awaiting_sync, std::move(result));
  member.awaiting_sync.reset();
  return true;
}

void Group::expire_pending_sync(Now now, Orders& orders) {
  sync_deadline_.reset();
  if (pending_sync_.empty()) return;
  const std::set<std::string> silent = std::exchange(pending_sync_, {});
  for (const auto& id : silent) {
    orders.notes.push_back("Group " + id_ + " removed member " + id +
                           " who hasn't sent its sync request");
    roster_.remove(id);
  }
  prepare_rebalance(
      "Removing " + std::to_string(silent.size()) + " members on pending sync request expiration",
      now, orders);
}

}  // namespace samsa::group
