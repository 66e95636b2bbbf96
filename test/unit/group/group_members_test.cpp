// Heartbeats, leaving, static members, restoring.

#include "group_fixture.h"

namespace samsa::group {
namespace {

class Heartbeats : public GroupTest {};

TEST_F(Heartbeats, ASilentMemberIsRemovedAfterItsSessionTimeout) {
  const auto [leader, other] = stable_pair();
  pass(9s);
  EXPECT_EQ(heartbeat(leader, 2), Errc::none);
  pass(999ms);
  EXPECT_EQ(group_.state(), State::stable);
  pass(1ms);
  EXPECT_EQ(group_.state(), State::preparing_rebalance);
  EXPECT_EQ(heartbeat(other, 2), Errc::unknown_member_id);
  EXPECT_EQ(heartbeat(leader, 2), Errc::rebalance_in_progress);
}

TEST_F(Heartbeats, TheLastMembersSilenceEmptiesTheGroupAndWritesThatDown) {
  stable_single();
  pass(milliseconds{k_session_ms});
  EXPECT_EQ(group_.state(), State::empty);
  EXPECT_EQ(group_.generation(), 2);
  ASSERT_EQ(stores_.size(), 2u);
  EXPECT_EQ(stores_[1].generation, 2);
  EXPECT_EQ(stores_[1].protocol, std::nullopt);
  EXPECT_EQ(stores_[1].leader, std::nullopt);
  EXPECT_EQ(stores_[1].protocol_type, "consumer");
  EXPECT_TRUE(stores_[1].members.empty());
}

TEST_F(Heartbeats, AreCheckedForMemberAndGeneration) {
  const std::string id = stable_single();
  EXPECT_EQ(heartbeat("nobody", 1), Errc::unknown_member_id);
  EXPECT_EQ(heartbeat(id, 2), Errc::illegal_generation);
}

TEST_F(Heartbeats, AWaitingMemberNeedsNone) {
  const auto [leader, other] = stable_pair();
  const Ticket waiting = join(leader);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(heartbeat(other, 2), Errc::rebalance_in_progress);
    pass(5s);
  }
  EXPECT_FALSE(joined(waiting));
  join(other);
  EXPECT_EQ(join_error(waiting), Errc::none);
}

TEST_F(Heartbeats, KeepAtMostOneAlarmAMember) {
  const std::string id = stable_single();
  const auto first = group_.next_deadline();
  for (int i = 0; i < 1000; ++i) heartbeat(id, 1);
  EXPECT_EQ(group_.next_deadline(), first);
  pass(5s);
  heartbeat(id, 1);
  pass(5s);
  EXPECT_EQ(group_.state(), State::stable);
  EXPECT_EQ(group_.next_deadline(), now_.steady + 5s);
}

TEST_F(Heartbeats, ACommitIsOneToo) {
  const std::string id = stable_single();
  pass(9s);
  EXPECT_EQ(group_.check_commit({id, {}}, 1, now_), Errc::none);
  pass(9s);
  EXPECT_EQ(group_.state(), State::stable);
}

class Leave : public GroupTest {};

TEST_F(Leave, AMembersGoingRebalancesTheRest) {
  const auto [leader, other] = stable_pair();
  EXPECT_EQ(leave(leader), Errc::none);
  EXPECT_EQ(heartbeat(other, 2), Errc::rebalance_in_progress);
  const Ticket again = join(other);
  EXPECT_EQ(joined(again)->leader, other);
}

TEST_F(Leave, TheLastMembersGoingEmptiesTheGroup) {
  EXPECT_EQ(leave(stable_single()), Errc::none);
  EXPECT_EQ(group_.state(), State::empty);
}

TEST_F(Leave, UnknownMembersAreTold) {
  stable_single();
  EXPECT_EQ(leave("nobody"), Errc::unknown_member_id);
  EXPECT_EQ(leave("", "no-instance"), Errc::unknown_member_id);
}

TEST_F(Leave, AnUnusedIdCanLeave) {
  auto request = join_request("");
  request.requires_known_id = true;
  const Ticket pending = join(std::move(request));
  EXPECT_EQ(leave(member_of(pending)), Errc::none);
  EXPECT_EQ(join_error(join(member_of(pending))), Errc::unknown_member_id);
}

TEST_F(Leave, SeveralMembersLeaveEachWithAnOutcome) {
  const auto [leader, other] = stable_pair();
  Orders orders;
  const auto results = group_.leave({{leader, {}}, {"nobody", {}}, {other, {}}}, now_, orders);
  ASSERT_TRUE(results);
  EXPECT_EQ((*results)[0].error, Errc::none);
  EXPECT_EQ((*results)[1].error, Errc::unknown_member_id);
  EXPECT_EQ((*results)[2].error, Errc::none);
  EXPECT_EQ(group_.state(), State::empty);
}

class StaticMembers : public GroupTest {
 protected:
  // Two static members in a stable group of generation 1; the leader's id and the other's.
  std::pair<std::string, std::string> stable_statics() {
    const Ticket one = join_static("i1");
    pass(0ms);
    const std::string leader = member_of(one);
    const Ticket two = join_static("i2");
    join_static("i1", leader);
    const std::string other = member_of(two);
    sync(other, 2, {}, "i2");
    sync(leader, 2, {{leader, "a"}, {other, "b"}}, "i1");
    EXPECT_EQ(group_.state(), State::stable);
    return {leader, other};
  }
};

TEST_F(StaticMembers, TheirIdsBeginWithTheInstance) {
  const auto [leader, other] = stable_statics();
  EXPECT_TRUE(leader.starts_with("i1-"));
  EXPECT_TRUE(other.starts_with("i2-"));
}

TEST_F(StaticMembers, ARestartWithTheSameMetadataDoesNotRebalance) {
  const auto [leader, other] = stable_statics();
  const size_t stored = stores_.size();
  const Ticket restarted = join_static("i2");
  ASSERT_TRUE(joined(restarted));
  EXPECT_EQ(joined(restarted)->generation, 2);
  EXPECT_EQ(joined(restarted)->leader, leader);
  EXPECT_NE(member_of(restarted), other);
  EXPECT_EQ(group_.state(), State::stable);
  EXPECT_EQ(stores_.size(), stored + 1) << "the new id is written down";
  const Ticket again = sync(member_of(restarted), 2, {}, "i2");
  EXPECT_EQ(synced(again)->assignment, "b");
}

TEST_F(StaticMembers, ARestartedLeaderIsToldTheOldLeadersId) {
  const auto [leader, other] = stable_statics();
  const Ticket restarted = join_static("i1");
  EXPECT_EQ(joined(restarted)->leader, leader);
  EXPECT_EQ(group_.roster().leader(), member_of(restarted));
}

TEST_F(StaticMembers, AFailedWriteOfTheNewIdBringsTheOldOneBack) {
  const auto [leader, other] = stable_statics();
  hold_stores_ = true;
  const Ticket restarted = join_static("i2", "", {{"range", subscription({"x"})}});
  EXPECT_FALSE(joined(restarted));
  finish_store(Errc::coordinator_not_available);
  EXPECT_EQ(join_error(restarted), Errc::coordinator_not_available);
  EXPECT_EQ(heartbeat(other, 2, "i2"), Errc::none);
  EXPECT_EQ(group_.roster().find(other)->metadata("range"), subscription({"t"}));
}

TEST_F(StaticMembers, ARestartThatChangesTheChosenProtocolRebalances) {
  const auto [leader, other] = stable_statics();
  EXPECT_EQ(leave("", "i2"), Errc::none);
  const Ticket alone = join_static("i1", leader, {{"range", "r"}, {"sticky", "s"}});
  sync(leader, joined(alone)->generation, {{leader, "a"}}, "i1");
  const Ticket restarted = join_static("i1", "", {{"sticky", "s"}, {"range", "r"}});
  ASSERT_TRUE(joined(restarted));
  EXPECT_EQ(joined(restarted)->protocol, "sticky");
  EXPECT_EQ(group_.state(), State::completing_rebalance);
}

TEST_F(StaticMembers, TheOldIdIsFencedEverywhere) {
  const auto [leader, other] = stable_statics();
  join_static("i2");
  EXPECT_EQ(heartbeat(other, 2, "i2"), Errc::fenced_instance_id);
  EXPECT_EQ(sync_error(sync(other, 2, {}, "i2")), Errc::fenced_instance_id);
  EXPECT_EQ(join_error(join_static("i2", other)), Errc::fenced_instance_id);
  EXPECT_EQ(leave(other, "i2"), Errc::fenced_instance_id);
  EXPECT_EQ(group_.check_commit({other, "i2"}, 2, now_), Errc::fenced_instance_id);
}

TEST_F(StaticMembers, ADuplicateThatWaitsIsFenced) {
  const auto [leader, other] = stable_statics();
  const Ticket waiting = join_static("i1", leader);
  EXPECT_FALSE(joined(waiting));
  const Ticket duplicate = join_static("i1");
  EXPECT_EQ(join_error(waiting), Errc::fenced_instance_id);
  EXPECT_EQ(member_of(waiting), leader);
  EXPECT_FALSE(joined(duplicate));
  join_static("i2", other);
  EXPECT_EQ(join_error(duplicate), Errc::none);
}

TEST_F(StaticMembers, ARestartDuringTheSyncPhaseRebalances) {
  const Ticket one = join_static("i1");
  pass(0ms);
  const Ticket restarted = join_static("i1");
  EXPECT_EQ(joined(restarted)->generation, joined(one)->generation + 1);
}

TEST_F(StaticMembers, AnAbsentOneKeepsItsPlaceUntilItsSessionIsOver) {
  const auto [leader, other] = stable_statics();
  const Ticket again = join_static("i1", leader);
  for (int i = 0; i < 12; ++i) {
    heartbeat(other, 2, "i2");
    pass(5s);
  }
  ASSERT_TRUE(joined(again));
  EXPECT_EQ(joined(again)->members.size(), 2u) << "it is assigned to although it did not come";
}

TEST_F(StaticMembers, AnotherMemberLeadsWhenTheLeaderDoesNotCome) {
  const auto [leader, other] = stable_statics();
  const Ticket again = join_static("i2", other, {{"range", subscription({"u"})}});
  for (int i = 0; i < 12; ++i) {
    heartbeat(leader, 2, "i1");
    pass(5s);
  }
  ASSERT_TRUE(joined(again));
  EXPECT_EQ(joined(again)->leader, other);
  EXPECT_EQ(joined(again)->members.size(), 2u);
}

TEST_F(StaticMembers, LeaveByInstanceAlone) {
  const auto [leader, other] = stable_statics();
  EXPECT_EQ(leave("", "i2"), Errc::none);
  EXPECT_EQ(heartbeat(leader, 2, "i1"), Errc::rebalance_in_progress);
  EXPECT_EQ(join_error(join_static("i2", other)), Errc::unknown_member_id);
}

class Restored : public GroupTest {
 protected:
  GroupValue value() const {
    return {.protocol_type = "consumer",
            .generation = 5,
            .protocol = "range",
            .leader = "m2",
            .state_timestamp_ms = 123,
            .members = {
                {"m1", {}, "c", "/h", k_rebalance_ms, k_session_ms, subscription({"t"}), "a"},
                {"m2", "i2", "c", "/h", k_rebalance_ms, k_session_ms, subscription({"u"}), "b"}}};
  }
  void restore(Limits limits, GroupValue from) {
    Orders orders;
    group_ = Group::restore("g", limits, std::move(from), now_, orders);
    take(std::move(orders));
  }
};

TEST_F(Restored, MembersGoOnWhereTheyWere) {
  restore({}, value());
  EXPECT_EQ(group_.state(), State::stable);
  EXPECT_EQ(heartbeat("m1", 5), Errc::none);
  EXPECT_EQ(heartbeat("m2", 5, "i2"), Errc::none);
  EXPECT_EQ(heartbeat("m3", 5, "i2"), Errc::fenced_instance_id);
  EXPECT_EQ(synced(sync("m1", 5))->assignment, "a");
  EXPECT_EQ(group_.roster().leader(), "m2");
  EXPECT_TRUE(group_.may_be_subscribed("u"));
  EXPECT_FALSE(group_.may_be_subscribed("v"));
}

TEST_F(Restored, SilentMembersTimeOut) {
  restore({}, value());
  pass(milliseconds{k_session_ms});
  EXPECT_EQ(group_.state(), State::empty);
}

TEST_F(Restored, AGroupWithoutMembersIsEmpty) {
  auto empty = value();
  empty.members.clear();
  empty.leader.reset();
  empty.protocol.reset();
  restore({}, empty);
  EXPECT_EQ(group_.state(), State::empty);
  EXPECT_EQ(group_.generation(), 5);
}

TEST_F(Restored, AGroupOverTheMaximumSizeRebalances) {
  restore({.initial_rebalance_delay_ms = 0, .max_size = 1}, value());
  EXPECT_EQ(group_.state(), State::preparing_rebalance);
}

}  // namespace
}  // namespace samsa::group
