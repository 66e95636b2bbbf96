#include "log/log.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "record/record.h"
#include "test/temp_folder.h"

namespace samsa::log {
namespace {
namespace fs = std::filesystem;

class LogTest : public testing::Test {
 protected:
  std::unique_ptr<Log> open(bool clean = false, LogConfig config = {}) {
    LogPlace place{folder_.path() / "t-0", {"t", 0}, Offset{0}, Offset{0}, clean};
    auto log = Log::open(place, config);
    EXPECT_TRUE(log) << (log ? Error{} : log.error());
    return log ? std::move(*log) : nullptr;
  }
  // A control batch is the smallest whole batch at hand.
  static Bytes batch(int64_t producer = 7) {
    record::MarkerFields fields;
    fields.producer_id = ProducerId{producer};
    fields.producer_epoch = ProducerEpoch{0};
    fields.timestamp_ms = 1000;
    return record::end_transaction_batch(fields, {record::ControlType::commit, 0});
  }
  static Offset append(Log& log) {
    Bytes bytes = batch();
    auto info = log.append_as_leader(bytes, LeaderEpoch{3}, Origin::coordinator);
    EXPECT_TRUE(info) << (info ? Error{} : info.error().error);
    return info ? info->first_offset : k_no_offset;
  }
  TempFolder folder_;
};

TEST_F(LogTest, NumbersBatchesFromZeroAndServesThemUpToTheHighWatermark) {
  auto log = open();
  EXPECT_EQ(append(*log), Offset{0});
  EXPECT_EQ(append(*log), Offset{1});
  log->update_high_watermark(Offset{1});
  auto slice = log->read(Offset{0}, 1 << 20, Isolation::high_watermark, true);
  ASSERT_TRUE(slice);
  EXPECT_EQ(slice->length, static_cast<int64_t>(batch().size()));
  EXPECT_EQ(log->read(Offset{3}, 1, Isolation::log_end, true).error().code,
            Errc::offset_out_of_range);
  EXPECT_EQ(log->latest_epoch(), LeaderEpoch{3});
}

TEST_F(LogTest, CutsATornTailAtEveryByteAndKeepsWhatPrecedesIt) {
  const auto size = static_cast<int64_t>(batch().size());
  for (int64_t torn = 1; torn <= size; ++torn) {
    fs::remove_all(folder_.path() / "t-0");
    auto log = open();
    append(*log);
    append(*log);
    log.reset();
    fs::resize_file(folder_.path() / "t-0" / "00000000000000000000.log",
                    static_cast<uintmax_t>(2 * size - torn));
    EXPECT_EQ(open()->log_end_offset(), Offset{1}) << torn;
  }
}

TEST_F(LogTest, FindsEveryOffsetAgainAcrossSegmentsAfterACleanStop) {
  LogConfig config;
  config.segment_bytes = 500;
  config.index_interval_bytes = 100;
  {
    auto log = open(false, config);
    for (int64_t i = 0; i < 50; ++i) EXPECT_EQ(append(*log), Offset{i});
    EXPECT_GT(log->segment_count(), 5);
    EXPECT_TRUE(log->close());
  }
  auto log = open(true, config);
  EXPECT_EQ(log->log_end_offset(), Offset{50});
  for (int64_t i = 0; i < 50; ++i) {
    auto slice = log->read(Offset{i}, 1, Isolation::log_end, true);
    ASSERT_TRUE(slice);
    Bytes head(8, '\0');
    ASSERT_TRUE(read_at(slice->file->fd(), head, slice->position, "segment"));
    EXPECT_EQ(load_be<int64_t>(head.data()), i);
  }
  EXPECT_EQ(append(*log), Offset{50});
}

TEST_F(LogTest, TruncationMovesTheEndBackAndAppendsGoOnThere) {
  auto log = open();
  for (int i = 0; i < 5; ++i) append(*log);
  ASSERT_TRUE(log->truncate_to(Offset{2}));
  EXPECT_EQ(log->log_end_offset(), Offset{2});
  EXPECT_EQ(append(*log), Offset{2});
}

}  // namespace
}  // namespace samsa::log
