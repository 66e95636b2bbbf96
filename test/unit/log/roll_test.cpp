// When a segment is full, old enough or out of offsets.

#include "log_fixture.h"

namespace samsa::log {
namespace {

struct RollTest : LogFixture {
  static constexpr int64_t k_hour_ms = 3'600'000;
};

TEST_F(RollTest, AgeCountsFromTheFirstBatchsTimestampAlsoAfterAReopening) {
  config_.segment_ms = 7 * k_hour_ms;
  auto log = open();
  append(*log, {.timestamp_ms = 1 * k_hour_ms});
  log = close_and_open(std::move(log));
  append(*log, {.timestamp_ms = 8 * k_hour_ms});
  EXPECT_EQ(log->segment_count(), 1);
  append(*log, {.timestamp_ms = 8 * k_hour_ms + 1});
  EXPECT_EQ(log->segment_count(), 2);
}

TEST_F(RollTest, AgeCountsFromTheOpeningWhereTheFirstBatchHasNoTimestamp) {
  config_.segment_ms = 7 * k_hour_ms;
  config_.message_format = record::k_magic_v0;
  auto log = open();
  const auto old_message = [] {
    record::BatchBuilder builder{{.magic = record::k_magic_v0}};
    builder.append(-1, std::nullopt, BytesView("value"));
    return *builder.build();
  };
  ASSERT_TRUE(try_append(*log, old_message()));
  clock_.advance(milliseconds{7 * k_hour_ms});
  ASSERT_TRUE(try_append(*log, old_message()));
  EXPECT_EQ(log->segment_count(), 1);
  clock_.advance(milliseconds{1});
  ASSERT_TRUE(try_append(*log, old_message()));
  EXPECT_EQ(log->segment_count(), 2);
}

TEST_F(RollTest, AnOldRecordDoesNotRollASegmentOfNewerOnes) {
  config_.segment_ms = k_hour_ms;
  auto log = open();
  append(*log, {.timestamp_ms = 100 * k_hour_ms});
  clock_.advance(milliseconds{50 * k_hour_ms});
  append(*log, {.timestamp_ms = 1});
  EXPECT_EQ(log->segment_count(), 1);
}

TEST_F(RollTest, JitterIsDrawnForEachSegmentWithinItsBound) {
  config_.segment_ms = 1000;
  config_.segment_jitter_ms = 400;
  int early = 0;
  for (int i = 0; i < 40; ++i) {
    fs::remove_all(dir());
    auto log = open();
    append(*log, {.timestamp_ms = 1'000'000});
    append(*log, {.timestamp_ms = 1'000'000 + 600});
    EXPECT_EQ(log->segment_count(), 1);
    append(*log, {.timestamp_ms = 1'000'000 + 800});
    early += log->segment_count() == 2;
  }
  EXPECT_GT(early, 0);
  EXPECT_LT(early, 40);
}

TEST_F(RollTest, OffsetsTooFarFromTheBaseGoIntoASegmentOfTheirOwn) {
  auto log = open();
  append(*log);
  constexpr int64_t k_far = 5'000'000'000;
  for (const int64_t base : {k_far, 2 * k_far}) {
    record::BatchBuilder builder{{.base_offset = Offset{base}, .leader_epoch = LeaderEpoch{0}}};
    builder.append(1000, std::nullopt, BytesView("value"));
    Bytes bytes = *builder.build();
    ASSERT_TRUE(log->append_as_follower(bytes));
    EXPECT_EQ(first_offset_of(*log->read(Offset{base}, 100, Isolation::log_end, true)), base);
  }
  EXPECT_EQ(log->segment_count(), 3);
  EXPECT_TRUE(fs::exists(file(2 * k_far, ".log")));
  // A reader within the gap gets what follows it.
  EXPECT_EQ(first_offset_of(*log->read(Offset{7}, 100, Isolation::log_end, true)), k_far);
}

TEST_F(RollTest, ABatchWithoutRoomBeginsASegmentEvenIfItsProducerIsThenRefused) {
  config_.segment_bytes = 100;
  auto log = open();
  append(*log, {.producer = 5, .sequence = 0});
  EXPECT_FALSE(try_append(*log, batch({.producer = 5, .sequence = 7})));
  EXPECT_EQ(log->segment_count(), 2);
  EXPECT_FALSE(try_append(*log, batch({.producer = 5, .sequence = 7})));
  EXPECT_EQ(log->segment_count(), 2);
}

TEST_F(RollTest, EveryRollLeavesAProducerSnapshotAndOldOnesGoWithTheCheckpoint) {
  config_.segment_bytes = 600;
  auto log = open();
  for (int i = 0; i < 60; ++i) append(*log);
  const auto snapshots = [&] {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(dir()))
      if (entry.path().extension() == ".snapshot") names.push_back(entry.path().stem());
    std::sort(names.begin(), names.end());
    return names;
  };
  EXPECT_EQ(static_cast<int>(snapshots().size()), log->segment_count() - 1);
  log->prune_snapshots(Offset{0});
  EXPECT_EQ(static_cast<int>(snapshots().size()), log->segment_count() - 1);
  const auto all = snapshots();
  log->prune_snapshots(Offset{60});
  EXPECT_EQ(snapshots(), (std::vector{all[all.size() - 2], all.back()}));
}

}  // namespace
}  // namespace samsa::log
