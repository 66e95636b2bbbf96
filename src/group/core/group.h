#pragma once
// One consumer group as Kafka 2.7's coordinator keeps it: who is in it, which generation they have
// agreed on, and what they have committed. Pure: events and times go in, answers and orders come
// out. It has no lock; its owner calls one member at a time.
//
// Beyond 2.7.0: members that never sync after the join are removed (KAFKA-12890); offsets of a
// group with members expire only while it is stable (KAFKA-13636).

#include <queue>
#include <set>

#include "group/core/messages.h"
#include "group/core/offset_book.h"
#include "group/core/roster.h"

namespace samsa::group {

enum class State { empty, preparing_rebalance, completing_rebalance, stable, dead };
// As Kafka shows it: "PreparingRebalance".
std::string_view name_of(State state);

struct Limits {
  int32_t initial_rebalance_delay_ms = 3000;
  int32_t max_size = INT32_MAX;
};

class Group {
 public:
  Group(std::string id, Limits limits, Now now);
  // As its last record left it; its members must show a sign of life from now on.
  static Group restore(std::string id, Limits limits, GroupValue value, Now now, Orders& orders);

  const std::string& id() const { return id_; }
  State state() const { return state_; }
  int32_t generation() const { return generation_; }
  const std::optional<std::string>& protocol_type() const { return protocol_type_; }
  const std::optional<std::string>& protocol() const { return protocol_; }
  const Roster& roster() const { return roster_; }
  OffsetBook& offsets() { return offsets_; }
  const OffsetBook& offsets() const { return offsets_; }

  // JoinGroup. The answer comes in some event's orders, perhaps in this one's.
  void join(JoinRequest request, Now now, Orders& orders);
  // SyncGroup; likewise.
  void sync(SyncRequest request, Now now, Orders& orders);
  // How a write that was ordered has ended.
  void stored(const Store& store, Errc outcome, Now now, Orders& orders);
  Errc heartbeat(const MemberName& member, int32_t generation, Now now);
  // COORDINATOR_NOT_AVAILABLE for a dead group, else an outcome for each.
  Result<std::vector<LeaveResult>> leave(const std::vector<MemberName>& leaving, Now now,
                                         Orders& orders);

  // Whether the member may commit; counts as a sign of life.
  Errc check_commit(const MemberName& member, int32_t generation, Now now);
  // Whether the topic may be read by a member, so that its offsets must stay (OffsetDelete). True
  // where that is not known.
  bool may_be_subscribed(const std::string& topic) const;
  bool is_consumer_group() const { return protocol_type_ == "consumer"; }

  // Takes out the offsets that are too old (KIP-211).
  std::vector<TopicPartition> expire_offsets(int64_t now_ms, int64_t retention_ms);
  // A group without members, offsets and expected members is of no more use.
  bool is_useless() const;
  // No event changes a dead group; those who wait are told NOT_COORDINATOR.
  void die(Orders& orders);

  // When on_time() must be called next; nothing while nothing is due.
  std::optional<SteadyTime> next_deadline() const;
  void on_time(Now now, Orders& orders);

 private:
  // Waiting for members to join. The first rebalance of an empty group also waits for the delay
  // and, while members keep coming, for another one.
  struct JoinPhase {
    SteadyTime deadline;
    bool is_initial = false;
    int32_t delay_ms = 0;
    int32_t remaining_ms = 0;
  };
  struct Alarm {
    SteadyTime at;
    std::string member_id;
    bool operator>(const Alarm& other) const { return at > other.at; }
  };

  // group_join.cpp
  bool has_room_for(const std::string& member_id) const;
  void join_new(JoinRequest& request, Now now, Orders& orders);
  void join_known(JoinRequest& request, Now now, Orders& orders);
  bool accepts_protocols(const JoinRequest& request) const;
  void add_and_rebalance(JoinRequest& request, std::string member_id, Now now, Orders& orders);
  void replace_static(JoinRequest& request, const std::string& new_id, Now now, Orders& orders);
  void update_and_rebalance(Member& member, JoinRequest& request, std::string reason, Now now,
                            Orders& orders);
  JoinResult generation_for(const Member& member) const;
  void store_replacement(Member& member, JoinRequest& request, std::string old_id,
                         std::vector<Protocol> old_protocols, std::string leader, Orders& orders);
  void replacement_stored(const StoredReplacement& why, Errc outcome, Now now, Orders& orders);
  void answer_join(Member& member, JoinResult result, Orders& orders);

  // group_rebalance.cpp
  void maybe_rebalance(std::string reason, Now now, Orders& orders);
  void prepare_rebalance(std::string reason, Now now, Orders& orders);
  void try_complete_join(Now now, Orders& orders);
  void complete_join(Now now, Orders& orders);
  void next_generation(Now now);
  void remove_and_update(const std::string& member_id, std::string reason, Now now, Orders& orders);
  void remove_pending(const std::string& member_id, Now now, Orders& orders);

  // group_sync.cpp
  void leader_synced(SyncRequest& request, Orders& orders);
  void assignment_stored(const StoredAssignment& why, Errc outcome, Now now, Orders& orders);
  void propagate_assignment(Errc error, Now now, Orders& orders);
  bool answer_sync(Member& member, SyncResult result, Orders& orders);
  void expire_pending_sync(Now now, Orders& orders);

  // group.cpp
  void transition(State to, Now now);
  bool is_fenced(const MemberName& member) const;
  GroupValue snapshot() const;
  std::optional<std::set<std::string>> subscribed_topics() const;
  void expect_sign_of_life(Member& member, int32_t within_ms, Now now);
  void expect_sign_of_life(Member& member, Now now) {
    expect_sign_of_life(member, member.session_timeout_ms, now);
  }
  void ring(const std::string& member_id, SteadyTime alarm, Now now, Orders& orders);

  std::string id_;
  Limits limits_;
  State state_ = State::empty;
  std::optional<int64_t> state_since_ms_;
  std::optional<std::string> protocol_type_;
  std::optional<std::string> protocol_;
  int32_t generation_ = 0;
  Roster roster_;
  OffsetBook offsets_;
  // Of a consumer group; nothing where it is not known.
  std::optional<std::set<std::string>> topics_;

  std::optional<JoinPhase> join_phase_;
  bool member_added_ = false;  // during the initial delay
  std::set<std::string> pending_sync_;
  std::optional<SteadyTime> sync_deadline_;
  // At most one live alarm a member; a heartbeat only moves the member's deadline, and the alarm
  // follows when it rings.
  std::priority_queue<Alarm, std::vector<Alarm>, std::greater<>> alarms_;
};

}  // namespace samsa::group
