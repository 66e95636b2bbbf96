// Logs on disk that are cleaned while others read, write, cut or remove them.

#include <gmock/gmock.h>

#include <thread>

#include "cleaner_fixture.h"

namespace samsa::log {
namespace {

using testing::IsEmpty;

struct CleaningConflictTest : CleanerFixture {};

TEST_F(CleaningConflictTest, OldFilesStayUntilTheirDelayHasPassedAndReadersHaveThem) {
  auto log = log_of(30);
  const auto before = log->read(Offset{0}, 10'000, Isolation::log_end, true);
  ASSERT_TRUE(before);
  Bytes expected(static_cast<size_t>(before->length), '\0');
  ASSERT_TRUE(read_at(before->file->fd(), expected, before->position, "segment"));
  clean(log);
  EXPECT_FALSE(files_with(".deleted").empty());
  EXPECT_THAT(files_with(".cleaned"), IsEmpty());
  EXPECT_THAT(files_with(".swap"), IsEmpty());
  clock_.advance(milliseconds{config_.file_delete_delay_ms});
  log->reap_deleted_files(clock_.wall_ms());
  EXPECT_THAT(files_with(".deleted"), IsEmpty());
  Bytes now(static_cast<size_t>(before->length), '\0');
  ASSERT_TRUE(read_at(before->file->fd(), now, before->position, "segment"));
  EXPECT_EQ(now, expected) << "a fetch that is being sent";
}

TEST_F(CleaningConflictTest, ReadsNeverFailWhileSegmentsAreReplaced) {
  config_.file_delete_delay_ms = 0;
  auto log = log_of(200);
  std::atomic<bool> stop{false};
  std::atomic<int64_t> reads{0};
  std::thread reader{[&] {
    while (!stop) {
      int64_t last = -1;
      for_each_batch(*log, [&](record::BatchView batch) {
        EXPECT_GT(batch.base_offset().value(), last);
        last = batch.last_offset().value();
      });
      EXPECT_GE(last, 199);
      ++reads;
    }
  }};
  for (int round = 0; round < 20; ++round) {
    put(*log, "k0", "again");
    ASSERT_TRUE(log->roll());
    clean(log);
    log->reap_deleted_files(clock_.wall_ms());
  }
  while (reads < 3) std::this_thread::yield();
  stop = true;
  reader.join();
  EXPECT_TRUE(failures_.empty());
}

TEST_F(CleaningConflictTest, PlacesOfRecentAppendsAreForgottenWithTheirSegments) {
  config_.segment_bytes = 1 << 20;
  auto log = open_log();
  put(*log, "a", "1");
  put(*log, "a", "2");
  put(*log, "b", "3");
  ASSERT_TRUE(log->roll());
  clean(log);
  auto slice = log->read(Offset{2}, 10'000, Isolation::log_end, true);
  ASSERT_TRUE(slice);
  EXPECT_EQ(first_offset_of(*slice), 2);
}

TEST_F(CleaningConflictTest, ATruncationWhileCleaningWins) {
  auto log = log_of(60);
  bool done = false;
  auto end = try_clean(log, 1 << 20, [&](int64_t) {
    if (!std::exchange(done, true)) {
      EXPECT_TRUE(log->truncate_to(Offset{20}));
    }
    return true;
  });
  ASSERT_TRUE(end) << end.error();
  EXPECT_FALSE(*end) << "the pass is given up";
  EXPECT_EQ(log->log_end_offset(), Offset{20});
  EXPECT_EQ(entries_in(*log).size(), 20u);
  EXPECT_EQ(log->first_dirty_offset(), std::nullopt);
  EXPECT_THAT(files_with(".cleaned"), IsEmpty());
  EXPECT_TRUE(failures_.empty());
}

TEST_F(CleaningConflictTest, ATruncationBelowWhatWasCleanedMakesItDirtyAgain) {
  auto log = log_of(60);
  clean(log);
  int lowered = 0;
  log.reset();
  LogHooks hooks{.clock = &clock_, .descriptors = &pool_};
  hooks.on_first_dirty_lowered = [&] { ++lowered; };
  LogPlace at = place(false);
  at.first_dirty = Offset{60};
  log = std::move(*Log::open(at, config_, hooks));
  put(*log, "x", "1");
  ASSERT_TRUE(log->truncate_to(Offset{60}));
  EXPECT_EQ(lowered, 0) << "nothing that was cleaned has gone";
  ASSERT_TRUE(log->truncate_to(Offset{57}));
  EXPECT_EQ(lowered, 1);
  EXPECT_LE(log->first_dirty_offset(), Offset{57});
  ASSERT_TRUE(log->truncate_fully_and_start_at(Offset{10}));
  EXPECT_EQ(lowered, 2);
  EXPECT_EQ(log->first_dirty_offset(), std::nullopt);
}

TEST_F(CleaningConflictTest, APositionAboveTheEndOfARecoveredLogIsForgotten) {
  auto log = log_of(10);
  log.reset();
  LogPlace at = place(false);
  at.first_dirty = Offset{11};
  log = std::move(*Log::open(at, config_));
  EXPECT_EQ(log->first_dirty_offset(), std::nullopt);
}

TEST_F(CleaningConflictTest, RetentionWhileCleaningWins) {
  auto log = log_of(60);
  bool done = false;
  auto end = try_clean(log, 1 << 20, [&](int64_t) {
    if (!std::exchange(done, true)) {
      EXPECT_TRUE(log->maybe_increment_log_start_offset(Offset{30}));
      EXPECT_GT(*log->delete_old_segments(), 0);
    }
    return true;
  });
  ASSERT_TRUE(end) << end.error();
  EXPECT_FALSE(*end);
  EXPECT_EQ(log->log_start_offset(), Offset{30});
  EXPECT_EQ(entries_in(*log).size(), 30u);
  EXPECT_EQ(clean(log), Offset{60});
  EXPECT_EQ(entries_in(*log), last_of(60));
}

TEST_F(CleaningConflictTest, TakingCompactOutOfThePolicyEndsAPass) {  // KAFKA-12840
  auto log = log_of(60);
  auto end = try_clean(log, 1 << 20, [&](int64_t) {
    config_.cleanup_compact = false;
    log->update_config(config_);
    return true;
  });
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
  EXPECT_FALSE(CleanableLog::claim(log)) << "nor does another begin";
  EXPECT_EQ(entries_in(*log).size(), 60u);
}

TEST_F(CleaningConflictTest, AppendsGoOnWhileCleaning) {
  auto log = log_of(60);
  auto end = try_clean(log, 1 << 20, [&](int64_t) {
    put(*log, "k0", "meanwhile");
    return true;
  });
  ASSERT_TRUE(end);
  EXPECT_TRUE(*end);
  EXPECT_EQ(entries_in(*log).back().value, "meanwhile");
  put(*log, "k1", "after");
  EXPECT_EQ(entries_in(*log).back().value, "after");
}

TEST_F(CleaningConflictTest, RemovingTheLogWaitsForTheCleanerToGiveUp) {
  auto log = log_of(60);
  std::thread remover;
  auto end = try_clean(log, 1 << 20, [&](int64_t) {
    if (!remover.joinable()) {
      log->end_cleaning();
      remover = std::thread([&] { EXPECT_TRUE(log->delete_files()); });
    }
    return true;
  });
  remover.join();
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
  EXPECT_FALSE(fs::exists(dir()));
  EXPECT_FALSE(CleanableLog::claim(log));
}

TEST_F(CleaningConflictTest, OneCleansALogAtATime) {
  auto log = log_of(10);
  auto first = CleanableLog::claim(log);
  ASSERT_TRUE(first);
  EXPECT_FALSE(CleanableLog::claim(log));
  first.reset();
  EXPECT_TRUE(CleanableLog::claim(log));
}

}  // namespace
}  // namespace samsa::log
