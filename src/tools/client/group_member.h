#pragma once
// One consumer's membership in a group: joins, leads or follows, keeps its heart beating, leaves.
// Driven by the owner; all requests are sent without waiting.

#include <functional>

#include "protocol/messages/join_group.h"
#include "protocol/messages/sync_group.h"
#include "tools/client/cluster.h"
#include "tools/client/group_protocol.h"

namespace samsa::tools::client {

struct GroupOptions {
  std::string group_id;
  std::optional<std::string> instance_id;
  milliseconds session_timeout{10'000};
  milliseconds rebalance_timeout{300'000};
  milliseconds heartbeat_interval{3'000};
};

// Not synchronised. Outlives what it has sent: destroy the network's connections first, or leave()
// and forget.
class GroupMember {
 public:
  GroupMember(Cluster& cluster, GroupOptions options);

  // Starts a new round where the topics differ from before.
  void subscribe(std::vector<std::string> topics);
  // Sends what is due. Fails for good where the group refuses us.
  Result<void> drive();
  // When drive() has something to do that no answer announces.
  SteadyTime next_wake() const;

  // In a generation, with an assignment.
  bool stable() const { return state_ == State::stable; }
  // The group asks for a new round: commit what is to be committed, then confirm; drive() goes on
  // after that.
  bool revoking() const { return state_ == State::revoking; }
  void confirm_revoked();
  // Once for each new assignment.
  std::optional<std::vector<TopicPartition>> take_assignment();
  // Whoever leads makes a new round when partitions are added.
  void partitions_may_have_changed(const ClusterImage& image);
  // Best effort, waits for the answer until the deadline.
  void leave(SteadyTime deadline);

  std::optional<int32_t> coordinator() const { return coordinator_; }
  void coordinator_failed(Errc code);
  int32_t generation() const { return generation_; }
  const std::string& member_id() const { return member_id_; }
  const GroupOptions& options() const { return options_; }

 private:
  enum class State { unjoined, joining, syncing, stable, revoking };

  void find_coordinator();
  void join();
  void on_joined(const Result<protocol::JoinGroupResponse>& answer);
  void lead(const protocol::JoinGroupResponse& joined);
  void sync(std::map<std::string, std::vector<TopicPartition>> assignments);
  void on_synced(const Result<protocol::SyncGroupResponse>& answer);
  void beat();
  void on_beat(Errc code);
  // Membership errors and what they mean for us.
  void on_trouble(Errc code);
  void again_later();
  void rejoin();

  Cluster& cluster_;
  GroupOptions options_;
  State state_ = State::unjoined;
  std::vector<std::string> topics_;
  std::optional<int32_t> coordinator_;
  std::string member_id_;
  int32_t generation_ = -1;
  std::string protocol_name_;
  bool busy_ = false;     // a request of the current step is under way
  bool beating_ = false;  // a heartbeat is
  bool leading_ = false;
  std::map<std::string, int32_t> led_partitions_;
  SteadyTime not_before_;
  SteadyTime next_beat_;
  SteadyTime session_end_;
  std::optional<std::vector<TopicPartition>> assignment_;
  std::optional<Error> fatal_;
};

}  // namespace samsa::tools::client
