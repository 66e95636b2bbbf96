// What a group commits, and for how long that is kept.

#include "group_fixture.h"

namespace samsa::group {
namespace {

const TopicPartition k_t0{"t", 0}, k_t1{"t", 1}, k_u0{"u", 0};

OffsetAndMetadata at(int64_t offset, int64_t commit_ms = 0) {
  return {.offset = offset, .metadata = "", .commit_timestamp_ms = commit_ms};
}

class Commit : public GroupTest {};

TEST_F(Commit, AGroupWithoutMembersTakesThemWithoutGeneration) {
  EXPECT_EQ(group_.check_commit({"", {}}, -1, now_), Errc::none);
  EXPECT_EQ(group_.check_commit({"", {}}, 0, now_), Errc::unknown_member_id);
}

TEST_F(Commit, AGroupWithMembersTakesThemFromMembersOfTheGeneration) {
  const std::string id = stable_single();
  EXPECT_EQ(group_.check_commit({id, {}}, 1, now_), Errc::none);
  EXPECT_EQ(group_.check_commit({id, {}}, 2, now_), Errc::illegal_generation);
  EXPECT_EQ(group_.check_commit({"", {}}, -1, now_), Errc::unknown_member_id);
}

TEST_F(Commit, MembersMayCommitWhileARebalanceBegins) {
  const auto [leader, other] = stable_pair();
  join(leader);
  EXPECT_EQ(group_.check_commit({other, {}}, 2, now_), Errc::none);
}

TEST_F(Commit, ButNotBeforeTheyHaveTheirAssignment) {
  const Ticket ticket = join("");
  pass(0ms);
  EXPECT_EQ(group_.check_commit({member_of(ticket), {}}, 1, now_), Errc::rebalance_in_progress);
}

TEST(OffsetBook, ACommitIsSeenOnceItIsInTheLog) {
  OffsetBook book;
  book.begin({{k_t0, at(5)}});
  EXPECT_EQ(book.find(k_t0), nullptr);
  EXPECT_TRUE(book.is_unsettled(k_t0));
  book.appended({{k_t0, at(5)}}, Offset{10});
  EXPECT_EQ(book.find(k_t0)->offset, 5);
  EXPECT_FALSE(book.is_unsettled(k_t0));
}

TEST(OffsetBook, AFailedCommitLeavesTheFormerOne) {
  OffsetBook book;
  book.begin({{k_t0, at(5)}});
  book.appended({{k_t0, at(5)}}, Offset{10});
  book.begin({{k_t0, at(6)}});
  book.failed({{k_t0, at(6)}});
  EXPECT_EQ(book.find(k_t0)->offset, 5);
  EXPECT_FALSE(book.is_unsettled(k_t0));
}

TEST(OffsetBook, TheLaterOneInTheLogWinsWhateverComesInFirst) {
  OffsetBook book;
  book.begin({{k_t0, at(5)}});
  book.begin({{k_t0, at(6)}});
  book.appended({{k_t0, at(6)}}, Offset{11});
  book.appended({{k_t0, at(5)}}, Offset{10});
  EXPECT_EQ(book.find(k_t0)->offset, 6);
}

TEST(OffsetBook, ACommitOfATransactionCountsOnceThatIsCommitted) {
  const ProducerId producer{7};
  OffsetBook book;
  book.begin(producer, {{k_t0, at(5)}});
  book.appended(producer, {{k_t0, at(5)}}, Offset{10});
  EXPECT_EQ(book.find(k_t0), nullptr);
  EXPECT_TRUE(book.is_unsettled(k_t0));
  book.end_transaction(producer, true);
  EXPECT_EQ(book.find(k_t0)->offset, 5);
}

TEST(OffsetBook, AnAbortedTransactionLeavesNothing) {
  const ProducerId producer{7};
  OffsetBook book;
  book.begin(producer, {{k_t0, at(5)}});
  book.appended(producer, {{k_t0, at(5)}}, Offset{10});
  book.end_transaction(producer, false);
  EXPECT_TRUE(book.empty());
}

TEST(OffsetBook, AnEarlierTransactionsCommitDoesNotReplaceALaterPlainOne) {
  const ProducerId producer{7};
  OffsetBook book;
  book.begin(producer, {{k_t0, at(5)}});
  book.appended(producer, {{k_t0, at(5)}}, Offset{10});
  book.begin({{k_t0, at(9)}});
  book.appended({{k_t0, at(9)}}, Offset{11});
  book.end_transaction(producer, true);
  EXPECT_EQ(book.find(k_t0)->offset, 9);
}

TEST(OffsetBook, WhatIsRemovedWhileACommitIsOnItsWayStaysAway) {
  OffsetBook book;
  book.begin({{k_t0, at(5)}});
  EXPECT_TRUE(book.remove({k_t0}).empty());
  book.appended({{k_t0, at(5)}}, Offset{10});
  EXPECT_EQ(book.find(k_t0), nullptr);
}

class Expiry : public GroupTest {
 protected:
  static constexpr int64_t k_retention_ms = 100'000;
  void commit(const TopicPartition& tp, OffsetAndMetadata value) {
    group_.offsets().begin({{tp, value}});
    group_.offsets().appended({{tp, value}}, Offset{++appended_});
  }
  std::vector<TopicPartition> expire_after(int64_t ms) {
    return group_.expire_offsets(now_.wall_ms + ms, k_retention_ms);
  }
  int64_t appended_ = 0;
};

TEST_F(Expiry, ASimpleConsumersOffsetsAgeFromTheirCommit) {
  commit(k_t0, at(1, now_.wall_ms));
  commit(k_t1, at(1, now_.wall_ms + 50));
  EXPECT_TRUE(expire_after(k_retention_ms - 1).empty());
  EXPECT_EQ(expire_after(k_retention_ms), std::vector{k_t0});
  EXPECT_EQ(group_.offsets().find(k_t0), nullptr);
  EXPECT_FALSE(group_.is_useless());
}

TEST_F(Expiry, AnEmptiedGroupsOffsetsAgeFromWhenItBecameEmpty) {
  const std::string id = stable_single();
  commit(k_t0, at(1, now_.wall_ms));
  pass(5s);
  leave(id);
  EXPECT_TRUE(expire_after(k_retention_ms - 1).empty());
  EXPECT_EQ(expire_after(k_retention_ms), std::vector{k_t0});
  EXPECT_TRUE(group_.is_useless());
}

TEST_F(Expiry, AStableGroupKeepsWhatItReads) {
  stable_single();
  commit(k_t0, at(1, now_.wall_ms));
  commit(k_u0, at(1, now_.wall_ms));
  EXPECT_EQ(expire_after(k_retention_ms), std::vector{k_u0});
}

// KAFKA-13636
TEST_F(Expiry, NothingExpiresWhileAGroupRebalances) {
  const auto [leader, other] = stable_pair();
  commit(k_u0, at(1, now_.wall_ms));
  join(leader);
  EXPECT_TRUE(expire_after(k_retention_ms).empty());
}

TEST_F(Expiry, AGroupOfAnotherTypeKeepsAllWhileItHasMembers) {
  auto request = join_request("");
  request.protocol_type = "connect";
  const Ticket ticket = join(std::move(request));
  pass(0ms);
  sync(member_of(ticket), 1, {});
  commit(k_t0, at(1, now_.wall_ms));
  EXPECT_TRUE(expire_after(k_retention_ms).empty());
}

TEST_F(Expiry, AnExpiryTimeOfItsOwnDecides) {
  auto value = at(1, now_.wall_ms);
  value.expire_timestamp_ms = now_.wall_ms + 10;
  commit(k_t0, value);
  value.expire_timestamp_ms = now_.wall_ms + 2 * k_retention_ms;
  commit(k_t1, value);
  EXPECT_TRUE(expire_after(9).empty());
  EXPECT_EQ(expire_after(10), std::vector{k_t0});
  EXPECT_TRUE(expire_after(k_retention_ms).empty());
}

TEST_F(Expiry, APartitionWithACommitOnItsWayStays) {
  commit(k_t0, at(1, now_.wall_ms));
  group_.offsets().begin({{k_t0, at(2, now_.wall_ms)}});
  EXPECT_TRUE(expire_after(k_retention_ms).empty());
}

TEST_F(Expiry, AGroupIsOfUseWhileAMemberIsExpected) {
  auto request = join_request("");
  request.requires_known_id = true;
  join(std::move(request));
  EXPECT_FALSE(group_.is_useless());
  pass(milliseconds{k_session_ms});
  EXPECT_TRUE(group_.is_useless());
}

}  // namespace
}  // namespace samsa::group
