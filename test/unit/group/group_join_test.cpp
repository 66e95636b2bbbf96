#include "group_fixture.h"

namespace samsa::group {
namespace {

class Join : public GroupTest {};

TEST_F(Join, TheFirstMemberLeadsTheFirstGeneration) {
  const Ticket ticket = join("");
  pass(0ms);
  ASSERT_TRUE(joined(ticket));
  const JoinResult& result = *joined(ticket);
  EXPECT_EQ(result.error, Errc::none);
  EXPECT_EQ(result.generation, 1);
  EXPECT_EQ(result.member_id, "client-uuid1");
  EXPECT_EQ(result.leader, result.member_id);
  EXPECT_EQ(result.protocol, "range");
  EXPECT_EQ(result.protocol_type, "consumer");
  ASSERT_EQ(result.members.size(), 1u);
  EXPECT_EQ(result.members[0].metadata, subscription({"t"}));
  EXPECT_EQ(group_.state(), State::completing_rebalance);
}

TEST_F(Join, ANewDynamicMemberMustComeAgainWithTheIdItIsGiven) {
  auto request = join_request("");
  request.requires_known_id = true;
  const Ticket first = join(std::move(request));
  EXPECT_EQ(join_error(first), Errc::member_id_required);
  EXPECT_EQ(group_.state(), State::empty);
  const Ticket second = join(member_of(first));
  pass(0ms);
  EXPECT_EQ(join_error(second), Errc::none);
  EXPECT_EQ(member_of(second), member_of(first));
}

TEST_F(Join, AnIdThatIsNotUsedWithinTheSessionTimeoutIsForgotten) {
  auto request = join_request("");
  request.requires_known_id = true;
  const Ticket first = join(std::move(request));
  pass(milliseconds{k_session_ms});
  EXPECT_EQ(join_error(join(member_of(first))), Errc::unknown_member_id);
}

TEST_F(Join, ARebalanceWaitsForThoseThatWereGivenAnId) {
  const std::string leader = stable_single();
  auto request = join_request("");
  request.requires_known_id = true;
  const Ticket pending = join(std::move(request));
  const Ticket again = join(leader);
  EXPECT_FALSE(joined(again));
  const Ticket used = join(member_of(pending));
  ASSERT_TRUE(joined(again) && joined(used));
  EXPECT_EQ(joined(again)->members.size(), 2u);
}

TEST_F(Join, ARebalanceGoesOnWhenAnUnusedIdExpires) {
  const std::string leader = stable_single();
  auto request = join_request("");
  request.requires_known_id = true;
  join(std::move(request));
  const Ticket again = join(leader);
  EXPECT_FALSE(joined(again));
  pass(milliseconds{k_session_ms});
  ASSERT_TRUE(joined(again));
  EXPECT_EQ(joined(again)->members.size(), 1u);
}

TEST_F(Join, AnUnknownMemberIdIsRefused) {
  stable_single();
  EXPECT_EQ(join_error(join("nobody")), Errc::unknown_member_id);
}

TEST_F(Join, AnEmptyGroupTakesNoMemberWithoutProtocolsOrType) {
  auto untyped = join_request("");
  untyped.protocol_type = "";
  EXPECT_EQ(join_error(join(std::move(untyped))), Errc::inconsistent_group_protocol);
  auto mute = join_request("");
  mute.protocols.clear();
  EXPECT_EQ(join_error(join(std::move(mute))), Errc::inconsistent_group_protocol);
}

TEST_F(Join, AMemberMustShareTypeAndAProtocolWithAllOthers) {
  stable_single();
  EXPECT_EQ(join_error(join("", {{"roundrobin", ""}})), Errc::inconsistent_group_protocol);
  auto connect = join_request("");
  connect.protocol_type = "connect";
  EXPECT_EQ(join_error(join(std::move(connect))), Errc::inconsistent_group_protocol);
}

TEST_F(Join, AProtocolNamedTwiceCountsOnce) {
  const Ticket twice = join("", {{"range", "x"}, {"range", "y"}});
  pass(0ms);
  EXPECT_EQ(joined(twice)->protocol, "range");
}

TEST_F(Join, MembersVoteForTheProtocolTheyPreferAmongThoseThatAllSpeak) {
  const Ticket first = join("", {{"sticky", "1"}, {"range", "1"}, {"roundrobin", "1"}});
  pass(0ms);
  const std::string leader = member_of(first);
  const Ticket second = join("", {{"roundrobin", "2"}, {"range", "2"}});
  const Ticket third = join("", {{"roundrobin", "3"}, {"range", "3"}});
  const Ticket again = join(leader, {{"sticky", "1"}, {"range", "1"}, {"roundrobin", "1"}});
  ASSERT_TRUE(joined(again) && joined(second) && joined(third));
  EXPECT_EQ(joined(again)->protocol, "roundrobin");
  for (const auto& member : joined(again)->members)
    EXPECT_EQ(member.metadata.size(), 1u) << "the metadata of the chosen protocol";
}

TEST_F(Join, OnlyTheLeaderIsToldOfTheMembers) {
  const std::string leader = stable_single();
  const Ticket second = join("");
  const Ticket again = join(leader);
  EXPECT_EQ(joined(again)->members.size(), 2u);
  EXPECT_TRUE(joined(second)->members.empty());
  EXPECT_EQ(joined(second)->leader, leader);
}

TEST_F(Join, TheLeaderComingAgainForcesARebalance) {
  const auto [leader, other] = stable_pair();
  const Ticket again = join(leader);
  EXPECT_EQ(group_.state(), State::preparing_rebalance);
  EXPECT_FALSE(joined(again));
  EXPECT_EQ(heartbeat(other, 2), Errc::rebalance_in_progress);
}

TEST_F(Join, AnUnchangedFollowerComingAgainIsJustToldTheGeneration) {
  const auto [leader, other] = stable_pair();
  const Ticket again = join(other);
  ASSERT_TRUE(joined(again));
  EXPECT_EQ(joined(again)->generation, 2);
  EXPECT_EQ(joined(again)->leader, leader);
  EXPECT_EQ(group_.state(), State::stable);
}

TEST_F(Join, AFollowerWithNewMetadataForcesARebalance) {
  const auto [leader, other] = stable_pair();
  join(other, {{"range", subscription({"t", "u"})}});
  EXPECT_EQ(group_.state(), State::preparing_rebalance);
}

TEST_F(Join, DuringTheSyncPhaseAnUnchangedMemberGetsTheSameAnswerAgain) {
  const Ticket first = join("");
  pass(0ms);
  const Ticket again = join(member_of(first));
  ASSERT_TRUE(joined(again));
  EXPECT_EQ(joined(again)->generation, 1);
  EXPECT_EQ(joined(again)->members.size(), 1u);
  const Ticket changed = join(member_of(first), {{"range", subscription({"v"})}});
  EXPECT_EQ(joined(changed)->generation, 2);
}

TEST_F(Join, MembersThatDoNotComeWithinTheRebalanceTimeoutAreRemoved) {
  const auto [leader, other] = stable_pair();
  const Ticket second = join(other, {{"range", subscription({"u"})}});
  for (int i = 0; i < 12; ++i) {
    EXPECT_FALSE(joined(second));
    EXPECT_EQ(heartbeat(leader, 2), Errc::rebalance_in_progress);
    pass(5s);
  }
  ASSERT_TRUE(joined(second));
  EXPECT_EQ(joined(second)->leader, other);
  EXPECT_EQ(joined(second)->members.size(), 1u);
  EXPECT_EQ(heartbeat(leader, 2), Errc::unknown_member_id);
}

TEST_F(Join, ANewMemberThatWaitsIsGivenUpAfterFiveMinutes) {
  auto patient = join_request("");
  patient.rebalance_timeout_ms = 30 * 60 * 1000;
  const Ticket first = join(std::move(patient));
  pass(0ms);
  const std::string leader = member_of(first);
  sync(leader, 1, {});
  const Ticket second = join("");
  for (int i = 0; i < 61; ++i) {
    heartbeat(leader, 1);
    pass(5s);
  }
  ASSERT_TRUE(joined(second));
  EXPECT_EQ(join_error(second), Errc::unknown_member_id);
  EXPECT_EQ(member_of(second), "");
}

TEST_F(Join, ARequestThatAnotherOfTheSameMemberReplacesIsAnswered) {
  const auto [leader, other] = stable_pair();
  const Ticket lost = join(leader);
  const Ticket retried = join(leader);
  ASSERT_TRUE(joined(lost));
  EXPECT_EQ(join_error(lost), Errc::unknown_member_id);
  join(other);
  EXPECT_EQ(join_error(retried), Errc::none);
}

TEST_F(Join, ADeadGroupSendsMembersAwayToLookForTheCoordinator) {
  const std::string leader = stable_single();
  Orders orders;
  group_.die(orders);
  EXPECT_EQ(join_error(join("")), Errc::coordinator_not_available);
  EXPECT_EQ(join_error(join(leader)), Errc::coordinator_not_available);
}

TEST_F(Join, WhoWaitsWhenTheGroupMovesAwayIsTold) {
  const auto [leader, other] = stable_pair();
  const Ticket waiting = join(leader);
  Orders orders;
  group_.die(orders);
  take(std::move(orders));
  EXPECT_EQ(join_error(waiting), Errc::not_coordinator);
  EXPECT_FALSE(group_.next_deadline());
}

class InitialDelay : public GroupTest {
 protected:
  InitialDelay() : GroupTest({.initial_rebalance_delay_ms = 3000}) {}
};

TEST_F(InitialDelay, TheFirstGenerationWaitsForIt) {
  const Ticket ticket = join("");
  pass(2999ms);
  EXPECT_FALSE(joined(ticket));
  pass(1ms);
  EXPECT_TRUE(joined(ticket));
}

TEST_F(InitialDelay, ItStartsAnewWhileMembersCome) {
  const Ticket first = join("");
  pass(2s);
  const Ticket second = join("");
  pass(3s);
  EXPECT_FALSE(joined(first));
  pass(1s);
  ASSERT_TRUE(joined(first) && joined(second));
  EXPECT_EQ(joined(first)->generation, 1);
}

TEST_F(InitialDelay, ItNeverExceedsTheRebalanceTimeout) {
  auto request = join_request("");
  request.rebalance_timeout_ms = 7000;
  const Ticket first = join(std::move(request));
  for (int i = 0; i < 6; ++i) {
    pass(1s);
    join("");
  }
  EXPECT_FALSE(joined(first));
  pass(1s);
  ASSERT_TRUE(joined(first));
  EXPECT_EQ(joined(first)->members.size(), 7u);
}

TEST_F(InitialDelay, OnlyTheFirstRebalanceOfAnEmptyGroupHasIt) {
  const Ticket first = join("");
  pass(3s);
  const Ticket second = join("");
  const Ticket again = join(member_of(first));
  EXPECT_TRUE(joined(second) && joined(again));
}

class MaxSize : public GroupTest {
 protected:
  MaxSize() : GroupTest({.initial_rebalance_delay_ms = 0, .max_size = 2}) {}
};

TEST_F(MaxSize, AFullGroupTakesNoFurtherMember) {
  const auto [leader, other] = stable_pair();
  const Ticket third = join("");
  EXPECT_EQ(join_error(third), Errc::group_max_size_reached);
  EXPECT_EQ(member_of(third), "");
  EXPECT_EQ(group_.state(), State::stable);
}

TEST_F(MaxSize, DuringARebalanceThoseWhoWaitAreCounted) {
  const auto [leader, other] = stable_pair();
  join(leader);
  const Ticket newcomer = join("");
  EXPECT_EQ(join_error(join(other)), Errc::group_max_size_reached);
  ASSERT_TRUE(joined(newcomer));
  EXPECT_EQ(join_error(newcomer), Errc::none);
}

}  // namespace
}  // namespace samsa::group
