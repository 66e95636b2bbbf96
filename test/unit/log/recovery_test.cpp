// What an opened log knows after a clean stop, after a crash, and over damaged files.

#include <gmock/gmock.h>

#include "log/checkpoint.h"
#include "log_fixture.h"

namespace samsa::log {
namespace {

using record::ControlType;

struct RecoveryTest : LogFixture {
  // Segments of twenty batches or so, with entries in their indexes; times run with the offsets.
  void leave_indexed_segments() {
    config_.segment_bytes = 2000;
    config_.index_interval_bytes = 200;
    auto log = open();
    for (int i = 0; i < 100; ++i) append(*log, {.timestamp_ms = 1000 + i});
    ASSERT_TRUE(log->close());
  }
  // Five segments or more, epochs 1, 4 and 6, each from the offset of its number times ten.
  std::unique_ptr<Log> log_of_three_epochs() {
    config_.segment_bytes = 600;
    auto log = open();
    for (int32_t epoch : {1, 4, 6}) {
      while (log->log_end_offset() < Offset{epoch * 10 + 10}) append(*log, epoch);
    }
    EXPECT_GT(log->segment_count(), 5);
    return log;
  }
  void flip_byte(const fs::path& path, int64_t at) {
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekg(at);
    const char old = static_cast<char>(file.get());
    file.seekp(at);
    file.put(static_cast<char>(old ^ 0x55));
  }
};

TEST_F(RecoveryTest, EpochsComeBackFromBatchesWhenTheCheckpointIsLost) {
  auto log = log_of_three_epochs();
  const auto one = log->end_offset_for_epoch(LeaderEpoch{1});
  const auto four = log->end_offset_for_epoch(LeaderEpoch{4});
  log.reset();
  fs::remove(dir() / k_leader_epoch_file);
  log = open();
  EXPECT_EQ(log->latest_epoch(), LeaderEpoch{6});
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch{1})->end_offset, one->end_offset);
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch{4})->end_offset, four->end_offset);
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch{6})->end_offset, log->log_end_offset());
}

TEST_F(RecoveryTest, EpochsComeBackFromBatchesWhenTheCheckpointIsOld) {
  auto log = log_of_three_epochs();
  log.reset();
  ASSERT_TRUE(write_epoch_checkpoint(dir() / k_leader_epoch_file, {{LeaderEpoch{1}, Offset{0}}}));
  log = open();
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch{1})->end_offset, Offset{20});
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch{4})->end_offset, Offset{50});
}

TEST_F(RecoveryTest, EpochsPastARecoveredEndAreForgotten) {
  auto log = open();
  append(*log, 1);
  append(*log, 2);
  log.reset();
  fs::resize_file(file(0, ".log"), fs::file_size(file(0, ".log")) - 1);
  log = open();
  EXPECT_EQ(log->log_end_offset(), Offset{1});
  EXPECT_EQ(log->latest_epoch(), LeaderEpoch{1});
}

TEST_F(RecoveryTest, AMalformedEpochCheckpointIsMadeAnewFromBatchesEvenAfterACleanStop) {
  auto log = log_of_three_epochs();
  ASSERT_TRUE(log->close());
  log.reset();
  ASSERT_TRUE(replace_file(dir() / k_leader_epoch_file, "0\n7\n1 0\n"));
  log = open(true);
  EXPECT_EQ(log->latest_epoch(), LeaderEpoch{6});
  EXPECT_EQ(log->end_offset_for_epoch(LeaderEpoch{1})->end_offset, Offset{20});
}

TEST_F(RecoveryTest, ACleanOpenReadsNextToNothingOfTheRecords) {
  auto log = open();
  for (int i = 0; i < 40; ++i) append(*log, {.value_bytes = 200'000});
  ASSERT_TRUE(log->close());
  log.reset();
  const auto cost = ReadCost::of([&] { log = open(true); });
  EXPECT_EQ(log->log_end_offset(), Offset{40});
  EXPECT_LT(cost.bytes, 64 * 1024);
}

TEST_F(RecoveryTest, ACleanOpenOfManySegmentsLooksIntoTheLastAlone) {
  config_.segment_bytes = 600;
  auto log = open();
  for (int i = 0; i < 500; ++i) append(*log);
  const int segments = log->segment_count();
  ASSERT_GT(segments, 50);
  ASSERT_TRUE(log->close());
  log.reset();
  const auto cost = ReadCost::of([&] { log = open(true); });
  EXPECT_LT(cost.calls, 20);
  EXPECT_EQ(log->segment_count(), segments);
  EXPECT_EQ(offsets_in(*log), up_to(500));
}

TEST_F(RecoveryTest, ARecoveryStartsAtTheRecoveryPoint) {
  config_.segment_bytes = 300'000;
  auto log = open();
  for (int i = 0; i < 40; ++i) append(*log, {.value_bytes = 100'000});
  ASSERT_TRUE(log->flush_rolled());
  recovery_point_ = log->recovery_point();
  EXPECT_GE(recovery_point_, Offset{36});
  log.reset();
  const auto cost = ReadCost::of([&] { log = open(); });
  EXPECT_LT(cost.bytes, 500'000);
  EXPECT_EQ(log->log_end_offset(), Offset{40});
}

TEST_F(RecoveryTest, AnAbortedTransactionIsStillKnownAfterACrash) {
  auto log = open();
  append(*log, {.producer = 5, .transactional = true});
  append(*log, {.producer = 6, .transactional = true});
  end_transaction(*log, 5, ControlType::abort);
  end_transaction(*log, 6, ControlType::commit);
  log->update_high_watermark(Offset{4});
  const auto before = log->read(Offset{0}, 1 << 20, Isolation::txn_committed, true);
  ASSERT_EQ(before->aborted.size(), 1u);
  log = crash_and_open(std::move(log));
  log->update_high_watermark(Offset{4});
  const auto after = log->read(Offset{0}, 1 << 20, Isolation::txn_committed, true);
  EXPECT_EQ(after->aborted, before->aborted);
  EXPECT_EQ(after->last_stable_offset, Offset{4});
}

TEST_F(RecoveryTest, AnOpenTransactionHoldsTheStableOffsetAfterACrashAndAfterACleanStop) {
  auto log = open();
  append(*log);
  append(*log, {.producer = 5, .transactional = true});
  append(*log);
  log = crash_and_open(std::move(log));
  log->update_high_watermark(Offset{3});
  EXPECT_EQ(log->last_stable_offset(), Offset{1});
  log = close_and_open(std::move(log));
  log->update_high_watermark(Offset{3});
  EXPECT_EQ(log->last_stable_offset(), Offset{1});
}

TEST_F(RecoveryTest, ARecoveredLogStillRecognisesAProducersRepetition) {
  const int64_t now = clock_.wall_ms();
  auto log = open();
  EXPECT_EQ(append(*log, {.timestamp_ms = now, .producer = 5, .sequence = 0}), Offset{0});
  EXPECT_EQ(append(*log, {.timestamp_ms = now, .producer = 5, .sequence = 1}), Offset{1});
  log = crash_and_open(std::move(log));
  auto again = try_append(*log, batch({.timestamp_ms = now, .producer = 5, .sequence = 1}));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->first_offset, Offset{1});
  EXPECT_EQ(log->log_end_offset(), Offset{2});
}

TEST_F(RecoveryTest, ProducersComeFromTheSnapshotAndWhatFollowsIt) {
  config_.segment_bytes = 1000;
  auto log = open();
  for (int32_t i = 0; i < 100; ++i) append(*log, {.producer = 5, .sequence = i});
  ASSERT_GT(log->segment_count(), 3);
  recovery_point_ = Offset{100};
  log.reset();
  log = open();
  auto next = try_append(*log, batch({.producer = 5, .sequence = 100}));
  EXPECT_TRUE(next);
  EXPECT_EQ(try_append(*log, batch({.producer = 5, .sequence = 102})).error().error.code,
            Errc::out_of_order_sequence_number);
}

TEST_F(RecoveryTest, ADamagedSnapshotIsPassedOverForTheLogItself) {
  config_.segment_bytes = 1000;
  auto log = open();
  for (int32_t i = 0; i < 50; ++i)
    append(*log, {.timestamp_ms = clock_.wall_ms(), .producer = 5, .sequence = i});
  ASSERT_TRUE(log->close());
  log.reset();
  for (const auto& entry : fs::directory_iterator(dir()))
    if (entry.path().extension() == ".snapshot") fs::resize_file(entry.path(), 20);
  log = open(true);
  EXPECT_EQ(log->producer_count(), 1);
  EXPECT_TRUE(try_append(*log, batch({.producer = 5, .sequence = 50})));
}

TEST_F(RecoveryTest, ADamagedSnapshotIsReplacedByTheRecoveryThatComesBy) {
  config_.segment_bytes = 1000;
  auto log = open();
  for (int32_t i = 0; i < 50; ++i)
    append(*log, {.timestamp_ms = clock_.wall_ms(), .producer = 5, .sequence = i});
  ASSERT_GT(log->segment_count(), 3);
  log.reset();
  std::map<fs::path, std::string> kept;
  for (const auto& entry : fs::directory_iterator(dir()))
    if (entry.path().extension() == ".snapshot") kept[entry.path()] = *read_file(entry.path());
  ASSERT_GT(kept.size(), 2u);
  for (const auto& [path, content] : kept) fs::resize_file(path, 20);
  log = open();
  for (const auto& [path, content] : kept) EXPECT_EQ(*read_file(path), content) << path;
}

TEST_F(RecoveryTest, ASnapshotFromWithinARecoveredSegmentIsNotLeftToBelieveLater) {
  auto log = open();
  for (int32_t i = 0; i < 5; ++i)
    append(*log, {.timestamp_ms = clock_.wall_ms(), .producer = 5, .sequence = i});
  log = crash_and_open(std::move(log));
  ASSERT_TRUE(fs::exists(file(5, ".snapshot")));
  append(*log, {.timestamp_ms = clock_.wall_ms(), .producer = 5, .sequence = 5});
  fs::resize_file(file(5, ".snapshot"), 0);  // a renaming that outlived what it renamed
  log = crash_and_open(std::move(log));
  EXPECT_FALSE(fs::exists(file(5, ".snapshot")));
  EXPECT_TRUE(fs::exists(file(6, ".snapshot")));
}

TEST_F(RecoveryTest, LostSnapshotsOfTheLastSegmentsAreTakenAgain) {
  config_.segment_bytes = 1000;
  auto log = open();
  for (int32_t i = 0; i < 50; ++i)
    append(*log, {.timestamp_ms = clock_.wall_ms(), .producer = 5, .sequence = i});
  log.reset();
  std::map<fs::path, std::string> kept;
  for (const auto& entry : fs::directory_iterator(dir()))
    if (entry.path().extension() == ".snapshot") kept[entry.path()] = *read_file(entry.path());
  ASSERT_GT(kept.size(), 2u);
  for (const auto& [path, content] : kept) fs::remove(path);
  recovery_point_ = Offset{50};
  log = open();
  for (auto at = std::prev(kept.end(), 2); at != kept.end(); ++at) {
    ASSERT_TRUE(fs::exists(at->first)) << at->first;
    EXPECT_EQ(*read_file(at->first), at->second) << at->first;
  }
}

TEST_F(RecoveryTest, AProducerThatHasExpiredIsForgottenByARecovery) {
  const int64_t then = clock_.wall_ms();
  auto log = open();
  append(*log, {.timestamp_ms = then, .producer = 5});
  append(*log, {.timestamp_ms = then + 1, .producer = 6});
  clock_.advance(milliseconds{config_.producer_id_expiration_ms});
  log = crash_and_open(std::move(log));
  EXPECT_EQ(log->producer_count(), 1);
}

TEST_F(RecoveryTest, ABatchWhoseOffsetDoesNotLieBehindTheLastIsCut) {
  auto log = open();
  for (int i = 0; i < 3; ++i) append(*log);
  log.reset();
  const std::string content = *read_file(file(0, ".log"));
  const size_t one = content.size() / 3;
  for (const std::string& tail : {content.substr(2 * one), content.substr(one), content}) {
    ASSERT_TRUE(replace_file(file(0, ".log"), content + tail));
    log = open();
    EXPECT_EQ(log->log_end_offset(), Offset{3});
    EXPECT_EQ(offsets_in(*log), up_to(3));
    EXPECT_EQ(*read_file(file(0, ".log")), content);
    log.reset();
  }
}

TEST_F(RecoveryTest, ALostIndexIsRebuiltWithoutTouchingTheRecords) {
  leave_indexed_segments();
  std::map<fs::path, std::string> kept;
  for (const auto& entry : fs::directory_iterator(dir()))
    if (entry.path().extension() == ".index" || entry.path().extension() == ".timeindex")
      kept[entry.path()] = *read_file(entry.path());
  ASSERT_GT(kept.size(), 6u);
  for (const auto& [path, content] : kept) fs::remove(path);
  auto log = open(true);
  EXPECT_EQ(offsets_in(*log), up_to(100));
  EXPECT_EQ((*log->offset_for_timestamp(1050))->offset, Offset{50});
  for (const auto& [path, content] : kept) EXPECT_TRUE(fs::exists(path)) << path;
}

TEST_F(RecoveryTest, ALostTimeIndexIsRebuilt) {
  leave_indexed_segments();
  const std::string kept = *read_file(file(0, ".timeindex"));
  fs::remove(file(0, ".timeindex"));
  auto log = open(true);
  EXPECT_EQ((*log->offset_for_timestamp(1005))->offset, Offset{5});
  EXPECT_EQ(*read_file(file(0, ".timeindex")), kept);
}

TEST_F(RecoveryTest, AnIndexThatDoesNotBelongToTheActiveSegmentIsRebuilt) {
  auto log = open();
  for (int i = 0; i < 100; ++i) append(*log, {.value_bytes = 300});
  ASSERT_TRUE(log->close());
  log.reset();
  ASSERT_GT(fs::file_size(file(0, ".index")), 8u);
  ASSERT_TRUE(replace_file(file(0, ".index"), std::string("\0\0\0\7\x7f\xff\xff\xf0", 8)));
  log = open(true);
  EXPECT_EQ(offsets_in(*log), up_to(100));
  EXPECT_GT(fs::file_size(file(0, ".index")), 8u);
}

TEST_F(RecoveryTest, AWrongIndexOfAFullSegmentCostsTimeButNoRecords) {
  config_.segment_bytes = 20'000;
  auto log = open();
  for (int i = 0; i < 100; ++i) append(*log, {.value_bytes = 1000});
  ASSERT_GT(log->segment_count(), 3);
  ASSERT_TRUE(log->close());
  log.reset();
  const auto size = fs::file_size(file(0, ".index"));
  ASSERT_GT(size, 0u);
  std::string wrong;
  for (size_t i = 0; i < size / 8; ++i) wrong += std::string("\0\0\0\1\0\0\x10\3", 8);
  ASSERT_TRUE(replace_file(file(0, ".index"), wrong));
  log = open(true);
  EXPECT_EQ(offsets_in(*log), up_to(100));
}

TEST_F(RecoveryTest, ATornTailAfterACleanMarkerIsCutBeforeAnythingIsAppended) {
  auto log = open();
  append(*log);
  append(*log);
  ASSERT_TRUE(log->close());
  log.reset();
  fs::resize_file(file(0, ".log"), fs::file_size(file(0, ".log")) - 3);
  log = open(true);
  EXPECT_EQ(log->log_end_offset(), Offset{1});
  EXPECT_EQ(append(*log), Offset{1});
  EXPECT_EQ(offsets_in(*log), up_to(2));
}

TEST_F(RecoveryTest, ARecordDamagedInTheMiddleCutsItAndAllThatFollows) {
  config_.segment_bytes = 600;
  auto log = open();
  for (int i = 0; i < 50; ++i) append(*log);
  const int segments = log->segment_count();
  log.reset();
  flip_byte(file(0, ".log"), 200);
  log = open();
  EXPECT_LT(log->log_end_offset(), Offset{7});
  EXPECT_GT(segments, 5);
  EXPECT_EQ(log->segment_count(), 1);
  EXPECT_EQ(offsets_in(*log), up_to(log->log_end_offset().value()));
}

TEST_F(RecoveryTest, AnEmptyActiveSegmentWithoutIndexesIsNoFault) {  // KAFKA-13603
  auto log = open();
  append(*log);
  ASSERT_TRUE(log->roll());
  ASSERT_TRUE(log->close());
  log.reset();
  fs::remove(file(1, ".index"));
  fs::remove(file(1, ".timeindex"));
  log = open(true);
  EXPECT_EQ(log->log_end_offset(), Offset{1});
  EXPECT_EQ(append(*log), Offset{1});
}

TEST_F(RecoveryTest, ACleanersSegmentTakesThePlaceOfThoseItReplaces) {  // KAFKA-12520
  config_.segment_bytes = 600;
  auto log = open();
  for (int32_t i = 0; i < 30; ++i) append(*log, {.producer = 5, .sequence = i});
  ASSERT_TRUE(log->close());
  log.reset();
  std::vector<fs::path> logs;
  for (const auto& entry : fs::directory_iterator(dir()))
    if (entry.path().extension() == ".log") logs.push_back(entry.path());
  std::sort(logs.begin(), logs.end());
  ASSERT_GT(logs.size(), 3u);
  // The cleaner wrote the first two into one, and the broker died amid the renaming.
  const std::string merged = *read_file(logs[0]) + *read_file(logs[1]);
  ASSERT_TRUE(replace_file(logs[0].string() + ".swap", merged));
  fs::rename(logs[0], logs[0].string() + ".deleted");
  log = open();
  EXPECT_EQ(offsets_in(*log), up_to(30));
  EXPECT_FALSE(fs::exists(logs[0].string() + ".swap"));
  EXPECT_FALSE(fs::exists(logs[0].string() + ".deleted"));
  EXPECT_FALSE(fs::exists(logs[1]));
  EXPECT_EQ(*read_file(logs[0]), merged);
  EXPECT_TRUE(try_append(*log, batch({.producer = 5, .sequence = 30})));
}

TEST_F(RecoveryTest, ACleanersUnfinishedWorkIsUndone) {
  config_.segment_bytes = 600;
  auto log = open();
  for (int i = 0; i < 30; ++i) append(*log);
  ASSERT_TRUE(log->close());
  log.reset();
  const std::string content = *read_file(file(0, ".log"));
  ASSERT_TRUE(replace_file(file(0, ".log.cleaned"), content.substr(0, 90)));
  ASSERT_TRUE(replace_file(file(0, ".index.cleaned"), ""));
  ASSERT_TRUE(replace_file(file(20, ".log.swap"), ""));
  log = open(true);
  EXPECT_EQ(offsets_in(*log), up_to(30));
  for (const auto& entry : fs::directory_iterator(dir()))
    EXPECT_NE(entry.path().extension(), ".cleaned") << entry.path();
  EXPECT_FALSE(fs::exists(file(20, ".log.swap")));
}

TEST_F(RecoveryTest, ALogThatEndsBelowItsStartBeginsAnewThere) {
  auto log = open();
  for (int i = 0; i < 5; ++i) append(*log, 3);
  log.reset();
  LogPlace at = place(false);
  at.log_start_offset = Offset{50};
  auto opened = Log::open(at, config_);
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->log_start_offset(), Offset{50});
  EXPECT_EQ((*opened)->log_end_offset(), Offset{50});
  EXPECT_EQ((*opened)->latest_epoch(), std::nullopt);
  EXPECT_EQ(append(**opened), Offset{50});
}

struct OverflowTest : LogFixture {
  static constexpr int64_t k_far = int64_t{3} << 31;  // further from 0 than an index can tell

  // Moves a batch to another offset, which no checksum covers.
  void move_batch(int64_t position, int64_t to) {
    Bytes offset;
    append_be(offset, to);
    std::fstream data{file(0, ".log"), std::ios::in | std::ios::out | std::ios::binary};
    data.seekp(position);
    data.write(offset.data(), std::ssize(offset));
  }
  // Batches of one record at 0, 1, k_far, k_far + 1 and 2 * k_far in one segment.
  void leave_overflowed_segment() {
    auto log = open();
    for (int i = 0; i < 5; ++i) append(*log);
    const int64_t size = log->size_bytes() / 5;
    ASSERT_TRUE(log->close());
    move_batch(2 * size, k_far);
    move_batch(3 * size, k_far + 1);
    move_batch(4 * size, 2 * k_far);
    for (const auto& entry : fs::directory_iterator(dir()))
      if (entry.path().extension() == ".snapshot") fs::remove(entry.path());
  }
  void expect_split(const Log& log) {
    EXPECT_EQ(offsets_in(log), (std::vector<int64_t>{0, 1, k_far, k_far + 1, 2 * k_far}));
    EXPECT_EQ(log.segment_count(), 3);
    EXPECT_EQ(log.log_end_offset(), Offset{2 * k_far + 1});
    for (const int64_t base : {int64_t{0}, k_far, 2 * k_far})
      EXPECT_TRUE(fs::exists(file(base, ".log"))) << base;
    for (const auto& entry : fs::directory_iterator(dir()))
      EXPECT_THAT(entry.path().extension(),
                  testing::AnyOf(".log", ".index", ".timeindex", ".snapshot", ""))
          << entry.path();
  }
};

TEST_F(OverflowTest, ASegmentWhoseOffsetsReachTooFarIsSplitByARecovery) {
  leave_overflowed_segment();
  auto log = open(false);
  expect_split(*log);
  append(*log);
  EXPECT_EQ(log->log_end_offset(), Offset{2 * k_far + 2});
  log = close_and_open(std::move(log));
  EXPECT_EQ(log->segment_count(), 3);
}

TEST_F(OverflowTest, WhatFollowsItStays) {
  leave_overflowed_segment();
  auto log = open(false);
  ASSERT_TRUE(log->roll());
  append(*log);
  log = crash_and_open(std::move(log));
  EXPECT_EQ(offsets_in(*log).back(), 2 * k_far + 1);
  EXPECT_EQ(log->segment_count(), 4);
}

TEST_F(OverflowTest, AnOffsetThatWhatFollowsDoesNotBearOutIsDamage) {
  for (const int damaged : {2, 4}) {
    fs::remove_all(dir());
    auto log = open();
    for (int i = 0; i < 5; ++i) append(*log);
    const int64_t size = log->size_bytes() / 5;
    log.reset();
    move_batch(damaged * size, k_far);
    log = open(false);
    EXPECT_EQ(log->log_end_offset(), Offset{damaged});
    EXPECT_EQ(log->segment_count(), 1);
  }
}

TEST_F(OverflowTest, ATornTailIsCut) {
  leave_overflowed_segment();
  std::ofstream{file(0, ".log"), std::ios::app | std::ios::binary} << "torn";
  expect_split(*open(false));
}

TEST_F(OverflowTest, ASplitThatACrashInterruptedIsDoneAtTheNextStart) {
  leave_overflowed_segment();
  fs::copy(dir(), folder_.path() / "before");
  open(false).reset();
  // As it is before the first new segment has its name, and before any file of the old one went.
  for (const int64_t base : {int64_t{0}, k_far, 2 * k_far}) {
    fs::rename(file(base, ".log"), file(base, ".log.swap"));
    fs::remove(file(base, ".index"));
    fs::remove(file(base, ".timeindex"));
  }
  fs::copy(folder_.path() / "before" / file(0, ".log").filename(), dir());
  expect_split(*open(false));
}

}  // namespace
}  // namespace samsa::log
