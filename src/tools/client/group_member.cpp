#include "tools/client/group_member.h"

#include <algorithm>

#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/leave_group.h"

namespace samsa::tools::client {

namespace {
constexpr std::string_view k_protocol_type = "consumer";
constexpr std::string_view k_assignor = "range";
// On top of the rebalance time-out, which the coordinator itself may use up.
constexpr milliseconds k_join_grace{5'000};
}  // namespace

GroupMember::GroupMember(Cluster& cluster, GroupOptions options)
    : cluster_(cluster), options_(std::move(options)) {}

void GroupMember::subscribe(std::vector<std::string> topics) {
  std::sort(topics.begin(), topics.end());
  if (topics == topics_) return;
  topics_ = std::move(topics);
  if (state_ == State::stable) state_ = State::revoking;
}

void GroupMember::confirm_revoked() {
  if (state_ == State::revoking) rejoin();
}

void GroupMember::rejoin() {
  state_ = State::unjoined;
  leading_ = false;
  assignment_.reset();
}

std::optional<std::vector<TopicPartition>> GroupMember::take_assignment() {
  if (state_ != State::stable) return std::nullopt;
  return std::exchange(assignment_, std::nullopt);
}

void GroupMember::partitions_may_have_changed(const ClusterImage& image) {
  if (!leading_ || state_ != State::stable) return;
  for (const auto& [topic, count] : led_partitions_) {
    auto found = image.topics.find(topic);
    if (found == image.topics.end() || found->second.error != Errc::none) continue;
    if (static_cast<int32_t>(found->second.partitions.size()) != count) {
      state_ = State::revoking;
    }
  }
}

SteadyTime GroupMember::next_wake() const {
  if (state_ == State::revoking) return SteadyTime{};
  if (state_ == State::stable && !beating_) return next_beat_;
  if (busy_ || beating_) return SteadyTime::max();
  return not_before_;
}

void GroupMember::again_later() { not_before_ = Cluster::now() + cluster_.options().retry_backoff; }

void GroupMember::coordinator_failed(Errc code) {
  if (Cluster::is_coordinator_trouble(code)) coordinator_.reset();
}

Result<void> GroupMember::drive() {
  if (fatal_) return *fatal_;
  const SteadyTime now = Cluster::now();
  if (busy_ || now < not_before_ || state_ == State::revoking) return ok();
  if (!coordinator_) {
    find_coordinator();
  } else if (state_ == State::unjoined) {
    if (!topics_.empty()) join();
  } else if (state_ == State::stable && !beating_) {
    if (now >= session_end_) {
      coordinator_.reset();
    } else if (now >= next_beat_) {
      beat();
    }
  }
  return ok();
}

void GroupMember::find_coordinator() {
  protocol::FindCoordinatorRequest request;
  request.key = options_.group_id;
  request.key_type = 0;
  busy_ = true;
  const int32_t node = cluster_.any_node();
  cluster_.network().send<protocol::FindCoordinatorRequest>(
      node, request,
      [this, node](Result<protocol::FindCoordinatorResponse> answer) {
        busy_ = false;
        if (!answer) {
          cluster_.avoid(node);
          return again_later();
        }
        const Errc code = static_cast<Errc>(answer->error_code);
        if (code == Errc::group_authorization_failed || code == Errc::invalid_group_id) {
          fatal_ = Error{code, "Not authorized to access group: " + options_.group_id};
          return;
        }
        if (code != Errc::none) return again_later();
        cluster_.network().set_node(answer->node_id, {answer->host, answer->port});
        coordinator_ = answer->node_id;
        session_end_ = Cluster::now() + options_.session_timeout;
      },
      Cluster::now() + cluster_.options().request_timeout);
}

void GroupMember::join() {
  protocol::JoinGroupRequest request;
  request.group_id = options_.group_id;
  request.session_timeout_ms = static_cast<int32_t>(options_.session_timeout.count());
  request.rebalance_timeout_ms = static_cast<int32_t>(options_.rebalance_timeout.count());
  request.member_id = member_id_;
  request.group_instance_id = options_.instance_id;
  request.protocol_type = k_protocol_type;
  auto& protocol = request.protocols.emplace_back();
  protocol.name = k_assignor;
  protocol.metadata = encode_subscription(topics_);
  state_ = State::joining;
  busy_ = true;
  cluster_.network().send<protocol::JoinGroupRequest>(
      *coordinator_, request,
      [this](Result<protocol::JoinGroupResponse> answer) { on_joined(answer); },
      Cluster::now() + options_.rebalance_timeout + k_join_grace);
}

void GroupMember::on_joined(const Result<protocol::JoinGroupResponse>& answer) {
  busy_ = false;
  const Errc code = answer ? static_cast<Errc>(answer->error_code) : answer.error().code;
  if (code == Errc::member_id_required) member_id_ = answer->member_id;
  if (code != Errc::none) return on_trouble(code);
  member_id_ = answer->member_id;
  generation_ = answer->generation_id;
  protocol_name_ = answer->protocol_name.value_or("");
  state_ = State::syncing;
  leading_ = answer->leader == answer->member_id;
  if (leading_) return lead(*answer);
  sync({});
}

void GroupMember::lead(const protocol::JoinGroupResponse& joined) {
  std::vector<MemberSubscription> members;
  std::set<std::string> topics;
  for (const auto& member : joined.members) {
    auto subscribed = decode_subscription(member.metadata);
    if (!subscribed) {
      fatal_ = Error{Errc::inconsistent_group_protocol, "a member's subscription is malformed"};
      return;
    }
    topics.insert(subscribed->begin(), subscribed->end());
    members.push_back({member.member_id, member.group_instance_id, std::move(*subscribed)});
  }
  protocol::MetadataRequest request;
  request.topics.emplace();
  for (const std::string& name : topics) request.topics->emplace_back().name = name;
  busy_ = true;
  cluster_.network().send<protocol::MetadataRequest>(
      cluster_.any_node(), request,
      [this, members = std::move(members)](Result<protocol::MetadataResponse> answer) {
        busy_ = false;
        if (!answer) return on_trouble(answer.error().code);
        led_partitions_.clear();
        for (const auto& [name, state] : cluster_.absorb(*answer).topics) {
          led_partitions_[name] = static_cast<int32_t>(state.partitions.size());
        }
        sync(assign_ranges(members, led_partitions_));
      },
      Cluster::now() + cluster_.options().request_timeout);
}

void GroupMember::sync(std::map<std::string, std::vector<TopicPartition>> assignments) {
  protocol::SyncGroupRequest request;
  request.group_id = options_.group_id;
  request.generation_id = generation_;
  request.member_id = member_id_;
  request.group_instance_id = options_.instance_id;
  request.protocol_type = std::string(k_protocol_type);
  request.protocol_name = protocol_name_;
  for (const auto& [member, partitions] : assignments) {
    auto& assignment = request.assignments.emplace_back();
    assignment.member_id = member;
    assignment.assignment = encode_assignment(partitions);
  }
  busy_ = true;
  if (!coordinator_) {
    busy_ = false;
    return rejoin();
  }
  cluster_.network().send<protocol::SyncGroupRequest>(
      *coordinator_, request,
      [this](Result<protocol::SyncGroupResponse> answer) { on_synced(answer); },
      Cluster::now() + options_.rebalance_timeout + k_join_grace);
}

void GroupMember::on_synced(const Result<protocol::SyncGroupResponse>& answer) {
  busy_ = false;
  const Errc code = answer ? static_cast<Errc>(answer->error_code) : answer.error().code;
  if (code != Errc::none) return on_trouble(code);
  auto partitions = decode_assignment(answer->assignment);
  if (!partitions) {
    fatal_ = partitions.error();
    return;
  }
  assignment_ = std::move(*partitions);
  state_ = State::stable;
  next_beat_ = Cluster::now() + options_.heartbeat_interval;
  session_end_ = Cluster::now() + options_.session_timeout;
}

void GroupMember::beat() {
  protocol::HeartbeatRequest request;
  request.group_id = options_.group_id;
  request.generation_id = generation_;
  request.member_id = member_id_;
  request.group_instance_id = options_.instance_id;
  beating_ = true;
  next_beat_ = Cluster::now() + options_.heartbeat_interval;
  cluster_.network().send<protocol::HeartbeatRequest>(
      *coordinator_, request,
      [this](Result<protocol::HeartbeatResponse> answer) {
        on_beat(answer ? static_cast<Errc>(answer->error_code) : answer.error().code);
      },
      Cluster::now() + cluster_.options().request_timeout);
}

void GroupMember::on_beat(Errc code) {
  beating_ = false;
  if (code == Errc::none) {
    session_end_ = Cluster::now() + options_.session_timeout;
    return;
  }
  if (state_ != State::stable) return;
  if (code == Errc::rebalance_in_progress) {
    state_ = State::revoking;
    return;
  }
  if (Cluster::is_coordinator_trouble(code)) {
    coordinator_.reset();
    return again_later();
  }
  on_trouble(code);
}

void GroupMember::on_trouble(Errc code) {
  if (code == Errc::unknown_member_id || code == Errc::illegal_generation) {
    if (code == Errc::unknown_member_id) member_id_.clear();
    generation_ = -1;
    return rejoin();
  }
  if (code == Errc::rebalance_in_progress || code == Errc::member_id_required) return rejoin();
  if (Cluster::is_coordinator_trouble(code)) {
    if (code != Errc::coordinator_load_in_progress) coordinator_.reset();
    again_later();
    return rejoin();
  }
  fatal_ = Error{code, code == Errc::group_authorization_failed
                           ? "Not authorized to access group: " + options_.group_id
                           : std::string(default_message(code))};
}

void GroupMember::leave(SteadyTime deadline) {
  if (member_id_.empty() || generation_ < 0 || !coordinator_ || options_.instance_id) return;
  protocol::LeaveGroupRequest request;
  request.group_id = options_.group_id;
  request.member_id = member_id_;
  request.members.emplace_back().member_id = member_id_;
  auto answered = std::make_shared<bool>(false);
  cluster_.network().send<protocol::LeaveGroupRequest>(
      *coordinator_, request,
      [answered](Result<protocol::LeaveGroupResponse>) { *answered = true; }, deadline);
  while (!*answered && Cluster::now() < deadline) cluster_.network().poll(deadline);
  member_id_.clear();
  generation_ = -1;
}

}  // namespace samsa::tools::client
