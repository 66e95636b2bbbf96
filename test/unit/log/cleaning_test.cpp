// Logs on disk, cleaned: what is left of them.

#include <gmock/gmock.h>

#include <random>

#include "cleaner_fixture.h"

namespace samsa::log {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct CleaningTest : CleanerFixture {};

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
