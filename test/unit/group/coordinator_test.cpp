// The coordinator over a real log: what survives a change of leaders, and what it answers
// meanwhile.

#include "group/coordinator.h"

#include <gtest/gtest.h>

#include <future>

#include "test/temp_folder.h"

namespace samsa::group {
namespace {

using namespace std::chrono_literals;

class CoordinatorTest : public testing::Test {
 protected:
  CoordinatorTest() {
    log::LogConfig compacted;
    compacted.cleanup_delete = false;
    compacted.cleanup_compact = true;
    logs_ =
        std::move(*log::LogDirs::open({.dirs = {folder_.path() / "data"}, .defaults = compacted}));
    settings_ = std::make_shared<replica::TopicSettings>(replica::TopicSettings{.log = compacted});
    partitions_ = std::make_unique<replica::PartitionTable>(
        k_self, *logs_, [this](const std::string&) { return settings_; });
    loop_.start();
    start();
  }
  ~CoordinatorTest() override {
    coordinator_->stop();
    loop_.stop();
  }

  void start() {
    coordinator_ = std::make_unique<Coordinator>(options_, *partitions_, Clock::system(),
                                                 [this](std::function<void()> next) {
                                                   std::scoped_lock hold(catching_up_mutex_);
                                                   if (!is_held_up_) return next();
                                                   catching_up_.push_back(std::move(next));
                                                   came_.notify_all();
                                                 });
    coordinator_->start(1);
  }
  // The controller's order about the one partition, and the coordinator's hearing of it.
  void lead(int32_t epoch) {
    ASSERT_TRUE(partitions_->apply(k_home, {.leader = k_self,
                                            .leader_epoch = LeaderEpoch{epoch},
                                            .isr = {k_self},
                                            .replicas = {k_self}}));
    coordinator_->on_leadership(k_home, true, LeaderEpoch{epoch});
  }
  void follow(int32_t epoch) {
    ASSERT_TRUE(partitions_->apply(k_home, {.leader = k_other,
                                            .leader_epoch = LeaderEpoch{epoch},
                                            .isr = {k_self, k_other},
                                            .replicas = {k_self, k_other}}));
    coordinator_->on_leadership(k_home, false, LeaderEpoch{epoch});
  }
  void lead_and_load(int32_t epoch) {
    lead(epoch);
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (coordinator_->list({}).first == Errc::coordinator_load_in_progress)
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }

  template <class T>
  static runtime::Task<void> fulfil(runtime::Task<T> task, std::promise<T>* promise) {
    promise->set_value(co_await std::move(task));
  }
  template <class T>
  std::future<T> begin(runtime::Task<T> task) {
    auto promise = std::make_shared<std::promise<T>>();
    kept_.push_back(promise);
    runtime::spawn(loop_, "test", gate_, fulfil(std::move(task), promise.get()));
    return promise->get_future();
  }
  Errc commit(const std::string& group, int64_t offset, std::string metadata = "") {
    Commits commits{{k_tp,
                     {.offset = offset,
                      .metadata = std::move(metadata),
                      .commit_timestamp_ms = Clock::system().wall_ms()}}};
    return begin(coordinator_->commit(group, {}, -1, std::move(commits))).get()[0].second;
  }
  std::optional<int64_t> committed(const std::string& group) {
    auto fetched = coordinator_->fetch(group, std::vector{k_tp}, false);
    EXPECT_TRUE(fetched);
    if (!fetched || !(*fetched)[0].value) return std::nullopt;
    return (*fetched)[0].value->offset;
  }
  JoinRequest join_request(std::string id = "") {
    return {.member_id = std::move(id),
            .client_id = "c",
            .client_host = "/h",
            .rebalance_timeout_ms = 60000,
            .session_timeout_ms = 10000,
            .protocol_type = "consumer",
            .protocols = {{"range", ""}}};
  }
  // A stable group of one member: its id.
  std::string stable(const std::string& group) {
    const auto joined = begin(coordinator_->join(group, join_request())).get();
    SyncRequest sync{.member_id = joined.member_id,
                     .generation = joined.generation,
                     .assignments = {{joined.member_id, "mine"}}};
    EXPECT_EQ(begin(coordinator_->sync(group, std::move(sync))).get().assignment, "mine");
    return joined.member_id;
  }

  void await_members(const std::string& group, size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (coordinator_->describe(group).members.size() != count)
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
  // Leads with another replica in sync, which has nothing yet.
  void lead_with_replica(int32_t epoch) {
    ASSERT_TRUE(partitions_->apply(k_home, {.leader = k_self,
                                            .leader_epoch = LeaderEpoch{epoch},
                                            .isr = {k_self, k_other},
                                            .replicas = {k_self, k_other}}));
    coordinator_->on_leadership(k_home, true, LeaderEpoch{epoch});
  }
  // The other replica fetches from the offset on: it has what lies before.
  void replica_has(Offset end) {
    replica::FetchPartition wanted{.tp = k_home, .max_bytes = 1000, .fetch_offset = end};
    ASSERT_TRUE(partitions_->find(k_home.topic, 0)
                    ->read(wanted, {.from_follower = true,
                                    .follower = k_other,
                                    .isolation = log::Isolation::log_end}));
  }
  void await_end(Offset end) {
    const auto log = partitions_->find(k_home.topic, 0)->log();
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (log->log_end_offset() < end) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }

  // Until then clients are not heard.
  void let_catch_up() {
    std::scoped_lock hold(catching_up_mutex_);
    is_held_up_ = false;
    for (const auto& next : catching_up_) next();
    catching_up_.clear();
  }
  void await_timer() {
    std::unique_lock hold(catching_up_mutex_);
    ASSERT_TRUE(came_.wait_for(hold, 20s, [&] { return !catching_up_.empty(); }));
  }

  static constexpr BrokerId k_self{1}, k_other{2};
  const TopicPartition k_home{std::string(k_offsets_topic), 0}, k_tp{"t", 0};
  Options options_{.broker_id = k_self, .limits = {.initial_rebalance_delay_ms = 0}};
  std::mutex catching_up_mutex_;
  std::condition_variable came_;
  bool is_held_up_ = false;
  std::vector<std::function<void()>> catching_up_;
  TempFolder folder_;
  std::unique_ptr<log::LogDirs> logs_;
  std::shared_ptr<replica::TopicSettings> settings_;
  std::unique_ptr<replica::PartitionTable> partitions_;
  runtime::EventLoop loop_{"test"};
  runtime::Gate gate_;
  std::unique_ptr<Coordinator> coordinator_;
  std::vector<std::shared_ptr<void>> kept_;
};

TEST_F(CoordinatorTest, WithoutThePartitionItIsNotTheCoordinator) {
  EXPECT_EQ(commit("g", 1), Errc::not_coordinator);
  EXPECT_EQ(coordinator_->heartbeat("g", {"m", {}}, 1), Errc::not_coordinator);
  EXPECT_EQ(coordinator_->describe("g").error, Errc::not_coordinator);
  EXPECT_EQ(coordinator_->remove("g"), Errc::not_coordinator);
}

TEST_F(CoordinatorTest, MembersThatCouldNotBeHeardKeepTheirPlaces) {
  options_.min_session_timeout_ms = 10;
  start();
  lead_and_load(1);
  is_held_up_ = true;
  auto request = join_request();
  request.session_timeout_ms = 50;
  const auto joined = begin(coordinator_->join("g", std::move(request))).get();
  begin(coordinator_->sync("g", {.member_id = joined.member_id, .generation = joined.generation}))
      .wait();
  await_timer();
  EXPECT_EQ(coordinator_->heartbeat("g", {joined.member_id, {}}, joined.generation), Errc::none);
  let_catch_up();
  EXPECT_EQ(coordinator_->heartbeat("g", {joined.member_id, {}}, joined.generation), Errc::none);
  await_members("g", 0);  // as nothing more is heard
}

TEST_F(CoordinatorTest, AnEmptyGroupIdIsForOffsetsOnly) {
  lead_and_load(1);
  EXPECT_EQ(commit("", 1), Errc::none);
  EXPECT_EQ(committed(""), 1);
  EXPECT_EQ(begin(coordinator_->join("", join_request())).get().error, Errc::invalid_group_id);
  EXPECT_EQ(coordinator_->heartbeat("", {"m", {}}, 1), Errc::invalid_group_id);
}

TEST_F(CoordinatorTest, WhatItHasWrittenItReadsWhenItLeadsAgain) {
  lead_and_load(1);
  const std::string member = stable("g");
  EXPECT_EQ(commit("simple", 7, "note"), Errc::none);
  follow(2);
  EXPECT_EQ(coordinator_->heartbeat("g", {member, {}}, 1), Errc::not_coordinator);
  lead_and_load(3);
  EXPECT_EQ(coordinator_->heartbeat("g", {member, {}}, 1), Errc::none);
  EXPECT_EQ(coordinator_->describe("g").members.at(0).assignment, "mine");
  EXPECT_EQ(committed("simple"), 7);
}

TEST_F(CoordinatorTest, WhoWaitsIsToldThatTheGroupMoved) {
  lead_and_load(1);
  stable("g");
  auto waiting = begin(coordinator_->join("g", join_request()));
  await_members("g", 2);
  follow(2);
  EXPECT_EQ(waiting.get().error, Errc::not_coordinator);
}

// KAFKA-10614
TEST_F(CoordinatorTest, AnOlderOrderDoesNotUndoANewerOne) {
  lead_and_load(5);
  EXPECT_EQ(commit("g", 1), Errc::none);
  coordinator_->on_leadership(k_home, false, LeaderEpoch{4});
  EXPECT_EQ(committed("g"), 1);
}

TEST_F(CoordinatorTest, ANewEpochOfTheSameLeaderKeepsTheGroups) {
  lead_and_load(1);
  const std::string member = stable("g");
  lead(2);
  EXPECT_EQ(coordinator_->heartbeat("g", {member, {}}, 1), Errc::none);
}

TEST_F(CoordinatorTest, ADeletedGroupStaysDeleted) {
  lead_and_load(1);
  EXPECT_EQ(commit("g", 1), Errc::none);
  EXPECT_EQ(coordinator_->remove("g"), Errc::none);
  EXPECT_EQ(coordinator_->remove("g"), Errc::group_id_not_found);
  follow(2);
  lead_and_load(3);
  EXPECT_EQ(coordinator_->remove("g"), Errc::group_id_not_found);
  EXPECT_TRUE(coordinator_->list({}).second.empty());
}

TEST_F(CoordinatorTest, AGroupWithMembersIsNotDeleted) {
  lead_and_load(1);
  stable("g");
  EXPECT_EQ(coordinator_->remove("g"), Errc::non_empty_group);
}

TEST_F(CoordinatorTest, TooLongANoteIsRefusedAlone) {
  lead_and_load(1);
  const OffsetAndMetadata fits{.offset = 1, .metadata = std::string(4096, 'x')};
  const OffsetAndMetadata too_long{.offset = 2, .metadata = std::string(4097, 'x')};
  Commits commits{{{"t", 0}, too_long}, {{"t", 1}, fits}};
  const auto errors = begin(coordinator_->commit("g", {}, -1, std::move(commits))).get();
  const std::map<TopicPartition, Errc> by_partition(errors.begin(), errors.end());
  EXPECT_EQ(by_partition.at({"t", 0}), Errc::offset_metadata_too_large);
  EXPECT_EQ(by_partition.at({"t", 1}), Errc::none);
  auto fetched = coordinator_->fetch("g", std::nullopt, true);
  ASSERT_EQ(fetched->size(), 1u);
  EXPECT_EQ((*fetched)[0].partition.partition, 1);
}

TEST_F(CoordinatorTest, OffsetsOfDeletedPartitionsGo) {
  lead_and_load(1);
  EXPECT_EQ(commit("g", 1), Errc::none);
  coordinator_->on_partitions_deleted({k_tp});
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (committed("g")) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  follow(2);
  lead_and_load(3);
  EXPECT_EQ(committed("g"), std::nullopt);
}

TEST_F(CoordinatorTest, ACommitThatTooFewReplicasCanTakeIsNotAvailable) {
  settings_->min_insync_replicas = 2;
  lead_and_load(1);
  EXPECT_EQ(commit("g", 1), Errc::coordinator_not_available);
  EXPECT_EQ(committed("g"), std::nullopt);
}

TEST_F(CoordinatorTest, ACommitIsAnsweredAndSeenOnceTheReplicasHaveIt) {
  lead_and_load(1);
  lead_with_replica(2);
  Commits commits{{k_tp, {.offset = 5}}};
  auto waiting = begin(coordinator_->commit("g", {}, -1, std::move(commits)));
  await_end(Offset{1});
  EXPECT_EQ(committed("g"), std::nullopt);
  EXPECT_EQ(coordinator_->fetch("g", std::vector{k_tp}, true)->at(0).error,
            Errc::unstable_offset_commit);
  replica_has(Offset{1});
  EXPECT_EQ(waiting.get()[0].second, Errc::none);
  EXPECT_EQ(committed("g"), 5);
}

TEST_F(CoordinatorTest, AnAssignmentIsHandedOutOnceTheReplicasHaveIt) {
  lead_and_load(1);
  lead_with_replica(2);
  const auto joined = begin(coordinator_->join("g", join_request())).get();
  SyncRequest sync{.member_id = joined.member_id,
                   .generation = joined.generation,
                   .assignments = {{joined.member_id, "mine"}}};
  auto waiting = begin(coordinator_->sync("g", std::move(sync)));
  await_end(Offset{1});
  EXPECT_EQ(coordinator_->describe("g").state, "CompletingRebalance");
  replica_has(Offset{1});
  EXPECT_EQ(waiting.get().assignment, "mine");
}

TEST_F(CoordinatorTest, AnAssignmentThatNoReplicaTakesInTimeMakesAllJoinAgain) {
  coordinator_->stop();
  options_.commit_timeout_ms = 1;
  start();
  lead_and_load(1);
  lead_with_replica(2);
  const auto joined = begin(coordinator_->join("g", join_request())).get();
  SyncRequest sync{.member_id = joined.member_id, .generation = joined.generation};
  EXPECT_EQ(begin(coordinator_->sync("g", std::move(sync))).get().error,
            Errc::rebalance_in_progress);
  EXPECT_EQ(coordinator_->describe("g").state, "PreparingRebalance");
}

TEST_F(CoordinatorTest, AfterItsStopItIsNotAvailable) {
  lead_and_load(1);
  stable("g");
  auto waiting = begin(coordinator_->join("g", join_request()));
  await_members("g", 2);
  coordinator_->stop();
  EXPECT_EQ(waiting.get().error, Errc::not_coordinator);
  EXPECT_EQ(coordinator_->heartbeat("g", {"m", {}}, 1), Errc::coordinator_not_available);
}

TEST(Utf16Length, CountsAsJavaDoes) {
  EXPECT_EQ(utf16_length("abc"), 3);
  EXPECT_EQ(utf16_length("\xc3\xa9"), 1);
  EXPECT_EQ(utf16_length("\xf0\x9f\x98\x80"), 2);
}

}  // namespace
}  // namespace samsa::group
