// Idempotent and transactional producers, as Kafka 2.7 judges them.

#include "log_fixture.h"

namespace samsa::log {
namespace {

using record::ControlType;

struct ProducersTest : LogFixture {
  ProducersTest() : log_(open()) {}
  Errc code_of(const Records& records, Origin origin = Origin::client) {
    auto info = try_append(*log_, batch(records), 0, origin);
    return info ? Errc::none : info.error().error.code;
  }
  void append_some(int32_t count) {
    for (int32_t i = 0; i < count; ++i) append(*log_, {.producer = 5, .sequence = i});
  }
  std::unique_ptr<Log> log_;
};

TEST_F(ProducersTest, TheLastFiveBatchesAreRecognisedAndAnsweredWithTheirOffsets) {
  append_some(8);
  for (int32_t sequence = 3; sequence < 8; ++sequence) {
    auto again = try_append(*log_, batch({.producer = 5, .sequence = sequence}));
    ASSERT_TRUE(again) << sequence;
    EXPECT_TRUE(again->duplicate);
    EXPECT_EQ(again->first_offset, Offset{sequence});
    EXPECT_EQ(again->last_offset, Offset{sequence});
    EXPECT_EQ(again->log_append_time_ms, Records{}.timestamp_ms);
  }
  EXPECT_EQ(code_of({.producer = 5, .sequence = 2}), Errc::out_of_order_sequence_number);
  EXPECT_EQ(log_->log_end_offset(), Offset{8});
}

TEST_F(ProducersTest, ADuplicateIsTheSameRangeAndNotAPartOfIt) {
  append(*log_, {.count = 4, .producer = 5, .sequence = 0});
  EXPECT_EQ(code_of({.count = 3, .producer = 5, .sequence = 0}),
            Errc::out_of_order_sequence_number);
  EXPECT_TRUE(try_append(*log_, batch({.count = 4, .producer = 5, .sequence = 0}))->duplicate);
}

TEST_F(ProducersTest, AGapIsRefusedAndTheNextInOrderIsTaken) {
  append_some(2);
  EXPECT_EQ(code_of({.producer = 5, .sequence = 3}), Errc::out_of_order_sequence_number);
  EXPECT_EQ(code_of({.producer = 5, .sequence = 2}), Errc::none);
}

TEST_F(ProducersTest, SequencesGoOnWithZeroAfterTheLargest) {
  append(*log_, {.count = 3, .producer = 5, .sequence = INT32_MAX - 2});
  EXPECT_EQ(code_of({.producer = 5, .sequence = 0}), Errc::none);
  EXPECT_EQ(code_of({.producer = 5, .sequence = 1}), Errc::none);
}

TEST_F(ProducersTest, ABatchAcrossTheLargestSequenceIsRecognisedAgain) {
  append(*log_, {.producer = 5, .sequence = INT32_MAX - 1});
  const Records across{.count = 3, .producer = 5, .sequence = INT32_MAX};
  EXPECT_EQ(append(*log_, across), Offset{1});
  EXPECT_TRUE(try_append(*log_, batch(across))->duplicate);
  EXPECT_EQ(code_of({.producer = 5, .sequence = 2}), Errc::none);
}

TEST_F(ProducersTest, AnUnknownProducerMayBeginAnywhere) {  // KIP-360
  EXPECT_EQ(code_of({.producer = 5, .sequence = 42}), Errc::none);
  EXPECT_EQ(code_of({.producer = 5, .sequence = 43}), Errc::none);
}

TEST_F(ProducersTest, ANewEpochBeginsWithZeroAndAnOldOneIsFenced) {
  append_some(2);
  EXPECT_EQ(code_of({.producer = 5, .producer_epoch = 1, .sequence = 2}),
            Errc::out_of_order_sequence_number);
  EXPECT_EQ(code_of({.producer = 5, .producer_epoch = 1, .sequence = 0}), Errc::none);
  EXPECT_EQ(code_of({.producer = 5, .producer_epoch = 0, .sequence = 2}),
            Errc::invalid_producer_epoch);
  // What the old epoch wrote is no duplicate of the new one's.
  EXPECT_EQ(code_of({.producer = 5, .producer_epoch = 1, .sequence = 1}), Errc::none);
}

TEST_F(ProducersTest, ProducersDoNotDisturbEachOther) {
  append_some(3);
  EXPECT_EQ(code_of({.producer = 6, .sequence = 0}), Errc::none);
  EXPECT_EQ(code_of({.producer = 5, .sequence = 3}), Errc::none);
  EXPECT_EQ(log_->producer_count(), 2);
}

TEST_F(ProducersTest, ATransactionsProducerMayNotWriteOutsideOfIt) {
  append(*log_, {.producer = 5, .sequence = 0, .transactional = true});
  EXPECT_EQ(code_of({.producer = 5, .sequence = 1}), Errc::invalid_txn_state);
  end_transaction(*log_, 5, ControlType::commit);
  EXPECT_EQ(code_of({.producer = 5, .sequence = 1}), Errc::none);
}

TEST_F(ProducersTest, TheStableOffsetWaitsForTheMarkerToBeReplicated) {
  append(*log_, {.producer = 5, .transactional = true});
  append(*log_);
  end_transaction(*log_, 5, ControlType::commit);
  append(*log_);
  log_->update_high_watermark(Offset{2});
  EXPECT_EQ(log_->last_stable_offset(), Offset{0});
  log_->update_high_watermark(Offset{3});
  EXPECT_EQ(log_->last_stable_offset(), Offset{3});
  log_->update_high_watermark(Offset{4});
  EXPECT_EQ(log_->last_stable_offset(), Offset{4});
}

TEST_F(ProducersTest, ATruncationForgetsWhatWasCutAndNothingElse) {  // KAFKA-12153
  append_some(3);
  append(*log_, {.producer = 6, .transactional = true});
  append(*log_, {.producer = 5, .sequence = 3});
  ASSERT_TRUE(log_->truncate_to(Offset{2}));
  EXPECT_EQ(log_->first_unstable_offset(), std::nullopt);
  EXPECT_EQ(log_->producer_count(), 1);
  EXPECT_EQ(code_of({.producer = 5, .sequence = 3}), Errc::out_of_order_sequence_number);
  EXPECT_EQ(code_of({.producer = 5, .sequence = 2}), Errc::none);
}

TEST_F(ProducersTest, ATruncationIntoAnEarlierSegmentFindsThatSegmentsProducers) {
  config_.segment_bytes = 600;
  log_->update_config(config_);
  append_some(40);
  ASSERT_GT(log_->segment_count(), 4);
  ASSERT_TRUE(log_->truncate_to(Offset{11}));
  EXPECT_EQ(code_of({.producer = 5, .sequence = 12}), Errc::out_of_order_sequence_number);
  EXPECT_EQ(code_of({.producer = 5, .sequence = 11}), Errc::none);
}

TEST_F(ProducersTest, IdleProducersExpireButNotThoseInATransaction) {
  const int64_t now = clock_.wall_ms();
  append(*log_, {.timestamp_ms = now, .producer = 5});
  append(*log_, {.timestamp_ms = now, .producer = 6, .transactional = true});
  log_->remove_expired_producers(now + config_.producer_id_expiration_ms - 1);
  EXPECT_EQ(log_->producer_count(), 2);
  log_->remove_expired_producers(now + config_.producer_id_expiration_ms);
  EXPECT_EQ(log_->producer_count(), 1);
  EXPECT_EQ(log_->first_unstable_offset(), Offset{1});
}

TEST_F(ProducersTest, ASnapshotAtTheEndIsWrittenWhenClosingAndSurvivesRetention) {
  const int64_t now = clock_.wall_ms();
  append(*log_, {.timestamp_ms = now, .producer = 5});
  ASSERT_TRUE(log_->close());
  EXPECT_TRUE(fs::exists(file(1, ".snapshot")));
  log_ = open(true);
  EXPECT_EQ(log_->producer_count(), 1);
  ASSERT_TRUE(log_->roll());
  log_->update_high_watermark(Offset{1});
  ASSERT_TRUE(log_->maybe_increment_log_start_offset(Offset{1}));
  EXPECT_EQ(*log_->delete_old_segments(), 1);
  log_ = close_and_open(std::move(log_));
  EXPECT_EQ(log_->producer_count(), 1) << "what it wrote is gone, but it is not";
  EXPECT_EQ(code_of({.timestamp_ms = now, .producer = 5, .sequence = 5}),
            Errc::out_of_order_sequence_number);
}

TEST_F(ProducersTest, AnEmptySnapshotIsByteForByteKafkas) {
  append(*log_);
  ASSERT_TRUE(log_->close());
  EXPECT_EQ(*read_file(file(1, ".snapshot")), Bytes("\0\1\x48\x67\x4b\xc7\0\0\0\0", 10));
}

TEST_F(ProducersTest, FlushMessagesMakesEachAppendDurable) {
  config_.flush_messages = 1;
  log_->update_config(config_);
  append_some(3);
  EXPECT_EQ(log_->recovery_point(), Offset{3});
}

}  // namespace
}  // namespace samsa::log
