#include "group_fixture.h"

namespace samsa::group {
namespace {

class Sync : public GroupTest {};

TEST_F(Sync, MembersWaitForTheLeadersAssignmentAndGetTheirOwn) {
  const std::string leader = stable_single();
  const Ticket second = join("");
  join(leader);
  const std::string other = member_of(second);
  const Ticket early = sync(other, 2);
  EXPECT_FALSE(synced(early));
  const Ticket late = sync(leader, 2, {{leader, "a"}, {other, "b"}});
  ASSERT_TRUE(synced(early) && synced(late));
  EXPECT_EQ(synced(early)->assignment, "b");
  EXPECT_EQ(synced(late)->assignment, "a");
  EXPECT_EQ(synced(late)->protocol, "range");
  EXPECT_EQ(synced(late)->protocol_type, "consumer");
}

TEST_F(Sync, NothingIsHandedOutBeforeItIsStored) {
  hold_stores_ = true;
  const Ticket first = join("");
  pass(0ms);
  const std::string id = member_of(first);
  const Ticket ticket = sync(id, 1, {{id, "x"}});
  EXPECT_FALSE(synced(ticket));
  EXPECT_EQ(group_.state(), State::completing_rebalance);
  finish_store();
  EXPECT_EQ(synced(ticket)->assignment, "x");
  EXPECT_EQ(group_.state(), State::stable);
}

TEST_F(Sync, WhatIsStoredIsTheGenerationWithItsAssignments) {
  const std::string id = stable_single();
  ASSERT_EQ(stores_.size(), 1u);
  const GroupValue& value = stores_[0];
  EXPECT_EQ(value.protocol_type, "consumer");
  EXPECT_EQ(value.generation, 1);
  EXPECT_EQ(value.protocol, "range");
  EXPECT_EQ(value.leader, id);
  EXPECT_EQ(value.state_timestamp_ms, now_.wall_ms);
  ASSERT_EQ(value.members.size(), 1u);
  EXPECT_EQ(value.members[0].assignment, "all");
  EXPECT_EQ(value.members[0].subscription, subscription({"t"}));
  EXPECT_EQ(value.members[0].client_host, "/127.0.0.1");
}

TEST_F(Sync, AFailedWriteMakesAllJoinAgain) {
  hold_stores_ = true;
  const Ticket first = join("");
  pass(0ms);
  const std::string id = member_of(first);
  const Ticket ticket = sync(id, 1, {{id, "x"}});
  finish_store(Errc::not_coordinator);
  EXPECT_EQ(sync_error(ticket), Errc::not_coordinator);
  EXPECT_EQ(synced(ticket)->protocol, std::nullopt);
  EXPECT_EQ(group_.state(), State::preparing_rebalance);
}

TEST_F(Sync, AWriteOfAGenerationThatIsOverHandsNothingOut) {
  hold_stores_ = true;
  const Ticket first = join("");
  pass(0ms);
  const std::string id = member_of(first);
  const Ticket old = sync(id, 1, {{id, "x"}});
  join(id, {{"range", subscription({"new"})}});
  EXPECT_EQ(sync_error(old), Errc::rebalance_in_progress);
  EXPECT_EQ(group_.generation(), 2);
  finish_store();
  EXPECT_EQ(group_.state(), State::completing_rebalance);
}

TEST_F(Sync, MembersThatTheLeaderForgotGetAnEmptyAssignment) {
  const std::string leader = stable_single();
  const Ticket second = join("");
  join(leader);
  const Ticket ticket = sync(member_of(second), 2);
  sync(leader, 2, {{leader, "a"}});
  EXPECT_EQ(sync_error(ticket), Errc::none);
  EXPECT_EQ(synced(ticket)->assignment, "");
}

TEST_F(Sync, InAStableGroupItRepeatsTheAssignment) {
  const std::string id = stable_single();
  const Ticket again = sync(id, 1);
  EXPECT_EQ(synced(again)->assignment, "all");
}

TEST_F(Sync, IsCheckedForMemberGenerationAndProtocol) {
  const std::string id = stable_single();
  EXPECT_EQ(sync_error(sync("nobody", 1)), Errc::unknown_member_id);
  EXPECT_EQ(sync_error(sync(id, 7)), Errc::illegal_generation);
  const auto with = [&](std::string type, std::string protocol) {
    Orders orders;
    SyncRequest request{.ticket = ++last_ticket_, .member_id = id, .generation = 1};
    request.protocol_type = std::move(type);
    request.protocol = std::move(protocol);
    group_.sync(std::move(request), now_, orders);
    return orders.synced.at(0).second.error;
  };
  EXPECT_EQ(with("consumer", "range"), Errc::none);
  EXPECT_EQ(with("connect", "range"), Errc::inconsistent_group_protocol);
  EXPECT_EQ(with("consumer", "sticky"), Errc::inconsistent_group_protocol);
}

TEST_F(Sync, DuringARebalanceTheMemberIsSentBackToJoin) {
  const auto [leader, other] = stable_pair();
  join(leader);
  EXPECT_EQ(sync_error(sync(other, 2)), Errc::rebalance_in_progress);
}

TEST_F(Sync, WhoWaitsIsSentBackWhenANewMemberComes) {
  const auto [leader, other] = stable_pair();
  join(leader);
  join(other);
  const Ticket waiting = sync(other, 3);
  EXPECT_FALSE(synced(waiting));
  join("");
  EXPECT_EQ(sync_error(waiting), Errc::rebalance_in_progress);
}

// KAFKA-12890
TEST_F(Sync, ALeaderThatHeartbeatsButNeverSyncsIsRemoved) {
  const auto [leader, other] = stable_pair();
  join(leader);
  join(other);
  const Ticket waiting = sync(other, 3);
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(heartbeat(leader, 3), Errc::none);
    EXPECT_FALSE(synced(waiting));
    pass(5s);
  }
  EXPECT_EQ(sync_error(waiting), Errc::rebalance_in_progress);
  EXPECT_EQ(heartbeat(leader, 3), Errc::unknown_member_id);
  const Ticket again = join(other);
  ASSERT_TRUE(joined(again));
  EXPECT_EQ(joined(again)->leader, other);
}

TEST_F(Sync, AFollowerThatNeverSyncsIsRemovedFromAStableGroupToo) {
  const auto [leader, other] = stable_pair();
  join(leader);
  join(other);
  sync(leader, 3, {{leader, "a"}, {other, "b"}});
  EXPECT_EQ(group_.state(), State::stable);
  for (int i = 0; i < 12; ++i) {
    heartbeat(leader, 3);
    heartbeat(other, 3);
    pass(5s);
  }
  EXPECT_EQ(heartbeat(other, 3), Errc::unknown_member_id);
  EXPECT_EQ(heartbeat(leader, 3), Errc::rebalance_in_progress);
}

TEST_F(Sync, WhoHasSyncedIsLeftInPeace) {
  const auto [leader, other] = stable_pair();
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(heartbeat(leader, 2), Errc::none);
    EXPECT_EQ(heartbeat(other, 2), Errc::none);
    pass(5s);
  }
  EXPECT_EQ(group_.state(), State::stable);
}

TEST_F(Sync, AMemberThatLeavesWhileItWaitsIsAnswered) {
  const auto [leader, other] = stable_pair();
  join(leader);
  join(other);
  const Ticket waiting = sync(other, 3);
  EXPECT_EQ(leave(other), Errc::none);
  EXPECT_EQ(sync_error(waiting), Errc::unknown_member_id);
}

}  // namespace
}  // namespace samsa::group
