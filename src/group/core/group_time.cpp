// Signs of life and deadlines.

#include "group/core/group.h"

namespace samsa::group {

void Group::expect_sign_of_life(Member& member, int32_t within_ms, Now now) {
  const SteadyTime deadline = now.steady + milliseconds(within_ms);
  member.deadline = deadline;
  if (member.alarm && *member.alarm <= deadline) return;
  member.alarm = deadline;
  alarms_.push({deadline, member.id});
}

std::optional<SteadyTime> Group::next_deadline() const {
  std::optional<SteadyTime> next;
  const auto consider = [&next](SteadyTime at) {
    if (!next || at < *next) next = at;
  };
  if (join_phase_) consider(join_phase_->deadline);
  if (sync_deadline_) consider(*sync_deadline_);
  if (!alarms_.empty()) consider(alarms_.top().at);
  return next;
}

void Group::on_time(Now now, Orders& orders) {
  while (!alarms_.empty() && alarms_.top().at <= now.steady) {
    const Alarm alarm = alarms_.top();
    alarms_.pop();
    ring(alarm.member_id, alarm.at, now, orders);
  }
  if (sync_deadline_ && *sync_deadline_ <= now.steady) expire_pending_sync(now, orders);
  if (!join_phase_ || join_phase_->deadline > now.steady) return;
  JoinPhase& phase = *join_phase_;
  if (phase.is_initial && member_added_ && phase.remaining_ms != 0) {
    member_added_ = false;
    const int32_t waited = phase.delay_ms;
    phase.delay_ms = std::min(limits_.initial_rebalance_delay_ms, phase.remaining_ms);
    phase.remaining_ms = std::max(phase.remaining_ms - waited, 0);
    phase.deadline = now.steady + milliseconds(phase.delay_ms);
    return;
  }
  join_phase_.reset();
  complete_join(now, orders);
}

void Group::ring(const std::string& member_id, SteadyTime alarm, Now now, Orders& orders) {
  if (const auto expected = roster_.pending().find(member_id);
      expected != roster_.pending().end() && expected->second <= now.steady) {
    orders.notes.push_back("Pending member " + member_id + " in group " + id_ +
                           " has been removed after session timeout expiration.");
    remove_pending(member_id, now, orders);
    return;
  }
  Member* member = roster_.find(member_id);
  if (member == nullptr || member->alarm != alarm) return;
  member->alarm.reset();
  if (!member->deadline) return;
  if (*member->deadline > now.steady) {
    member->alarm = member->deadline;
    alarms_.push({*member->deadline, member_id});
    return;
  }
  member->deadline.reset();
  // Who waits for a rebalance needs no other sign of life; it gets a deadline with its answer.
  if (!member->is_new && (member->awaiting_join || member->awaiting_sync)) return;
  orders.notes.push_back("Member " + member_id + " in group " + id_ +
                         " has failed, removing it from the group");
  remove_and_update(member_id, "removing member " + member_id + " on heartbeat expiration", now,
                    orders);
}

}  // namespace samsa::group
