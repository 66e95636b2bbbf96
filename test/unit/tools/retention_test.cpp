// What log-retention says of a log's files, beside what the log itself then does.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "log/log.h"
#include "record/builder.h"
#include "test/temp_folder.h"
#include "tools/retention/explain.h"

namespace samsa::tools {
namespace {

namespace fs = std::filesystem;
using log::Fate;
using testing::HasSubstr;

class RetentionTest : public testing::Test {
 protected:
  fs::path dir() const { return folder_.path() / "t-0"; }
  std::unique_ptr<log::Log> open() {
    log::LogHooks hooks;
    hooks.clock = &clock_;
    auto opened = log::Log::open({.dir = dir(), .tp = k_tp}, rules_, hooks);
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }
  static void append(log::Log& log, int64_t timestamp_ms, bool roll = true) {
    record::BatchBuilder builder{{}};
    builder.append(timestamp_ms, std::nullopt, "value");
    Bytes bytes = *builder.build();
    EXPECT_TRUE(log.append_as_leader(bytes, LeaderEpoch{0}));
    if (roll) {
      EXPECT_TRUE(log.roll());
    }
    log.update_high_watermark(log.log_end_offset());
  }
  LogLook look(const DirCheckpoints& checkpoints = {}) const {
    auto found = look_at_log(dir(), k_tp, checkpoints);
    EXPECT_TRUE(found);
    return std::move(**found);
  }
  static config::TopicConfig topic(const config::Properties& own) {
    auto config = config::TopicConfig::from(config::BrokerConfig{}, own);
    EXPECT_TRUE(config);
    return std::move(*config);
  }
  Explanation explain(const config::Properties& own, const DirCheckpoints& checkpoints = {}) const {
    return explain_retention(look(checkpoints), topic(own), clock_.wall_ms());
  }

  inline static const TopicPartition k_tp{"t", 0};
  TempFolder folder_;
  ManualClock clock_;
  log::LogConfig rules_;
};

TEST_F(RetentionTest, WhatIsSaidOfTheOldestSegmentIsWhatHappensToIt) {
  // Ages and sizes of all kinds; what goes is compared step by step.
  for (int64_t retention_ms : {int64_t{-1}, int64_t{2500}, int64_t{1} << 40})
    for (int64_t retention_bytes : {-1, 0, 250, 100'000}) {
      fs::remove_all(dir());
      rules_.retention_ms = retention_ms;
      rules_.retention_bytes = retention_bytes;
      auto log = open();
      for (int64_t age_ms : {9000, 3000, 4000, 2000, 1000}) append(*log, clock_.wall_ms() - age_ms);
      append(*log, clock_.wall_ms() - 2600, false);
      const config::Properties own = {{"retention.ms", std::to_string(retention_ms)},
                                      {"retention.bytes", std::to_string(retention_bytes)}};
      const auto before = look();
      const Fate said = explain(own).fate;
      const int gone = *log->delete_old_segments();
      EXPECT_EQ(log::goes(said), gone > 0) << retention_ms << ' ' << retention_bytes;
      const Fate rest = explain(own).fate;
      EXPECT_FALSE(log::goes(rest)) << retention_ms << ' ' << retention_bytes;
      EXPECT_EQ(before.segments.size(), 6U);
    }
}

TEST_F(RetentionTest, TheActiveSegmentsNewestRecordIsFoundWhereNoIndexTellsIt) {
  auto log = open();
  append(*log, 1000, false);
  append(*log, 5000, false);
  append(*log, 3000, false);
  const LogLook seen = look();
  ASSERT_EQ(seen.segments.size(), 1U);
  EXPECT_EQ(seen.segments[0].largest_timestamp_ms, 5000);
  EXPECT_EQ(seen.log_end, Offset{3});
  EXPECT_EQ(seen.bytes(), log->size_bytes());
}

TEST_F(RetentionTest, AnEarlierRecordsTimestampIsFoundWhereTheTimeIndexLagsBehindTheOther) {
  rules_.index_interval_bytes = 0;
  auto log = open();
  append(*log, 1000, false);
  append(*log, 9000, false);
  // Of the offset index so many entries that they reach the file, of the time index but one.
  for (int i = 0; i < 100; ++i) append(*log, 2000, false);
  ASSERT_GT(fs::file_size(dir() / "00000000000000000000.index"), 0U);
  EXPECT_EQ(look().segments[0].largest_timestamp_ms, 9000);
  EXPECT_EQ(look().log_end, Offset{102});
}

TEST_F(RetentionTest, OnlyWhatIsUsedOfAPreallocatedSegmentCounts) {
  rules_.preallocate = true;
  rules_.segment_bytes = 1 << 20;
  auto log = open();
  EXPECT_EQ(look().bytes(), 0);
  append(*log, 1000, false);
  EXPECT_EQ(look().bytes(), log->size_bytes());
}

TEST_F(RetentionTest, ATornTailIsNoRecord) {
  auto log = open();
  append(*log, 1000, false);
  append(*log, 9000, false);
  const fs::path file = dir() / "00000000000000000000.log";
  fs::resize_file(file, fs::file_size(file) - 1);
  EXPECT_EQ(look().segments[0].largest_timestamp_ms, 1000);
}

TEST_F(RetentionTest, RecordsWithoutTimestampsAreAsOldAsTheirFile) {
  rules_.message_format = record::k_magic_v0;
  auto log = open();
  record::BatchBuilder builder{{.magic = record::k_magic_v0}};
  builder.append(-1, std::nullopt, BytesView("value"));
  Bytes bytes = *builder.build();
  ASSERT_TRUE(log->append_as_leader(bytes, LeaderEpoch{0}));
  EXPECT_TRUE(look().is_file_age[0]);
  const auto told = explain_retention(look(), topic({}), Clock::system().wall_ms());
  EXPECT_THAT(told.why, HasSubstr("tell no time"));
}

TEST_F(RetentionTest, TheReasonsAreTold) {
  auto log = open();
  append(*log, clock_.wall_ms() - 1000);
  append(*log, clock_.wall_ms(), false);
  auto told = explain({{"retention.ms", "90061001"}});
  EXPECT_EQ(told.goes, "in 1 d 1 h");
  EXPECT_EQ(told.why,
            "its newest record is 1 s old, not more than retention.ms=90061001 (1 d 1 h)");
  told = explain({{"retention.ms", "500"}});
  EXPECT_EQ(told.goes, "at the next look");
  told = explain({{"retention.ms", "-1"}, {"retention.bytes", "100"}});
  EXPECT_EQ(told.fate, Fate::stays_within_size);
  EXPECT_THAT(told.goes, testing::MatchesRegex("after [0-9]+ B more"));
  EXPECT_THAT(told.why, HasSubstr("a segment goes as a whole"));
  told = explain({{"retention.ms", "-1"}});
  EXPECT_EQ(told.fate, Fate::stays_for_good);
  told = explain({{"cleanup.policy", "compact"}});
  EXPECT_THAT(told.why, HasSubstr("age and size do not count"));
  EXPECT_THAT(told.why, HasSubstr("100 % dirty: the cleaner's turn is due"));
  told = explain_retention(look(), topic({{"cleanup.policy", "compact,delete"}}), clock_.wall_ms(),
                           false);
  EXPECT_THAT(told.why, HasSubstr("log.cleaner.enable=false"));
  told = explain({}, {.log_starts = {}, .high_watermarks = {{k_tp, Offset{0}}}, .first_dirty = {}});
  EXPECT_EQ(told.fate, Fate::stays_unreplicated);
  EXPECT_THAT(told.why, HasSubstr("high watermark of 0"));
  told = explain({}, {.log_starts = {{k_tp, Offset{1}}}, .high_watermarks = {}, .first_dirty = {}});
  EXPECT_EQ(told.fate, Fate::goes_below_start);
}

TEST_F(RetentionTest, AProducersWrongClockIsToldAndWhatWaitsForIt) {
  auto log = open();
  append(*log, 4'102'444'800'000);  // 2100
  append(*log, 1);
  append(*log, clock_.wall_ms(), false);
  const auto told = explain({});
  EXPECT_THAT(told.goes, HasSubstr("(2100-01-08 00:00:00Z)"));
  EXPECT_THAT(told.why, HasSubstr("dated 2100-01-01 00:00:00Z, which is to come"));
  EXPECT_THAT(told.why, HasSubstr("1 of the segments behind it are older and wait for it"));
}

TEST(RetentionTexts, SizesDurationsAndTimesAreForPeople) {
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1024), "1 KiB");
  EXPECT_EQ(size_text(1536), "1.5 KiB");
  EXPECT_EQ(size_text(int64_t{1} << 50), "1024 TiB");
  EXPECT_EQ(duration_text(999), "999 ms");
  EXPECT_EQ(duration_text(61'000), "1 min 1 s");
  EXPECT_EQ(duration_text(604'800'000), "7 d");
  EXPECT_EQ(duration_text(INT64_MAX).substr(0, 11), "292471208 y");
  EXPECT_EQ(time_text(0), "1970-01-01 00:00:00Z");
  EXPECT_EQ(time_text(INT64_MAX), "timestamp 9223372036854775807");
}

}  // namespace
}  // namespace samsa::tools
