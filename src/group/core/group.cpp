// States, restoring, what a group tells of itself.

#include "group/core/group.h"

#include <algorithm>

#include "protocol/messages/consumer_protocol_subscription.h"

namespace samsa::group {

std::string_view name_of(State state) {
  switch (state) {
    case State::empty:
      return "Empty";
    case State::preparing_rebalance:
      return "PreparingRebalance";
    case State::completing_rebalance:
      return "CompletingRebalance";
    case State::stable:
      return "Stable";
    case State::dead:
      return "Dead";
  }
  return "";
}

Group::Group(std::string id, Limits limits, Now now)
    : id_(std::move(id)), limits_(limits), state_since_ms_(now.wall_ms) {}

Group Group::restore(std::string id, Limits limits, GroupValue value, Now now, Orders& orders) {
  Group group(std::move(id), limits, now);
  group.state_ = value.members.empty() ? State::empty : State::stable;
  group.state_since_ms_ = value.state_timestamp_ms;
  group.generation_ = value.generation;
  if (!value.protocol_type.empty()) group.protocol_type_ = std::move(value.protocol_type);
  group.protocol_ = std::move(value.protocol);
  for (auto& stored : value.members) {
    Member member{.id = std::move(stored.id),
                  .instance_id = std::move(stored.instance_id),
                  .client_id = std::move(stored.client_id),
                  .client_host = std::move(stored.client_host),
                  .rebalance_timeout_ms = stored.rebalance_timeout_ms,
                  .session_timeout_ms = stored.session_timeout_ms,
                  .protocols = {{group.protocol_.value_or(""), std::move(stored.subscription)}},
                  .assignment = std::move(stored.assignment)};
    group.roster_.add(std::move(member));
  }
  if (value.leader && group.roster_.find(*value.leader)) group.roster_.set_leader(value.leader);
  group.topics_ = group.subscribed_topics();
  if (group.roster_.size() > static_cast<size_t>(limits.max_size))
    group.prepare_rebalance("Freshly-loaded group is over capacity (" +
                                std::to_string(limits.max_size) +
                                "). Rebalancing in order to give a chance for consumers to commit "
                                "offsets",
                            now, orders);
  for (auto& [member_id, member] : group.roster_.members()) group.expect_sign_of_life(member, now);
  return group;
}

void Group::transition(State to, Now now) {
  state_ = to;
  state_since_ms_ = now.wall_ms;
}

bool Group::is_fenced(const MemberName& member) const {
  const auto* known = roster_.static_id(member.instance_id);
  return known != nullptr && *known != member.id;
}

GroupValue Group::snapshot() const {
  GroupValue value{.protocol_type = protocol_type_.value_or(""),
                   .generation = generation_,
                   .protocol = protocol_,
                   .leader = roster_.leader(),
                   .state_timestamp_ms = state_since_ms_,
                   .members = {}};
  value.members.reserve(roster_.size());
  for (const auto& [id, member] : roster_.members())
    value.members.push_back({.id = id,
                             .instance_id = member.instance_id,
                             .client_id = member.client_id,
                             .client_host = member.client_host,
                             .rebalance_timeout_ms = member.rebalance_timeout_ms,
                             .session_timeout_ms = member.session_timeout_ms,
                             .subscription = member.metadata(protocol_.value_or("")),
                             .assignment = member.assignment});
  return value;
}

// Version 0 is a prefix of every version, so what a future consumer adds does not matter.
std::optional<std::set<std::string>> Group::subscribed_topics() const {
  if (!is_consumer_group()) return std::nullopt;
  std::set<std::string> topics;
  if (roster_.empty()) return topics;
  if (!protocol_) return std::nullopt;
  for (const auto& [id, member] : roster_.members()) {
    Cursor in{member.metadata(*protocol_)};
    const auto version = in.get<int16_t>();
    if (in.failed() || version < 0) return std::nullopt;
    auto subscription = protocol::ConsumerProtocolSubscription::decode(in.rest(), 0);
    if (!subscription) return std::nullopt;
    topics.insert(subscription->topics.begin(), subscription->topics.end());
  }
  return topics;
}

bool Group::may_be_subscribed(const std::string& topic) const {
  return !topics_ || topics_->contains(topic);
}

Errc Group::check_commit(const MemberName& name, int32_t generation, Now now) {
  if (state_ == State::dead) return Errc::coordinator_not_available;
  if (is_fenced(name)) return Errc::fenced_instance_id;
  // A consumer that only keeps its offsets here.
  if (generation < 0 && state_ == State::empty) return Errc::none;
  Member* member = roster_.find(name.id);
  if (member == nullptr) return Errc::unknown_member_id;
  if (generation != generation_) return Errc::illegal_generation;
  // It knows the generation, but the assignment is yet to come: nothing of it can be consumed.
  if (state_ == State::completing_rebalance) return Errc::rebalance_in_progress;
  expect_sign_of_life(*member, now);
  return Errc::none;
}

std::vector<TopicPartition> Group::expire_offsets(int64_t now_ms, int64_t retention_ms) {
  using Since = std::optional<int64_t>;
  if (protocol_type_ && state_ == State::empty)
    return offsets_.expire(now_ms, retention_ms,
                           [this](const TopicPartition&, const OffsetAndMetadata& value) -> Since {
                             return state_since_ms_.value_or(value.commit_timestamp_ms);
                           });
  if (protocol_type_ && !(is_consumer_group() && topics_ && state_ == State::stable)) return {};
  return offsets_.expire(now_ms, retention_ms,
                         [this](const TopicPartition& tp, const OffsetAndMetadata& value) {
                           const bool is_read = protocol_type_ && topics_->contains(tp.topic);
                           return is_read ? Since{} : Since{value.commit_timestamp_ms};
                         });
}

bool Group::is_useless() const {
  return state_ == State::empty && offsets_.empty() && roster_.pending().empty();
}

void Group::die(Orders& orders) {
  state_ = State::dead;
  for (auto& [id, member] : roster_.members()) {
    answer_join(member, {.error = Errc::not_coordinator, .member_id = id}, orders);
    answer_sync(member, {.error = Errc::not_coordinator}, orders);
  }
  join_phase_.reset();
  sync_deadline_.reset();
  pending_sync_.clear();
  roster_.pending().clear();
  alarms_ = {};
}

}  // namespace samsa::group
