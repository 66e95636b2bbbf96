// Which log is to be cleaned, from where to where, and into how many segments.

#include "log/cleaner/dirt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "log/throttle.h"

namespace samsa::log {
namespace {

using testing::ElementsAre;

constexpr int64_t k_now_ms = 1'000'000;

// Segments of 100 offsets and 1000 bytes; the last one is active.
LogFacts log_of(int segments) {
  LogFacts log;
  for (int i = 0; i < segments; ++i)
    log.segments.push_back({.base = Offset{i * 100},
                            .size = 1000,
                            .largest_timestamp_ms = k_now_ms - 1000 + i * 100,
                            .first_timestamp_ms = k_now_ms - 1100 + i * 100});
  log.log_end = log.last_stable = Offset{segments * 100};
  return log;
}

TEST(Dirt, ALogThatWasNeverCleanedIsDirtyUpToItsActiveSegment) {
  const Dirt dirt = dirt_of(log_of(4), k_now_ms);
  EXPECT_EQ(dirt.first_dirty, Offset{0});
  EXPECT_EQ(dirt.first_uncleanable, Offset{300});
  EXPECT_EQ(dirt.clean_bytes, 0);
  EXPECT_EQ(dirt.cleanable_bytes, 3000);
  EXPECT_DOUBLE_EQ(dirt.ratio(), 1);
}

TEST(Dirt, WhatWasCleanedBeforeCountsAsClean) {
  LogFacts log = log_of(5);
  log.first_dirty = Offset{300};
  const Dirt dirt = dirt_of(log, k_now_ms);
  EXPECT_EQ(dirt.clean_bytes, 3000);
  EXPECT_EQ(dirt.cleanable_bytes, 1000);
  EXPECT_DOUBLE_EQ(dirt.ratio(), 0.25);
  EXPECT_FALSE(is_due(dirt, 0.25)) << "it must be more than the least";
  EXPECT_TRUE(is_due(dirt, 0.2));
}

TEST(Dirt, ALogOfAnActiveSegmentAloneHasNothingToClean) {
  const Dirt dirt = dirt_of(log_of(1), k_now_ms);
  EXPECT_EQ(dirt.total_bytes(), 0);
  EXPECT_FALSE(is_due(dirt, 0));
}

TEST(Dirt, ACleanLogIsNotDueEvenWhereAnyDirtWouldDo) {
  LogFacts log = log_of(3);
  log.first_dirty = Offset{200};
  const Dirt dirt = dirt_of(log, k_now_ms);
  EXPECT_EQ(dirt.cleanable_bytes, 0);
  EXPECT_FALSE(is_due(dirt, 0));
}

TEST(Dirt, NothingOfTheSegmentWithTheLastStableOffsetIsCleaned) {  // KAFKA-13194
  LogFacts log = log_of(5);
  log.last_stable = Offset{250};
  EXPECT_EQ(dirt_of(log, k_now_ms).first_uncleanable, Offset{200});
  log.last_stable = Offset{0};
  EXPECT_EQ(dirt_of(log, k_now_ms).cleanable_bytes, 0);
}

TEST(Dirt, YoungRecordsAreLeftAloneForTheMinimumLag) {
  LogFacts log = log_of(5);  // the newest records of segment i are 1000 - 100i ms old
  log.min_compaction_lag_ms = 850;
  EXPECT_EQ(dirt_of(log, k_now_ms).first_uncleanable, Offset{200});
  log.min_compaction_lag_ms = 5000;
  EXPECT_EQ(dirt_of(log, k_now_ms).cleanable_bytes, 0);
}

TEST(Dirt, ALogIsDueOnceItsOldestDirtIsOlderThanTheMaximumLag) {
  LogFacts log = log_of(5);
  log.first_dirty = Offset{300};
  log.max_compaction_lag_ms = 700;
  const Dirt overdue = dirt_of(log, k_now_ms);
  EXPECT_EQ(overdue.overdue_ms, 100);
  EXPECT_TRUE(is_due(overdue, 0.9));
  log.max_compaction_lag_ms = 800;
  EXPECT_FALSE(is_due(dirt_of(log, k_now_ms), 0.9));
}

TEST(Dirt, APositionOutsideOfTheLogIsTakenBackToItsStart) {
  LogFacts log = log_of(5);
  log.log_start = Offset{120};
  log.first_dirty = Offset{50};
  EXPECT_TRUE(dirt_of(log, k_now_ms).was_reset);
  EXPECT_EQ(dirt_of(log, k_now_ms).first_dirty, Offset{120});
  log.first_dirty = Offset{501};
  EXPECT_TRUE(dirt_of(log, k_now_ms).was_reset);
  EXPECT_EQ(dirt_of(log, k_now_ms).first_dirty, Offset{120});
}

TEST(Dirt, ALogThatStartsAboveItsActiveSegmentsBaseHasNothingToClean) {  // KAFKA-9133
  LogFacts log = log_of(2);
  log.log_start = Offset{150};
  const Dirt dirt = dirt_of(log, k_now_ms);
  EXPECT_EQ(dirt.cleanable_bytes, 0);
  EXPECT_FALSE(is_due(dirt, 0));
}

TEST(Grouping, SegmentsAreJoinedUpToTheSizeOfASegment) {
  const LogFacts log = log_of(7);
  EXPECT_THAT(group_segments(log.segments, 3000, 1 << 20, Offset{700}), ElementsAre(3, 3, 1));
  EXPECT_THAT(group_segments(log.segments, 2999, 1 << 20, Offset{700}), ElementsAre(2, 2, 2, 1));
  EXPECT_THAT(group_segments(log.segments, 10, 1 << 20, Offset{700}),
              ElementsAre(1, 1, 1, 1, 1, 1, 1));
  EXPECT_THAT(group_segments({}, 10, 1 << 20, Offset{0}), ElementsAre());
}

TEST(Grouping, IndexesAreBoundedToo) {
  LogFacts log = log_of(4);
  for (auto& segment : log.segments) segment.offset_index_bytes = 80;
  EXPECT_THAT(group_segments(log.segments, 1 << 20, 160, Offset{400}), ElementsAre(2, 2));
  for (auto& segment : log.segments) segment = {segment.base, segment.size, 0, 120};
  EXPECT_THAT(group_segments(log.segments, 1 << 20, 240, Offset{400}), ElementsAre(2, 2));
}

TEST(Grouping, OffsetsStayWithinWhatAnIndexCanTell) {
  std::vector<SegmentFacts> segments{{.base = Offset{0}, .size = 1},
                                     {.base = Offset{INT32_MAX - 10LL}, .size = 1},
                                     {.base = Offset{INT32_MAX + 1LL}, .size = 1}};
  EXPECT_THAT(group_segments(segments, 1000, 1000, Offset{INT32_MAX + 5LL}), ElementsAre(2, 1));
  segments[2].base = Offset{INT32_MAX + 2LL};
  EXPECT_THAT(group_segments(segments, 1000, 1000, Offset{INT32_MAX + 5LL}), ElementsAre(1, 2));
  EXPECT_THAT(group_segments(std::span(segments).first(2), 1000, 1000, Offset{INT32_MAX + 1LL}),
              ElementsAre(2));
}

TEST(Grouping, SegmentsWithoutRecordsJoinAnyOthers) {  // KAFKA-12889
  const std::vector<SegmentFacts> segments{{.base = Offset{0}, .size = 1},
                                           {.base = Offset{3LL << 31}, .size = 0},
                                           {.base = Offset{5LL << 31}, .size = 0},
                                           {.base = Offset{7LL << 31}, .size = 1}};
  EXPECT_THAT(group_segments(segments, 1000, 1000, Offset{(7LL << 31) + 1}), ElementsAre(3, 1));
}

TEST(Throttle, LetsThroughWhatTheRateAllowsAndSavesUpShortRests) {
  Throttle throttle{1000};
  const SteadyTime start{};
  EXPECT_EQ(throttle.spend(200, start), milliseconds{0});
  EXPECT_EQ(throttle.spend(300, start), milliseconds{500});
  EXPECT_EQ(throttle.spend(200, start + milliseconds{600}), milliseconds{0});
  EXPECT_EQ(throttle.spend(1000, start + milliseconds{600}), milliseconds{1200});
}

TEST(Throttle, AnUnlimitedRateNeverRests) {
  Throttle throttle{std::numeric_limits<double>::max()};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(throttle.spend(INT32_MAX, SteadyTime{}), milliseconds{0});
}

}  // namespace
}  // namespace samsa::log
