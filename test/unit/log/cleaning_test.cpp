// Logs on disk, cleaned: what is left, for whom, and what becomes of it when others interfere.

#include <gmock/gmock.h>

#include <random>
#include <thread>

#include "cleaner_fixture.h"

namespace samsa::log {
namespace {

using record::ControlType;
using testing::ElementsAre;
using testing::IsEmpty;

struct CleaningTest : CleanerFixture {
  std::shared_ptr<Log> open_log(bool clean = false) { return open(clean); }
  // Segments of a few records each: key k0 to k4 over and over, values counting up.
  std::shared_ptr<Log> log_of(int records, int32_t segment_bytes = 600) {
    config_.segment_bytes = segment_bytes;
    auto log = open_log();
    for (int i = 0; i < records; ++i) put(*log, "k" + std::to_string(i % 5), std::to_string(i));
    EXPECT_TRUE(log->roll());
    return log;
  }
  static Entries last_of(int records) {
    Entries last;
    for (int i = records - 5; i < records; ++i)
      last.push_back({i, "k" + std::to_string(i % 5), std::to_string(i)});
    return last;
  }
};

TEST_F(CleaningTest, TheLastValueOfEachKeyIsLeftAtItsOffset) {
  auto log = log_of(60);
  const int segments = log->segment_count();
  EXPECT_GT(segments, 5);
  EXPECT_EQ(clean(log), Offset{60});
  EXPECT_EQ(entries_in(*log), last_of(60));
  EXPECT_EQ(log->first_dirty_offset(), Offset{60});
  EXPECT_EQ(log->log_start_offset(), Offset{0});
  EXPECT_EQ(log->log_end_offset(), Offset{60});
  EXPECT_LT(log->size_bytes(), 600);
}

TEST_F(CleaningTest, TheActiveSegmentIsLeftAlone) {
  config_.segment_bytes = 1 << 20;
  auto log = open_log();
  put(*log, "a", "1");
  ASSERT_TRUE(log->roll());
  put(*log, "a", "2");
  put(*log, "a", "3");
  EXPECT_EQ(clean(log), Offset{1});
  EXPECT_EQ(entries_in(*log), (Entries{{0, "a", "1"}, {1, "a", "2"}, {2, "a", "3"}}));
}

TEST_F(CleaningTest, ALaterPassGoesOnWhereTheFirstEndedAndTakesFromAll) {
  auto log = log_of(30);
  clean(log);
  put(*log, "k1", "new");
  ASSERT_TRUE(log->roll());
  EXPECT_EQ(clean(log), Offset{31});
  Entries expected = last_of(30);
  std::erase_if(expected, [](const Entry& e) { return e.key == "k1"; });
  expected.push_back({30, "k1", "new"});
  EXPECT_EQ(entries_in(*log), expected);
}

TEST_F(CleaningTest, AMapThatFillsUpEndsThePassWhereItIsFull) {
  config_.segment_bytes = 1 << 20;
  auto log = open_log();
  for (int i = 0; i < 10; ++i) put(*log, "k" + std::to_string(i), "old");
  for (int i = 0; i < 10; ++i) put(*log, "k" + std::to_string(i), "new");
  ASSERT_TRUE(log->roll());
  EXPECT_EQ(clean(log, 24 * 10), Offset{10}) << "ten keys fit";
  EXPECT_EQ(entries_in(*log).size(), 20u);
  EXPECT_EQ(clean(log, 24 * 10), Offset{20});
  const Entries left = entries_in(*log);
  ASSERT_EQ(left.size(), 10u);
  EXPECT_EQ(left.front(), (Entry{10, "k0", "new"}));
}

TEST_F(CleaningTest, TombstonesOutliveTheirKeysByTheirRetentionAndThenGo) {
  config_.delete_retention_ms = 60'000;
  auto log = open_log();
  put(*log, "a", "1");
  put(*log, "b", "1");
  put(*log, "a", std::nullopt);
  ASSERT_TRUE(log->roll());
  clean(log);
  const Entries with_tombstone{{1, "b", "1"}, {2, "a", std::nullopt}};
  EXPECT_EQ(entries_in(*log), with_tombstone);
  put(*log, "c", "1");
  ASSERT_TRUE(log->roll());
  clean(log);
  EXPECT_EQ(entries_in(*log).size(), 3u) << "the tombstone is as young as what was cleaned last";
  set_age(0, 120'000);
  put(*log, "d", "1");
  ASSERT_TRUE(log->roll());
  clean(log);
  EXPECT_EQ(entries_in(*log).size(), 4u) << "the horizon is 60 s before the file's own time";
  config_.delete_retention_ms = 0;
  log->update_config(config_);
  put(*log, "e", "1");
  ASSERT_TRUE(log->roll());
  clean(log);
  EXPECT_EQ(entries_in(*log),
            (Entries{{1, "b", "1"}, {3, "c", "1"}, {4, "d", "1"}, {5, "e", "1"}}));
}

TEST_F(CleaningTest, ACleanedSegmentIsAsOldAsTheLastOneInIt) {
  auto log = log_of(20);
  const auto second = files_with(".log")[1];
  fs::last_write_time(dir() / second, fs::file_time_type::clock::now() - std::chrono::hours{5});
  const auto segments = files_with(".log");
  const auto before = fs::last_write_time(dir() / segments[segments.size() - 2]);
  config_.segment_bytes = 1 << 20;
  log->update_config(config_);
  clean(log);
  EXPECT_EQ(log->segment_count(), 2);
  EXPECT_EQ(fs::last_write_time(file(0, ".log")), before);
}

TEST_F(CleaningTest, SegmentsAreJoined) {
  auto log = log_of(60);
  EXPECT_GT(log->segment_count(), 5);
  config_.segment_bytes = 1 << 20;
  log->update_config(config_);
  clean(log);
  EXPECT_EQ(log->segment_count(), 2);
  EXPECT_THAT(files_with(".log"),
              ElementsAre("00000000000000000000.log", "00000000000000000060.log"));
  EXPECT_EQ(log->first_segment_base(), Offset{0});
}

TEST_F(CleaningTest, ASegmentOfWhichNothingIsLeftIsEmptyAndReadersPassIt) {
  config_.segment_bytes = 600;
  auto log = open_log();
  for (int i = 0; i < 30; ++i) put(*log, "a", std::to_string(i));
  ASSERT_TRUE(log->roll());
  clean(log);
  EXPECT_EQ(entries_in(*log), (Entries{{29, "a", "29"}}));
  EXPECT_EQ(fs::file_size(file(0, ".log")), 0u);
  EXPECT_EQ(first_offset_of(*log->read(Offset{0}, 1000, Isolation::log_end, true)), 29);
  log = close_and_reopen(std::move(log));
  EXPECT_EQ(entries_in(*log), (Entries{{29, "a", "29"}}));
}

TEST_F(CleaningTest, OldFilesStayUntilTheirDelayHasPassedAndReadersHaveThem) {
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

TEST_F(CleaningTest, ReadsNeverFailWhileSegmentsAreReplaced) {
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

TEST_F(CleaningTest, PlacesOfRecentAppendsAreForgottenWithTheirSegments) {
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

TEST_F(CleaningTest, LookupsByTimeAndIndexWorkInACleanedSegment) {
  config_.segment_bytes = 1 << 20;
  config_.index_interval_bytes = 200;
  auto log = open_log();
  for (int i = 0; i < 100; ++i) {
    auto info = try_append(*log, batch_of({{-1, "k" + std::to_string(i % 60), "v"}}, {}, 1000 + i));
    ASSERT_TRUE(info);
  }
  log->update_high_watermark(log->log_end_offset());
  ASSERT_TRUE(log->roll());
  clean(log);
  EXPECT_GT(fs::file_size(file(0, ".index")), 8u);
  EXPECT_EQ((*log->offset_for_timestamp(1045))->offset, Offset{45});
  EXPECT_EQ((*log->offset_for_timestamp(1000))->offset, Offset{40});
  for (int64_t at : {40, 41, 77, 99})
    EXPECT_EQ(first_offset_of(*log->read(Offset{at}, 1, Isolation::log_end, true)), at);
}

TEST_F(CleaningTest, AProducersSequenceIsKnownAfterItsRecordsWentAndTheLogWasRead) {
  config_.segment_bytes = 1 << 20;
  auto log = open_log();
  put(*log, "a", "1", of_producer(5, 0));
  put(*log, "a", "2", of_producer(5, 1));
  put(*log, "a", "3");
  ASSERT_TRUE(log->roll());
  clean(log);
  EXPECT_EQ(entries_in(*log), (Entries{{2, "a", "3"}}));
  log.reset();
  for (const auto& name : files_with(".snapshot")) fs::remove(dir() / name);
  log = open_log();
  EXPECT_EQ(log->producer_count(), 1);
  auto next = try_append(*log, batch_of({{-1, "a", "4"}}, of_producer(5, 2)));
  EXPECT_TRUE(next) << next.error().error;
  EXPECT_FALSE(try_append(*log, batch_of({{-1, "a", "5"}}, of_producer(5, 7))));
}

TEST_F(CleaningTest, NothingOfAnOpenTransactionIsCleaned) {
  config_.segment_bytes = 1 << 20;
  auto log = open_log();
  put(*log, "a", "1");
  ASSERT_TRUE(log->roll());
  put(*log, "a", "2", of_producer(5, 0, true));
  ASSERT_TRUE(log->roll());
  put(*log, "a", "3");
  ASSERT_TRUE(log->roll());
  EXPECT_EQ(clean(log), Offset{1});
  EXPECT_EQ(entries_in(*log).size(), 3u);
  end_transaction(*log, 5, ControlType::commit);
  ASSERT_TRUE(log->roll());
  EXPECT_EQ(clean(log), Offset{4});
  EXPECT_EQ(entries_in(*log), (Entries{{2, "a", "3"}}));
}

TEST_F(CleaningTest, NothingAboveTheHighWatermarkIsCleaned) {  // KAFKA-13194
  auto log = open_log();
  for (int i = 0; i < 4; ++i) {
    put(*log, "a", std::to_string(i));
    ASSERT_TRUE(log->roll());
  }
  log->update_high_watermark(Offset{2});
  EXPECT_EQ(clean(log), Offset{2});
  EXPECT_EQ(entries_in(*log), (Entries{{1, "a", "1"}, {2, "a", "2"}, {3, "a", "3"}}));
}

TEST_F(CleaningTest, ReadersOfCommittedRecordsStillSeeNoneThatWereAborted) {  // KAFKA-13727
  config_.segment_bytes = 1 << 20;
  auto log = open_log();
  put(*log, "a", "1");
  put(*log, "b", "1");
  put(*log, "c", "1");
  put(*log, "x", "aborted", of_producer(5, 0, true));
  end_transaction(*log, 5, ControlType::abort);
  put(*log, "d", "aborted", of_producer(6, 0, true));
  put(*log, "e", "aborted", of_producer(6, 1, true));
  end_transaction(*log, 6, ControlType::abort);
  ASSERT_TRUE(log->roll());
  // The map has room for two keys: the pass ends before the transactions.
  EXPECT_EQ(clean(log, 24 * 2), Offset{2});
  const auto seen = log->read(Offset{0}, 1 << 20, Isolation::txn_committed, true);
  ASSERT_TRUE(seen);
  std::set<int64_t> aborted;
  for (const auto& one : seen->aborted) aborted.insert(one.producer_id.value());
  for_each_batch(*log, [&](record::BatchView batch) {
    if (!batch.is_transactional() || batch.is_control()) return;
    EXPECT_TRUE(aborted.contains(batch.producer_id().value())) << batch.base_offset();
  });
  log = close_and_reopen(std::move(log));
  clean(log);
  EXPECT_EQ(entries_in(*log), (Entries{{0, "a", "1"}, {1, "b", "1"}, {2, "c", "1"}}));
}

TEST_F(CleaningTest, AMarkerInALaterSegmentThanItsRecordsIsUnderstood) {
  auto log = open_log();
  put(*log, "a", "aborted", of_producer(5, 0, true));
  ASSERT_TRUE(log->roll());
  put(*log, "b", "1");
  end_transaction(*log, 5, ControlType::abort);
  put(*log, "c", "committed", of_producer(5, 1, true));
  end_transaction(*log, 5, ControlType::commit);
  ASSERT_TRUE(log->roll());
  clean(log);
  EXPECT_EQ(entries_in(*log), (Entries{{1, "b", "1"}, {3, "c", "committed"}}));
  const auto seen = log->read(Offset{0}, 1 << 20, Isolation::txn_committed, true);
  for (const auto& one : seen->aborted) EXPECT_LT(one.last_offset, Offset{3});
}

TEST_F(CleaningTest, ATruncationWhileCleaningWins) {
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

TEST_F(CleaningTest, ATruncationBelowWhatWasCleanedMakesItDirtyAgain) {
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

TEST_F(CleaningTest, APositionAboveTheEndOfARecoveredLogIsForgotten) {
  auto log = log_of(10);
  log.reset();
  LogPlace at = place(false);
  at.first_dirty = Offset{11};
  log = std::move(*Log::open(at, config_));
  EXPECT_EQ(log->first_dirty_offset(), std::nullopt);
}

TEST_F(CleaningTest, RetentionWhileCleaningWins) {
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

TEST_F(CleaningTest, TakingCompactOutOfThePolicyEndsAPass) {  // KAFKA-12840
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

TEST_F(CleaningTest, AppendsGoOnWhileCleaning) {
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

TEST_F(CleaningTest, RemovingTheLogWaitsForTheCleanerToGiveUp) {
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

TEST_F(CleaningTest, OneCleansALogAtATime) {
  auto log = log_of(10);
  auto first = CleanableLog::claim(log);
  ASSERT_TRUE(first);
  EXPECT_FALSE(CleanableLog::claim(log));
  first.reset();
  EXPECT_TRUE(CleanableLog::claim(log));
}

TEST_F(CleaningTest, ADamagedSegmentIsAnErrorAndLosesNothing) {
  auto log = log_of(60);
  const auto size = fs::file_size(file(0, ".log"));
  {
    std::fstream damaged{file(0, ".log"), std::ios::in | std::ios::out | std::ios::binary};
    damaged.seekp(16);
    damaged.put(99);  // no such format
  }
  auto end = try_clean(log);
  ASSERT_FALSE(end);
  EXPECT_NE(end.error().code, Errc::kafka_storage_error);
  EXPECT_EQ(fs::file_size(file(0, ".log")), size);
  EXPECT_THAT(files_with(".cleaned"), IsEmpty());
  EXPECT_TRUE(log->is_healthy());
}

TEST_F(CleaningTest, ASegmentWithATornEndIsAnErrorAndLosesNothing) {
  auto log = log_of(60);
  log.reset();
  recovery_point_ = Offset{60};
  fs::resize_file(file(0, ".log"), fs::file_size(file(0, ".log")) - 1);
  log = open_log();
  log->update_high_watermark(log->log_end_offset());
  auto end = try_clean(log);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, Errc::corrupt_message);
}

TEST_F(CleaningTest, ABatchLargerThanTheBufferIsCleaned) {
  config_.segment_bytes = 1 << 20;
  auto log = open_log();
  put(*log, "a", std::string(100'000, 'x'));
  put(*log, "b", std::string(100'000, 'y'));
  put(*log, "a", "2");
  ASSERT_TRUE(log->roll());
  clean(log);
  const auto left = entries_in(*log);
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left[0].value, std::string(100'000, 'y'));
}

TEST_F(CleaningTest, RandomLogsHoldTheLatestOfEachKey) {
  std::mt19937 random{42};
  const auto upto = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 25; ++round) {
    fs::remove_all(dir());
    config_.segment_bytes = 300 + upto(1500);
    config_.index_interval_bytes = upto(400);
    config_.delete_retention_ms = round % 2 == 0 ? 0 : 100'000;
    recovery_point_ = Offset{0};
    auto log = open_log();
    std::map<std::string, std::optional<std::string>> model;
    for (int step = 0; step < 300; ++step) {
      Entries entries;
      for (int i = 0; i <= upto(4); ++i) {
        Entry e{-1, "k" + std::to_string(upto(30)), std::to_string(step)};
        if (upto(4) == 0) e.value.reset();
        model[e.key] = e.value;
        entries.push_back(e);
      }
      record::BatchFields fields;
      fields.codec = static_cast<record::Codec>(upto(5));
      ASSERT_TRUE(try_append(*log, batch_of(entries, fields)));
      log->update_high_watermark(log->log_end_offset());
      if (upto(40) == 0) clean(log, static_cast<size_t>(24 * (5 + upto(60))));
      if (upto(60) == 0) log = upto(2) == 0 ? close_and_reopen(std::move(log)) : reopen(log);
    }
    std::map<std::string, std::optional<std::string>> found;
    int64_t last = -1;
    for (const auto& e : entries_in(*log)) {
      EXPECT_GT(e.offset, last);
      last = e.offset;
      found[e.key] = e.value;
    }
    std::erase_if(found, [](const auto& e) { return !e.second; });
    std::erase_if(model, [](const auto& e) { return !e.second; });
    EXPECT_EQ(found, model) << "round " << round;
  }
}

}  // namespace
}  // namespace samsa::log
