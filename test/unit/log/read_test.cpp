// What a read gives, and what it costs.

#include "log_fixture.h"

namespace samsa::log {
namespace {

struct ReadTest : LogFixture {
  int64_t calls_of_read(const Log& log, int64_t from, int32_t max_bytes,
                        Isolation isolation = Isolation::log_end) {
    Result<ReadSlice> slice = Errc::unknown_server_error;
    const auto cost =
        ReadCost::of([&] { slice = log.read(Offset{from}, max_bytes, isolation, true); });
    EXPECT_TRUE(slice);
    EXPECT_EQ(first_offset_of(*slice), from);
    return cost.calls;
  }
};

TEST_F(ReadTest, AtTheEndReadsNothingBeforeSending) {
  auto log = open();
  for (int64_t i = 0; i < 200; ++i) {
    append(*log, {.value_bytes = 300});
    EXPECT_EQ(calls_of_read(*log, i, 1 << 20), 0);
  }
}

TEST_F(ReadTest, AtTheHighWatermarkReadsNothingBeforeSending) {
  auto log = open();
  append(*log);
  for (int64_t i = 1; i < 200; ++i) {
    append(*log, {.value_bytes = 300});
    log->update_high_watermark(Offset{i});
    EXPECT_EQ(calls_of_read(*log, i - 1, 1 << 20, Isolation::high_watermark), 0);
  }
}

TEST_F(ReadTest, GoingThroughFullSegmentsReadsOneStretchAFetchAndSeldomTheIndex) {
  config_.segment_bytes = 10'000'000;
  auto log = open();
  for (int i = 0; i < 300; ++i) append(*log, {.value_bytes = 100'000});
  log = close_and_open(std::move(log));
  int64_t calls = 0, fetches = 0;
  for (int64_t at = 0; at < 290; at += 10, ++fetches) calls += calls_of_read(*log, at, 1'000'000);
  EXPECT_LE(calls, fetches * 2 + 15);
}

TEST_F(ReadTest, LooksUpALargeIndexWithoutReadingAllOfIt) {
  config_.index_interval_bytes = 1;
  auto log = open();
  constexpr int k_batches = 20'000;
  for (int i = 0; i < k_batches; ++i) append(*log);
  ASSERT_TRUE(log->roll());
  log = close_and_open(std::move(log));
  ASSERT_GT(fs::file_size(file(0, ".index")), 150'000u);
  for (const int64_t at : {0, 1, 17'000, 9'999, 19'999, 512, 511, 513}) {
    const auto cost = ReadCost::of([&] {
      EXPECT_EQ(first_offset_of(*log->read(Offset{at}, 10, Isolation::log_end, true)), at);
    });
    EXPECT_LT(cost.bytes, 16'000) << at;
  }
}

TEST_F(ReadTest, EndsAtTheBoundOfItsIsolation) {
  auto log = open();
  for (int i = 0; i < 4; ++i) append(*log);
  const int64_t one = log->size_bytes() / 4;
  log->update_high_watermark(Offset{3});
  EXPECT_EQ(log->read(Offset{0}, 1 << 20, Isolation::log_end, true)->length, 4 * one);
  EXPECT_EQ(log->read(Offset{0}, 1 << 20, Isolation::high_watermark, true)->length, 3 * one);
  EXPECT_EQ(log->read(Offset{3}, 1 << 20, Isolation::high_watermark, true)->length, 0);
  EXPECT_EQ(log->read(Offset{4}, 1 << 20, Isolation::log_end, true)->length, 0);
}

TEST_F(ReadTest, ABatchTooLargeIsWholeWhereOneMessageIsAskedForAndMarkedWhereNot) {
  auto log = open();
  append(*log, {.value_bytes = 5000});
  const auto whole = log->read(Offset{0}, 100, Isolation::log_end, true);
  EXPECT_EQ(whole->length, log->size_bytes());
  EXPECT_FALSE(whole->first_batch_incomplete);
  const auto part = log->read(Offset{0}, 100, Isolation::log_end, false);
  EXPECT_EQ(part->length, 100);
  EXPECT_TRUE(part->first_batch_incomplete);
}

TEST_F(ReadTest, AfterATruncationTheEndIsFoundWhereItIsNow) {
  auto log = open();
  for (int i = 0; i < 10; ++i) append(*log, {.value_bytes = 300});
  ASSERT_TRUE(log->truncate_to(Offset{5}));
  append(*log, {.value_bytes = 10});
  append(*log, {.value_bytes = 10});
  for (int64_t at = 0; at < 7; ++at)
    EXPECT_EQ(first_offset_of(*log->read(Offset{at}, 1 << 20, Isolation::log_end, true)), at);
}

TEST_F(ReadTest, AReaderWithinABatchGetsAllOfIt) {
  auto log = open();
  append(*log, {.count = 10});
  append(*log, {.count = 10});
  EXPECT_EQ(first_offset_of(*log->read(Offset{7}, 1 << 20, Isolation::log_end, true)), 0);
  EXPECT_EQ(first_offset_of(*log->read(Offset{10}, 1 << 20, Isolation::log_end, true)), 10);
}

TEST_F(ReadTest, AbortedTransactionsAreThoseThatTheSliceMayHold) {
  config_.segment_bytes = 3000;
  config_.index_interval_bytes = 100;
  auto log = open();
  for (int64_t producer = 1; producer <= 40; ++producer) {
    append(*log, {.value_bytes = 100, .producer = producer, .transactional = true});
    end_transaction(*log, producer, record::ControlType::abort);
  }
  ASSERT_GT(log->segment_count(), 3);
  log->update_high_watermark(log->log_end_offset());
  const auto first = log->read(Offset{0}, 100, Isolation::txn_committed, true);
  ASSERT_FALSE(first->aborted.empty());
  EXPECT_EQ(first->aborted[0].first_offset, Offset{0});
  EXPECT_LE(first->aborted.size(), 3u);
  const auto last = log->read(Offset{78}, 1 << 20, Isolation::txn_committed, true);
  ASSERT_EQ(last->aborted.size(), 1u);
  EXPECT_EQ(last->aborted[0].producer_id, ProducerId{40});
}

TEST_F(ReadTest, AReadOfWhatRetentionTookIsOutOfRangeAndNoFaultOfTheDisk) {
  config_.segment_bytes = 600;
  config_.retention_bytes = 600;
  config_.file_delete_delay_ms = 0;
  auto log = open();
  for (int i = 0; i < 50; ++i) append(*log);
  log->update_high_watermark(Offset{50});
  auto held = log->read(Offset{0}, 100, Isolation::log_end, true);
  ASSERT_TRUE(log->delete_old_segments());
  log->reap_deleted_files(clock_.wall_ms());
  EXPECT_EQ(first_offset_of(*held), 0) << "a reply under way goes on";
  EXPECT_EQ(log->read(Offset{0}, 100, Isolation::log_end, true).error().code,
            Errc::offset_out_of_range);
  EXPECT_TRUE(log->is_healthy());
}

TEST_F(ReadTest, TimestampsAreFoundAcrossSegments) {
  config_.segment_bytes = 2000;
  config_.index_interval_bytes = 100;
  auto log = open();
  for (int i = 0; i < 200; ++i) append(*log, {.timestamp_ms = 1000 + 10 * i});
  log = close_and_open(std::move(log));
  for (const int i : {0, 1, 57, 100, 199}) {
    EXPECT_EQ((*log->offset_for_timestamp(1000 + 10 * i))->offset, Offset{i});
    EXPECT_EQ((*log->offset_for_timestamp(1000 + 10 * i - 9))->offset, Offset{i});
  }
  EXPECT_EQ(*log->offset_for_timestamp(1000 + 2000), std::nullopt);
}

}  // namespace
}  // namespace samsa::log
