// From the wish to rebalance to the next generation.

#include <algorithm>

#include "group/core/group.h"

namespace samsa::group {

void Group::maybe_rebalance(std::string reason, Now now, Orders& orders) {
  const bool can =
      state_ == State::stable || state_ == State::completing_rebalance || state_ == State::empty;
  if (can) prepare_rebalance(std::move(reason), now, orders);
}

void Group::prepare_rebalance(std::string reason, Now now, Orders& orders) {
  // Those who wait for an assignment must join again.
  if (state_ == State::completing_rebalance) {
    for (auto& [id, member] : roster_.members()) member.assignment.clear();
    propagate_assignment(Errc::rebalance_in_progress, now, orders);
  }
  pending_sync_.clear();
  sync_deadline_.reset();
  const int32_t timeout_ms = roster_.longest_rebalance_timeout_ms();
  JoinPhase phase{.deadline = now.steady + milliseconds(timeout_ms)};
  if (state_ == State::empty) {
    const int32_t delay_ms = limits_.initial_rebalance_delay_ms;
    phase = {.deadline = now.steady + milliseconds(delay_ms),
             .is_initial = true,
             .delay_ms = delay_ms,
             .remaining_ms = std::max(timeout_ms - delay_ms, 0)};
  }
  join_phase_ = phase;
  transition(State::preparing_rebalance, now);
  orders.notes.push_back("Preparing to rebalance group " + id_ + " in state " +
                         std::string(name_of(state_)) + " with old generation " +
                         std::to_string(generation_) + " (reason: " + reason + ")");
  try_complete_join(now, orders);
}

void Group::try_complete_join(Now now, Orders& orders) {
  if (!join_phase_ || join_phase_->is_initial) return;
  if (roster_.awaiting_join() != roster_.size() || !roster_.pending().empty()) return;
  join_phase_.reset();
  complete_join(now, orders);
}

void Group::complete_join(Now now, Orders& orders) {
  std::vector<std::string> missing;
  for (const auto& [id, member] : roster_.members())
    if (!member.awaiting_join && !member.is_static()) missing.push_back(id);
  for (const auto& id : missing) {
    orders.notes.push_back("Group " + id_ + " removed dynamic member " + id + " who hasn't joined");
    roster_.remove(id);
  }
  // A leader that is still missing is a static one.
  if (!roster_.empty() && !roster_.find(*roster_.leader())->awaiting_join) {
    const auto joined = std::ranges::find_if(roster_.members(), [](const auto& entry) {
      return entry.second.awaiting_join.has_value();
    });
    if (joined == roster_.members().end()) {
      orders.notes.push_back("Group " + id_ +
                             " could not complete rebalance because no members rejoined");
      join_phase_ =
          JoinPhase{.deadline = now.steady + milliseconds(roster_.longest_rebalance_timeout_ms())};
      return;
    }
    roster_.set_leader(joined->first);
  }
  next_generation(now);
  if (state_ == State::empty) {
    orders.notes.push_back("Group " + id_ + " with generation " + std::to_string(generation_) +
                           " is now empty");
    orders.stores.push_back({snapshot(), StoredEmpty{}});
    return;
  }
  orders.notes.push_back("Stabilized group " + id_ + " generation " + std::to_string(generation_) +
                         " with " + std::to_string(roster_.size()) + " members");
  for (auto& [id, member] : roster_.members()) {
    answer_join(member, generation_for(member), orders);
    expect_sign_of_life(member, now);
    member.is_new = false;
    pending_sync_.insert(id);
  }
  sync_deadline_ = now.steady + milliseconds(roster_.longest_rebalance_timeout_ms());
}

void Group::next_generation(Now now) {
  ++generation_;
  protocol_.reset();
  if (!roster_.empty()) protocol_ = roster_.vote();
  topics_ = subscribed_topics();
  transition(roster_.empty() ? State::empty : State::completing_rebalance, now);
}

void Group::remove_and_update(const std::string& member_id, std::string reason, Now now,
                              Orders& orders) {
  Member& member = *roster_.find(member_id);
  // It may still be there; it will then come again as a new one.
  answer_join(member, {.error = Errc::unknown_member_id, .member_id = ""}, orders);
  answer_sync(member, {.error = Errc::unknown_member_id}, orders);
  pending_sync_.erase(member_id);
  roster_.remove(member_id);
  if (state_ == State::preparing_rebalance) {
    try_complete_join(now, orders);
  } else {
    maybe_rebalance(std::move(reason), now, orders);
  }
}

void Group::remove_pending(const std::string& member_id, Now now, Orders& orders) {
  roster_.pending().erase(member_id);
  if (state_ == State::preparing_rebalance) try_complete_join(now, orders);
}

}  // namespace samsa::group
