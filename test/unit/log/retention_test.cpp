// What retention does with the oldest segment, as a rule and as the log carries it out.

#include "log/retention.h"

#include "log_fixture.h"

namespace samsa::log {
namespace {

constexpr int64_t k_now = 1'000'000;
constexpr LogExtent k_log{.bytes = 300, .start = Offset{0}, .high_watermark = Offset{30}};

LogConfig limits(int64_t ms, int64_t bytes) {
  LogConfig config;
  config.retention_ms = ms;
  config.retention_bytes = bytes;
  return config;
}

OldestSegment segment(std::optional<int64_t> timestamp_ms = k_now) {
  return {.size = 100, .next = Offset{10}, .largest_timestamp_ms = timestamp_ms};
}

TEST(Retention, ASegmentGoesByAgeOnceItsNewestRecordIsOlderThanTheLimit) {
  const LogConfig config = limits(1000, -1);
  EXPECT_EQ(fate_of(segment(k_now - 1000), k_log, config, k_now), Fate::stays_young);
  EXPECT_EQ(due_by_age_ms(segment(k_now - 1000), config), k_now + 1);
  EXPECT_EQ(fate_of(segment(k_now - 1001), k_log, config, k_now), Fate::goes_by_age);
}

TEST(Retention, ASegmentFromTheFutureStaysForAsMuchLonger) {
  EXPECT_EQ(due_by_age_ms(segment(k_now + 5000), limits(1000, -1)), k_now + 6001);
  EXPECT_EQ(fate_of(segment(INT64_MAX), k_log, limits(1000, -1), k_now), Fate::stays_young);
  EXPECT_EQ(due_by_age_ms(segment(INT64_MAX), limits(1000, -1)), INT64_MAX);
  EXPECT_EQ(due_by_age_ms(segment(k_now), limits(INT64_MAX, -1)), INT64_MAX);
}

TEST(Retention, ASegmentGoesBySizeOnceWhatRemainsIsNotLess) {
  EXPECT_EQ(fate_of(segment(), k_log, limits(-1, 200), k_now), Fate::goes_by_size);
  EXPECT_EQ(fate_of(segment(), k_log, limits(-1, 201), k_now), Fate::stays_within_size);
  EXPECT_EQ(bytes_until_due(segment(), k_log, limits(-1, 201)), 1);
  EXPECT_EQ(bytes_until_due(segment(), k_log, limits(-1, 0)), 0);
  EXPECT_EQ(bytes_until_due(segment(), k_log, limits(-1, -1)), std::nullopt);
}

TEST(Retention, WithoutLimitsNothingGoes) {
  EXPECT_EQ(fate_of(segment(0), k_log, limits(-1, -1), k_now), Fate::stays_for_good);
}

TEST(Retention, TheTimestampIsOnlyAskedForWhereAgeDecides) {
  EXPECT_EQ(fate_of(segment({}), k_log, limits(1000, -1), k_now), Fate::needs_timestamp);
  EXPECT_EQ(fate_of(segment({}), k_log, limits(1000, 200), k_now), Fate::goes_by_size);
  EXPECT_EQ(fate_of(segment({}), k_log, limits(-1, 201), k_now), Fate::stays_within_size);
}

TEST(Retention, NothingAboveTheHighWatermarkGoes) {
  LogExtent log = k_log;
  log.high_watermark = Offset{9};
  EXPECT_EQ(fate_of(segment(0), log, limits(1000, 0), k_now), Fate::stays_unreplicated);
}

TEST(Retention, WhatLiesBelowTheLogsStartGoesWhateverThePolicyIs) {
  LogExtent log = k_log;
  log.start = Offset{10};
  LogConfig compacted = limits(1000, 0);
  compacted.cleanup_delete = false;
  EXPECT_EQ(fate_of(segment(), log, compacted, k_now), Fate::goes_below_start);
  EXPECT_EQ(fate_of(segment(0), k_log, compacted, k_now), Fate::stays_undeleted);
}

TEST(Retention, TheActiveSegmentGoesByAgeButNotByBeingBelowTheStartOrEmpty) {
  OldestSegment active = segment(k_now - 1001);
  active.is_active = true;
  const LogExtent alone{.bytes = 100, .start = Offset{10}, .high_watermark = Offset{10}};
  EXPECT_EQ(fate_of(active, alone, limits(1000, -1), k_now), Fate::goes_by_age);
  EXPECT_EQ(fate_of(active, alone, limits(-1, 1), k_now), Fate::stays_within_size);
  active.size = 0;
  EXPECT_EQ(fate_of(active, alone, limits(1000, 0), k_now), Fate::stays_empty);
}

struct RetentionOfALog : LogFixture {
  // Ten segments of a record each, a second apart, the first of them at the clock's time.
  std::unique_ptr<Log> ten_segments() {
    auto log = open();
    for (int i = 0; i < 10; ++i) {
      append(*log, {.timestamp_ms = clock_.wall_ms() + i * 1000});
      EXPECT_TRUE(log->roll());
    }
    log->update_high_watermark(log->log_end_offset());
    return log;
  }
};

TEST_F(RetentionOfALog, NewLimitsHoldFromTheNextLookOn) {
  config_.retention_ms = -1;
  auto log = ten_segments();
  const int64_t one = log->size_bytes() / 10;
  EXPECT_EQ(*log->delete_old_segments(), 0);
  config_.retention_bytes = 7 * one;
  log->update_config(config_);
  EXPECT_EQ(*log->delete_old_segments(), 3);
  config_.retention_bytes = -1;
  config_.retention_ms = 1000;
  log->update_config(config_);
  clock_.advance(milliseconds{1000 + 5000});
  EXPECT_EQ(*log->delete_old_segments(), 2) << "those of the seconds 3 and 4";
  EXPECT_EQ(log->log_start_offset(), Offset{5});
}

TEST_F(RetentionOfALog, ARecordFromTheFutureHoldsBackWhatFollowsIt) {
  config_.retention_ms = 1000;
  auto log = open();
  append(*log, {.timestamp_ms = clock_.wall_ms() + 100'000});
  ASSERT_TRUE(log->roll());
  append(*log, {.timestamp_ms = 1});
  ASSERT_TRUE(log->roll());
  log->update_high_watermark(log->log_end_offset());
  EXPECT_EQ(*log->delete_old_segments(), 0);
  clock_.advance(milliseconds{101'001});
  EXPECT_EQ(*log->delete_old_segments(), 2);
}

}  // namespace
}  // namespace samsa::log
