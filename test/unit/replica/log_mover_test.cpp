// Partitions that are served while their logs move to another directory.

#include "replica/log_mover.h"

#include <gmock/gmock.h>

#include <thread>

#include "../log/log_dirs_fixture.h"
#include "replica/align.h"

namespace samsa::replica {
namespace {

using log::LogDirs;

struct LogMoverTest : log::LogDirsTest {
  static constexpr BrokerId k_self{0};
  static inline const TopicPartition k_tp{"t", 0};

  void start(double bytes_per_second = 1e300, int32_t fetch_max_bytes = 1 << 20) {
    logs_ = open_dirs(2);
    partitions_ = std::make_unique<PartitionTable>(k_self, *logs_, [this](const std::string&) {
      auto settings = std::make_shared<TopicSettings>();
      settings->log = config_;
      return settings;
    });
    mover_ =
        std::make_unique<LogMover>(LogMoverOptions{.threads = 2,
                                                   .fetch_max_bytes = fetch_max_bytes,
                                                   .io_max_bytes_per_second = bytes_per_second},
                                   *partitions_, *logs_);
    lead(k_tp, ++epoch_);
  }
  void stop() {
    mover_->stop();
    ASSERT_TRUE(logs_->close());
    mover_.reset();
    partitions_.reset();
    logs_.reset();
  }
  std::shared_ptr<Partition> lead(const TopicPartition& tp, int32_t epoch) {
    auto change = partitions_->apply(tp, {.leader = k_self,
                                          .leader_epoch = LeaderEpoch{epoch},
                                          .isr = {k_self},
                                          .replicas = {k_self},
                                          .is_new = true});
    EXPECT_TRUE(change);
    mover_->resume(tp);
    return change->partition;
  }
  Partition& partition() { return *partitions_->find("t", 0); }
  void produce(int count, const Records& records = {}) {
    for (int i = 0; i < count; ++i) {
      Bytes bytes = batch(records);
      ASSERT_TRUE(partition().append(bytes, false, 1, log::Origin::client));
    }
  }
  std::string home() { return LogDirs::parent_of(*partition().log()); }
  void await_home(int number) {
    log::await(
        "the log has moved", [&] { return home() == dir(number); }, [] {});
  }

  std::unique_ptr<LogDirs> logs_;
  std::unique_ptr<PartitionTable> partitions_;
  std::unique_ptr<LogMover> mover_;
  int32_t epoch_ = 0;
};

TEST_F(LogMoverTest, ALogMovesWithAllItsRecordsAndServesOn) {
  config_.segment_bytes = 1000;
  start();
  produce(100);
  ASSERT_EQ(home(), dir(0));
  EXPECT_EQ(mover_->order(k_tp, dir(1)), Errc::none);
  await_home(1);
  EXPECT_EQ(offsets_in(*partition().log()), up_to(100));
  EXPECT_EQ(partition().log()->high_watermark(), Offset{100});
  produce(1);
  EXPECT_EQ(offsets_in(*partition().log()), up_to(101));
  EXPECT_EQ(mover_->order(k_tp, dir(0)), Errc::none);
  await_home(0);
  EXPECT_EQ(offsets_in(*partition().log()), up_to(101));
}

TEST_F(LogMoverTest, NothingThatWasAcknowledgedMeanwhileIsLost) {
  config_.segment_bytes = 20'000;
  start(1e300, 4000);
  produce(100);
  std::atomic<bool> is_over{false};
  std::atomic<int64_t> acknowledged{100};
  // Not without end: a copy that gets less of the processor than they do would never come near.
  constexpr int64_t k_most = 200'000;
  std::vector<std::thread> writers;
  for (int i = 0; i < 3; ++i)
    writers.emplace_back([&] {
      while (!is_over && acknowledged < k_most) {
        Bytes bytes = batch({});
        if (partition().append(bytes, false, 1, log::Origin::client)) ++acknowledged;
      }
    });
  for (int round = 0; round < 6; ++round) {
    EXPECT_EQ(mover_->order(k_tp, dir(1 - round % 2)), Errc::none);
    await_home(1 - round % 2);
  }
  is_over = true;
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(offsets_in(*partition().log()), up_to(acknowledged));
  EXPECT_GT(acknowledged, 100);
}

TEST_F(LogMoverTest, ProducersGoOnWithTheirSequences) {
  start();
  produce(1, {.producer = 7, .sequence = 0});
  produce(1, {.producer = 7, .sequence = 1});
  ASSERT_EQ(mover_->order(k_tp, dir(1)), Errc::none);
  await_home(1);
  Bytes repeated = batch({.producer = 7, .sequence = 1});
  auto again = partition().append(repeated, false, 1, log::Origin::client);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->info.duplicate);
  produce(1, {.producer = 7, .sequence = 2});
  Bytes gap = batch({.producer = 7, .sequence = 9});
  EXPECT_EQ(partition().append(gap, false, 1, log::Origin::client).error().error.code,
            Errc::out_of_order_sequence_number);
}

TEST_F(LogMoverTest, DeletedRecordsStayDeletedAlsoInTheMiddleOfABatch) {
  start();
  produce(3, {.count = 10});
  ASSERT_TRUE(partition().delete_records(Offset{15}, true));
  ASSERT_EQ(mover_->order(k_tp, dir(1)), Errc::none);
  await_home(1);
  EXPECT_EQ(partition().log()->log_start_offset(), Offset{15});
  EXPECT_EQ(offsets_in(*partition().log()).front(), 15);
  EXPECT_EQ(offsets_in(*partition().log()).size(), 15U);
}

TEST_F(LogMoverTest, ALogWithoutRecordsMovesToo) {
  start();
  produce(2);
  ASSERT_TRUE(partition().delete_records(Offset{2}, true));
  ASSERT_EQ(mover_->order(k_tp, dir(1)), Errc::none);
  await_home(1);
  EXPECT_EQ(partition().log()->log_start_offset(), Offset{2});
  produce(1);
  EXPECT_EQ(offsets_in(*partition().log()), (std::vector<int64_t>{2}));
}

TEST_F(LogMoverTest, AThrottledMoveGoesOnAfterARestartAndWhenTheThrottleIsLifted) {
  start(1, 200);
  produce(100);
  ASSERT_EQ(mover_->order(k_tp, dir(1)), Errc::none);
  log::await(
      "some is copied", [&] { return logs_->future(k_tp)->log_end_offset() > Offset{0}; }, [] {});
  const Offset copied = logs_->future(k_tp)->log_end_offset();
  EXPECT_LT(copied, Offset{50});
  stop();
  start(1, 200);
  ASSERT_EQ(home(), dir(0));
  ASSERT_TRUE(logs_->future(k_tp));
  EXPECT_GE(logs_->future(k_tp)->log_end_offset(), copied);
  mover_->set_io_max_bytes_per_second(1e300);
  await_home(1);
  EXPECT_EQ(offsets_in(*partition().log()), up_to(100));
}

TEST_F(LogMoverTest, NamingTheDirectoryThatItIsInGivesTheMoveUp) {
  start(1, 200);
  produce(100);
  ASSERT_EQ(mover_->order(k_tp, dir(1)), Errc::none);
  ASSERT_TRUE(logs_->future(k_tp));
  EXPECT_EQ(mover_->order(k_tp, dir(0)), Errc::none);
  EXPECT_FALSE(logs_->future(k_tp));
  EXPECT_EQ(home(), dir(0));
  produce(1);
  EXPECT_EQ(offsets_in(*partition().log()), up_to(101));
}

TEST_F(LogMoverTest, APartitionThatIsNotHereYetIsMadeWhereItIsWanted) {
  start();
  EXPECT_EQ(mover_->order({"later", 0}, dir(1)), Errc::replica_not_available);
  EXPECT_EQ(mover_->order({"later", 1}, dir(1)), Errc::replica_not_available);
  for (int32_t index : {0, 1})
    EXPECT_EQ(LogDirs::parent_of(*lead({"later", index}, 1)->log()), dir(1));
}

TEST_F(LogMoverTest, APartitionThatIsRemovedMeanwhileIsGoneForGood) {
  start(1, 200);
  produce(100);
  ASSERT_EQ(mover_->order(k_tp, dir(1)), Errc::none);
  ASSERT_TRUE(partitions_->stop(k_tp, LeaderEpoch{-2}, true));
  EXPECT_TRUE(logs_->all().empty());
  mover_->set_io_max_bytes_per_second(1e300);
  mover_->stop();
  EXPECT_TRUE(logs_->all().empty());
}

// A copy that an earlier life left behind, of records that the log has lost since, must not be
// taken for the beginning of what comes in the same epoch.
TEST_F(LogMoverTest, AStaleCopyIsCutBeforeItsPartitionLeads) {
  start(1, 1 << 20);
  produce(10);
  ASSERT_EQ(mover_->order(k_tp, dir(1)), Errc::none);
  log::await(
      "all is copied", [&] { return logs_->future(k_tp)->log_end_offset() == Offset{10}; }, [] {});
  mover_->stop();
  ASSERT_TRUE(logs_->get(k_tp)->truncate_to(Offset{4}));
  stop();
  epoch_ = 0;
  start(1, 1 << 20);
  EXPECT_EQ(logs_->future(k_tp)->log_end_offset(), Offset{4});
  produce(20, {.value_bytes = 77});
  mover_->set_io_max_bytes_per_second(1e300);
  await_home(1);
  EXPECT_EQ(offsets_in(*partition().log()), up_to(24));
  EXPECT_GT(partition().log()->size_bytes(), 20 * 77);
}

TEST_F(LogMoverTest, ACopyOfALogThatIsGoneIsNotMovedOn) {
  start(1, 1 << 20);
  produce(10);
  ASSERT_EQ(mover_->order(k_tp, dir(1)), Errc::none);
  log::await(
      "all is copied", [&] { return logs_->future(k_tp)->log_end_offset() == Offset{10}; }, [] {});
  stop();
  std::filesystem::remove_all(dir(0) + "/t-0");
  start();
  EXPECT_FALSE(logs_->future(k_tp));
  produce(1);
  EXPECT_EQ(offsets_in(*partition().log()), up_to(1));
}

TEST_F(LogMoverTest, FilesOfManyPartitionsMoveAtOnce) {
  start();
  std::vector<TopicPartition> all;
  for (int32_t i = 0; i < 20; ++i) {
    all.push_back({"many", i});
    auto made = lead(all.back(), 1);
    Bytes bytes = batch({});
    ASSERT_TRUE(made->append(bytes, false, 1, log::Origin::client));
  }
  for (const auto& tp : all) EXPECT_EQ(mover_->order(tp, dir(1)), Errc::none);
  const auto has_moved = [&](const TopicPartition& tp) {
    return LogDirs::parent_of(*partitions_->find(tp.topic, tp.partition)->log()) == dir(1);
  };
  log::await(
      "all have moved", [&] { return std::ranges::all_of(all, has_moved); }, [] {});
  for (const auto& tp : all) EXPECT_EQ(offsets_in(*logs_->get(tp)), up_to(1));
}

struct AlignTest : LogMoverTest {
  // Two logs; `copy` has the first so many records of `log`.
  void make(int64_t records, int64_t copied) {
    logs_ = open_dirs(2);
    log_ = LogDirsTest::make(*logs_, "a");
    copy_ = LogDirsTest::make(*logs_, "b");
    grow(records, 1);
    while (copy_->log_end_offset() < Offset{copied}) copy_one();
  }
  void grow(int64_t count, int32_t epoch) {
    for (int64_t i = 0; i < count; ++i) append(*log_, epoch);
  }
  void copy_one() { copy_some(*log_, *copy_, 1); }
  int64_t aligned_end() {
    EXPECT_TRUE(align(*copy_, *log_));
    return copy_->log_end_offset().value();
  }
  std::shared_ptr<log::Log> log_, copy_;
};

TEST_F(AlignTest, ACopyOfWhatIsThereStaysAsItIs) {
  make(10, 6);
  EXPECT_EQ(aligned_end(), 6);
}

TEST_F(AlignTest, WhatTheLogHasLostTheCopyLosesToo) {
  make(10, 8);
  ASSERT_TRUE(log_->truncate_to(Offset{5}));
  EXPECT_EQ(aligned_end(), 5);
}

TEST_F(AlignTest, WhatOthersHaveTakenThePlaceOfIsCutThoughTheLogIsLongerAgain) {
  make(10, 8);
  ASSERT_TRUE(log_->truncate_to(Offset{5}));
  grow(10, 3);
  EXPECT_EQ(aligned_end(), 5);
}

TEST_F(AlignTest, OfSeveralEpochsTheLastCommonOneCounts) {
  make(4, 4);
  grow(4, 2);
  while (copy_->log_end_offset() < Offset{8}) copy_one();
  ASSERT_TRUE(log_->truncate_to(Offset{4}));
  grow(6, 3);
  EXPECT_EQ(aligned_end(), 4);
}

TEST_F(AlignTest, ACopyWithoutAnyCommonEpochGoesOnWhereTheLogBegins) {
  make(4, 4);
  ASSERT_TRUE(log_->truncate_fully_and_start_at(Offset{2}));
  grow(6, 3);
  EXPECT_EQ(aligned_end(), 2);
}

TEST_F(AlignTest, ACopyThatEndsBeforeTheLogBeginsStartsThere) {
  make(10, 3);
  log_->update_high_watermark(Offset{10});
  ASSERT_TRUE(log_->maybe_increment_log_start_offset(Offset{7}));
  EXPECT_EQ(aligned_end(), 7);
}

}  // namespace
}  // namespace samsa::replica
