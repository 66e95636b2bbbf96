// JoinGroup: the way into a group and into its next generation.

#include "group/core/group.h"

namespace samsa::group {
namespace {

// A new member can't send heartbeats before it knows its id, and its connection is not read while
// it waits; so one that has gone is given up after this.
constexpr int32_t k_new_member_timeout_ms = 5 * 60 * 1000;

JoinResult refusal(std::string member_id, Errc error) {
  return {.error = error, .member_id = std::move(member_id)};
}

std::string shown(const std::optional<std::string>& instance_id) {
  return instance_id ? "Some(" + *instance_id + ")" : "None";
}

}  // namespace

bool Group::has_room_for(const std::string& member_id) const {
  const auto max = static_cast<size_t>(limits_.max_size);
  const Member* member = roster_.find(member_id);
  switch (state_) {
    case State::empty:
    case State::dead:
      return true;
    // Those who wait are counted: the group may be larger than a limit that was lowered, and then
    // those who come last must go.
    case State::preparing_rebalance:
      return (member != nullptr && member->awaiting_join) || roster_.awaiting_join() < max;
    case State::completing_rebalance:
    case State::stable:
      return member != nullptr || roster_.size() < max;
  }
  return false;
}

void Group::join(JoinRequest request, Now now, Orders& orders) {
  if (!has_room_for(request.member_id)) {
    roster_.remove(request.member_id);
    roster_.forget_instance(request.instance_id);
    orders.joined.emplace_back(request.ticket, refusal("", Errc::group_max_size_reached));
  } else if (request.member_id.empty()) {
    join_new(request, now, orders);
  } else {
    join_known(request, now, orders);
  }
  if (state_ == State::preparing_rebalance) try_complete_join(now, orders);
}

bool Group::accepts_protocols(const JoinRequest& request) const {
  if (state_ == State::empty) return !request.protocol_type.empty() && !request.protocols.empty();
  return protocol_type_ == request.protocol_type && roster_.all_speak_one_of(request.protocols);
}

void Group::join_new(JoinRequest& request, Now now, Orders& orders) {
  const auto refuse = [&](std::string member_id, Errc error) {
    orders.joined.emplace_back(request.ticket, refusal(std::move(member_id), error));
  };
  if (state_ == State::dead) return refuse("", Errc::coordinator_not_available);
  if (!accepts_protocols(request)) return refuse("", Errc::inconsistent_group_protocol);
  const std::string new_id =
      request.instance_id.value_or(request.client_id) + '-' + request.fresh_uuid;
  if (roster_.static_id(request.instance_id)) return replace_static(request, new_id, now, orders);
  if (request.requires_known_id) {
    const SteadyTime until = now.steady + milliseconds(request.session_timeout_ms);
    roster_.pending()[new_id] = until;
    alarms_.push({until, new_id});
    return refuse(new_id, Errc::member_id_required);
  }
  orders.notes.push_back((request.instance_id ? "Static" : "Dynamic") +
                         std::string(" Member with unknown member id joins group ") + id_ + " in " +
                         std::string(name_of(state_)) + " state. Created a new member id " +
                         new_id + " for this member and add to the group.");
  add_and_rebalance(request, new_id, now, orders);
}

void Group::join_known(JoinRequest& request, Now now, Orders& orders) {
  const auto refuse = [&](Errc error) {
    orders.joined.emplace_back(request.ticket, refusal(request.member_id, error));
  };
  if (state_ == State::dead) return refuse(Errc::coordinator_not_available);
  if (!accepts_protocols(request)) return refuse(Errc::inconsistent_group_protocol);
  if (roster_.is_pending(request.member_id)) {
    // Ids are kept for dynamic members only.
    if (request.instance_id) return refuse(Errc::unknown_member_id);
    return add_and_rebalance(request, request.member_id, now, orders);
  }
  if (is_fenced({request.member_id, request.instance_id})) return refuse(Errc::fenced_instance_id);
  Member* member = roster_.find(request.member_id);
  if (member == nullptr || (request.instance_id && !roster_.static_id(request.instance_id)))
    return refuse(Errc::unknown_member_id);
  const bool is_unchanged = member->protocols == request.protocols;
  const std::string during = " during " + std::string(name_of(state_));
  switch (state_) {
    case State::preparing_rebalance:
      return update_and_rebalance(*member, request,
                                  "Member " + member->id + " joining group" + during, now, orders);
    case State::completing_rebalance:
      // It may have missed the answer to its first JoinGroup.
      if (is_unchanged) {
        orders.joined.emplace_back(request.ticket, generation_for(*member));
        return;
      }
      break;
    case State::stable:
      // What the leader assigns may change though its own metadata does not: a topic has grown.
      if (roster_.is_leader(member->id))
        return update_and_rebalance(
            *member, request, "leader " + member->id + " re-joining group" + during, now, orders);
      if (is_unchanged) {
        JoinResult result = generation_for(*member);
        result.members.clear();
        orders.joined.emplace_back(request.ticket, std::move(result));
        return;
      }
      break;
    case State::empty:
    case State::dead:
      return refuse(Errc::unknown_member_id);
  }
  update_and_rebalance(*member, request, "Updating metadata for member " + member->id + during, now,
                       orders);
}

void Group::add_and_rebalance(JoinRequest& request, std::string member_id, Now now,
                              Orders& orders) {
  // The initial delay goes on while members come.
  if (state_ == State::preparing_rebalance && generation_ == 0) member_added_ = true;
  if (roster_.empty()) protocol_type_ = request.protocol_type;
  Member& member = roster_.add({.id = member_id,
                                .instance_id = request.instance_id,
                                .client_id = std::move(request.client_id),
                                .client_host = std::move(request.client_host),
                                .rebalance_timeout_ms = request.rebalance_timeout_ms,
                                .session_timeout_ms = request.session_timeout_ms,
                                .protocols = std::move(request.protocols),
                                .assignment = {},
                                .awaiting_join = request.ticket,
                                .is_new = true});
  expect_sign_of_life(member, k_new_member_timeout_ms, now);
  if (!member.is_static()) roster_.pending().erase(member_id);
  maybe_rebalance(
      "Adding new member " + member_id + " with group instance id " + shown(request.instance_id),
      now, orders);
}

void Group::update_and_rebalance(Member& member, JoinRequest& request, std::string reason, Now now,
                                 Orders& orders) {
  // A request that the client has given up may still wait here: its answer would be lost anyway.
  if (member.awaiting_join && *member.awaiting_join != request.ticket)
    answer_join(member, refusal(member.id, Errc::unknown_member_id), orders);
  roster_.set_protocols(member, std::move(request.protocols));
  roster_.await_join(member, request.ticket);
  maybe_rebalance(std::move(reason), now, orders);
}

// KIP-345: a static member that has lost its id, because it was restarted, takes its old place.
void Group::replace_static(JoinRequest& request, const std::string& new_id, Now now,
                           Orders& orders) {
  const std::string old_id = *roster_.static_id(request.instance_id);
  const std::string leader = roster_.leader().value_or("");
  orders.notes.push_back("Static member " + shown(request.instance_id) + " of group " + id_ +
                         " with unknown member id rejoins, assigning new member id " + new_id +
                         ", while old member id " + old_id + " will be removed.");
  // Whoever waits under the old id is a duplicate.
  Member* old = roster_.find(old_id);
  answer_join(*old, refusal(old_id, Errc::fenced_instance_id), orders);
  answer_sync(*old, {.error = Errc::fenced_instance_id}, orders);
  Member& member = roster_.rename(old_id, new_id);
  if (pending_sync_.erase(old_id) > 0) pending_sync_.insert(new_id);
  expect_sign_of_life(member, now);
  std::vector<Protocol> old_protocols = member.protocols;
  roster_.set_protocols(member, std::move(request.protocols));
  roster_.await_join(member, request.ticket);
  switch (state_) {
    case State::stable:
      if (protocol_ == roster_.vote())
        return store_replacement(member, request, old_id, std::move(old_protocols), leader, orders);
      return maybe_rebalance("Group's selectedProtocol will change because static member " +
                                 new_id + " with instance id " + shown(request.instance_id) +
                                 " joined with change of protocol",
                             now, orders);
    case State::completing_rebalance:
      // The leader may already be assigning to the old id, which nobody will ask for.
      return prepare_rebalance("Updating metadata for static member " + new_id +
                                   " with instance id " + shown(request.instance_id),
                               now, orders);
    case State::preparing_rebalance:
    case State::empty:
    case State::dead:
      return;
  }
}

void Group::store_replacement(Member& member, JoinRequest& request, std::string old_id,
                              std::vector<Protocol> old_protocols, std::string leader,
                              Orders& orders) {
  orders.notes.push_back(
      "Static member which joins during Stable stage and doesn't affect selectProtocol will not "
      "trigger rebalance.");
  orders.stores.push_back({snapshot(), StoredReplacement{.ticket = request.ticket,
                                                         .instance_id = *request.instance_id,
                                                         .old_id = std::move(old_id),
                                                         .new_id = member.id,
                                                         .old_protocols = std::move(old_protocols),
                                                         .leader = std::move(leader)}});
}

void Group::replacement_stored(const StoredReplacement& why, Errc outcome, Now now,
                               Orders& orders) {
  Member* member = roster_.find(why.new_id);
  // Gone, fenced by yet another one, or waiting for a rebalance that has begun meanwhile.
  if (member == nullptr || member->awaiting_join != why.ticket) return;
  if (outcome != Errc::none) {
    orders.notes.push_back("Failed to persist metadata for group " + id_ + ": " +
                           std::string(default_message(outcome)));
    roster_.set_protocols(*member, why.old_protocols);
    Member& reverted = roster_.rename(why.new_id, why.old_id);
    expect_sign_of_life(reverted, now);
    answer_join(reverted,
                {.error = outcome,
                 .member_id = "",
                 .generation = generation_,
                 .protocol_type = protocol_type_,
                 .protocol = protocol_,
                 .leader = why.leader,
                 .members = {}},
                orders);
    return;
  }
  if (state_ == State::preparing_rebalance) return;  // answered when that has completed
  // The leader before, even if it was this one: were it told that it leads, it would assign, and a
  // stable group would not pass that on.
  answer_join(*member,
              {.error = Errc::none,
               .member_id = why.new_id,
               .generation = generation_,
               .protocol_type = protocol_type_,
               .protocol = protocol_,
               .leader = why.leader,
               .members = {}},
              orders);
}

JoinResult Group::generation_for(const Member& member) const {
  JoinResult result{.error = Errc::none,
                    .member_id = member.id,
                    .generation = generation_,
                    .protocol_type = protocol_type_,
                    .protocol = protocol_,
                    .leader = roster_.leader().value_or(""),
                    .members = {}};
  if (!roster_.is_leader(member.id)) return result;
  result.members.reserve(roster_.size());
  for (const auto& [id, other] : roster_.members())
    result.members.push_back({.id = id,
                              .instance_id = other.instance_id,
                              .metadata = other.metadata(protocol_.value_or(""))});
  return result;
}

void Group::answer_join(Member& member, JoinResult result, Orders& orders) {
  if (!member.awaiting_join) return;
  orders.joined.emplace_back(*member.awaiting_join, std::move(result));
  roster_.await_join(member, std::nullopt);
}

}  // namespace samsa::group
