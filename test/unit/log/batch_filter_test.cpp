// What the cleaner leaves of a batch.

#include "log/cleaner/batch_filter.h"

#include <gmock/gmock.h>

#include "cleaner_fixture.h"

namespace samsa::log {
namespace {

using record::BatchFields;
using record::BatchView;
using record::Codec;
using record::ControlType;
using testing::ElementsAre;

struct BatchFilterTest : testing::Test {
  BatchFilterTest() { EXPECT_TRUE(map_.reset()); }

  // As if the log up to the offset had been looked at, with these last offsets.
  void know(const std::map<std::string, int64_t>& last, int64_t up_to) {
    for (const auto& [key, offset] : last) map_.put(key, Offset{offset});
    map_.set_latest_offset(Offset{up_to});
  }
  Bytes filtered(const Bytes& batch) {
    Bytes out;
    auto done = filter_.filter(*BatchView::parse(batch), rules_, out);
    EXPECT_TRUE(done) << (done ? Error{} : done.error());
    return out;
  }
  Entries left_of(const Bytes& batch) {
    Entries entries;
    EXPECT_TRUE(record::for_each_batch(filtered(batch), [&](BatchView left) {
      EXPECT_TRUE(left.ensure_valid());
      append_entries(left, entries);
    }));
    return entries;
  }
  static Bytes marker(int64_t producer, int64_t offset, ControlType type) {
    record::MarkerFields fields;
    fields.offset = Offset{offset};
    fields.producer_id = ProducerId{producer};
    fields.producer_epoch = ProducerEpoch{0};
    return record::end_transaction_batch(fields, {type, 0});
  }
  static BatchFields of_producer(int64_t id, int64_t offset, bool transactional = false) {
    BatchFields fields;
    fields.base_offset = Offset{offset};
    fields.producer_id = ProducerId{id};
    fields.producer_epoch = ProducerEpoch{0};
    fields.base_sequence = 0;
    fields.transactional = transactional;
    return fields;
  }

  KeyMap map_{24 * 1000};
  CleanedTransactions transactions_;
  LastRecords last_records_;
  BatchFilter::Rules rules_{.last_records = last_records_, .round_end = k_no_offset};
  BatchFilter filter_{map_, transactions_};
};

TEST_F(BatchFilterTest, TheLastRecordOfAKeyStaysAtItsOffset) {
  know({{"a", 12}, {"b", 11}}, 20);
  BatchFields fields;
  fields.base_offset = Offset{10};
  fields.leader_epoch = LeaderEpoch{7};
  const Bytes batch = batch_of({{10, "a", "1"}, {11, "b", "2"}, {12, "a", "3"}}, fields);
  EXPECT_EQ(left_of(batch), (Entries{{11, "b", "2"}, {12, "a", "3"}}));
}

TEST_F(BatchFilterTest, ABatchThatLosesNothingIsTheSameByteForByte) {
  know({{"a", 10}, {"b", 11}}, 20);
  BatchFields fields;
  fields.base_offset = Offset{10};
  fields.codec = Codec::gzip;
  const Bytes batch = batch_of({{10, "a", "1"}, {11, "b", "2"}}, fields);
  EXPECT_EQ(filtered(batch), batch);
}

TEST_F(BatchFilterTest, ABatchKeepsItsOffsetsSequenceEpochAndCodec) {
  know({{"a", 10}, {"b", 20}, {"c", 20}}, 30);
  for (const Codec codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    BatchFields fields = of_producer(5, 9);
    fields.base_sequence = 40;
    fields.leader_epoch = LeaderEpoch{3};
    fields.codec = codec;
    const Bytes left = filtered(batch_of({{9, "b", "x"}, {10, "a", "y"}, {11, "c", "z"}}, fields));
    const auto batch = BatchView::parse(left);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->base_offset(), Offset{9});
    EXPECT_EQ(batch->last_offset(), Offset{11});
    EXPECT_EQ(batch->last_sequence(), 42);
    EXPECT_EQ(batch->leader_epoch(), LeaderEpoch{3});
    EXPECT_EQ(batch->codec(), codec);
    EXPECT_EQ(batch->record_count(), 1);
    EXPECT_TRUE(batch->ensure_valid());
  }
}

TEST_F(BatchFilterTest, MaxTimestampIsThatOfWhatIsLeft) {
  know({{"a", 0}, {"b", 5}}, 10);
  record::BatchBuilder builder{{}};
  builder.append(100, "a", "1");
  builder.append(900, "b", "2");
  const Bytes left = filtered(*builder.build());
  EXPECT_EQ(BatchView::parse(left)->max_timestamp(), 100);
}

TEST_F(BatchFilterTest, LogAppendTimeStaysWhateverIsLeft) {
  know({{"a", 0}, {"b", 5}}, 10);
  BatchFields fields;
  fields.timestamp_type = record::TimestampType::log_append_time;
  fields.log_append_time_ms = 777;
  const Bytes left = filtered(batch_of({{-1, "a", "1"}, {-1, "b", "2"}}, fields));
  const auto batch = BatchView::parse(left);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->timestamp_type(), record::TimestampType::log_append_time);
  EXPECT_EQ(batch->max_timestamp(), 777);
  EXPECT_TRUE(record::for_each_record(
      *batch, [](const record::Record& record) { EXPECT_EQ(record.timestamp_ms, 777); }));
}

TEST_F(BatchFilterTest, HeadersStay) {
  know({{"a", 0}, {"b", 5}}, 10);
  record::BatchBuilder builder{{}};
  const std::vector<record::Header> headers{{"name", "value"}, {"empty", std::nullopt}};
  builder.append(1, "a", "1", headers);
  builder.append(1, "b", "2");
  const Bytes left = filtered(*builder.build());
  EXPECT_TRUE(record::for_each_record(*BatchView::parse(left), [&](const record::Record& record) {
    EXPECT_TRUE(std::ranges::equal(record.headers, headers));
  }));
}

TEST_F(BatchFilterTest, OlderFormatsAreWrittenAnewInTheirFormatAndCodec) {
  know({{"a", 10}, {"b", 30}, {"c", 12}}, 40);
  for (const int8_t magic : {record::k_magic_v0, record::k_magic_v1}) {
    for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4}) {
      BatchFields fields;
      fields.magic = magic;
      fields.codec = codec;
      fields.base_offset = Offset{10};
      const Bytes left =
          filtered(batch_of({{10, "a", "x"}, {11, "b", "y"}, {12, "c", "z"}}, fields));
      const auto batch = BatchView::parse(left);
      ASSERT_TRUE(batch);
      EXPECT_EQ(batch->magic(), magic);
      EXPECT_EQ(batch->codec(), codec);
      Entries entries;
      append_entries(*batch, entries);
      EXPECT_EQ(entries, (Entries{{10, "a", "x"}, {12, "c", "z"}}));
      EXPECT_EQ(batch->last_offset(), Offset{12});
    }
    BatchFields plain;
    plain.magic = magic;
    plain.base_offset = Offset{10};
    EXPECT_EQ(left_of(batch_of({{10, "a", "x"}}, plain)), (Entries{{10, "a", "x"}}));
    plain.base_offset = Offset{11};
    EXPECT_EQ(filtered(batch_of({{11, "b", "y"}}, plain)), "");
  }
}

TEST_F(BatchFilterTest, ACompressedMessageAroundOnesOfAnotherFormatIsMended) {  // KAFKA-4298
  know({{"a", 0}, {"b", 1}}, 10);
  BatchFields inner;
  inner.magic = record::k_magic_v0;
  const Bytes messages = batch_of({{0, "a", "x"}, {1, "b", "y"}}, inner);
  // What is inside of the wrapper, replaced by messages of format 0.
  Bytes wrapper;
  append_be(wrapper, int64_t{1});
  append_be(wrapper, int32_t{0});
  append_be(wrapper, uint32_t{0});
  wrapper += Bytes("\1\1", 2);  // magic 1, gzip
  append_be(wrapper, int64_t{500});
  append_be(wrapper, int32_t{-1});
  Bytes body;
  ASSERT_TRUE(record::compress(Codec::gzip, 1, messages, body));
  append_be(wrapper, static_cast<int32_t>(body.size()));
  wrapper += body;
  store_be(wrapper.data() + 8, static_cast<int32_t>(wrapper.size() - record::k_log_overhead));
  store_be(wrapper.data() + record::layout::k_legacy_crc,
           BatchView(wrapper.data(), wrapper.size()).computed_crc());
  const Bytes left = filtered(wrapper);
  EXPECT_NE(left, wrapper);
  EXPECT_TRUE(record::for_each_record(*BatchView::parse(left), [](const record::Record& record) {
    EXPECT_EQ(record.legacy_message[4], record::k_magic_v1);
  }));
}

TEST_F(BatchFilterTest, TombstonesStayUntilTheyMayGo) {
  know({{"a", 0}, {"b", 1}}, 10);
  const Bytes batch = batch_of({{-1, "a", std::nullopt}, {-1, "b", "2"}});
  EXPECT_EQ(filtered(batch), batch);
  rules_.keeps_deletes = false;
  EXPECT_EQ(left_of(batch), (Entries{{1, "b", "2"}}));
}

TEST_F(BatchFilterTest, WhatWasNotLookedAtStaysEvenAgainstTheRules) {
  know({{"a", 3}}, 3);
  rules_.keeps_deletes = false;
  BatchFields fields;
  fields.base_offset = Offset{3};
  EXPECT_EQ(left_of(batch_of({{3, "b", std::nullopt}, {4, "a", std::nullopt}}, fields)),
            (Entries{{4, "a", std::nullopt}}));
}

TEST_F(BatchFilterTest, RecordsWithoutAKeyGoAndAreCounted) {
  know({{"a", 1}}, 10);
  record::BatchBuilder builder{{}};
  builder.append(1, std::nullopt, "x");
  builder.append(1, "a", "y");
  EXPECT_EQ(left_of(*builder.build()), (Entries{{1, "a", "y"}}));
  EXPECT_EQ(filter_.counts().records_without_key, 1);
}

TEST_F(BatchFilterTest, AnActiveProducersLastBatchStaysAsAHeader) {
  know({{"a", 20}}, 30);
  const Bytes batch = batch_of({{10, "a", "1"}, {11, "a", "2"}}, of_producer(5, 10));
  EXPECT_EQ(filtered(batch), "");
  last_records_[ProducerId{5}] = {.data_offset = Offset{11}, .epoch = ProducerEpoch{0}};
  const Bytes left = filtered(batch);
  const auto header = BatchView::parse(left);
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->ensure_valid());
  EXPECT_EQ(header->record_count(), 0);
  EXPECT_EQ(header->base_offset(), Offset{10});
  EXPECT_EQ(header->last_offset(), Offset{11});
  EXPECT_EQ(header->last_sequence(), 1);
  EXPECT_EQ(header->producer_id(), ProducerId{5});
  last_records_[ProducerId{5}].data_offset = Offset{12};
  EXPECT_EQ(filtered(batch), "") << "not its last any more";
}

TEST_F(BatchFilterTest, AMarkerThatIsAProducersLastWordStaysAsAHeader) {
  know({}, 30);
  rules_.keeps_deletes = false;
  EXPECT_EQ(filtered(marker(5, 10, ControlType::commit)), "");
  last_records_[ProducerId{5}] = {.data_offset = std::nullopt, .epoch = ProducerEpoch{0}};
  const Bytes left = filtered(marker(5, 10, ControlType::commit));
  ASSERT_FALSE(left.empty());
  EXPECT_TRUE(BatchView::parse(left)->is_control());
  EXPECT_EQ(BatchView::parse(left)->record_count(), 0);
  last_records_[ProducerId{5}].epoch = ProducerEpoch{1};
  EXPECT_EQ(filtered(marker(5, 10, ControlType::commit)), "");
}

TEST_F(BatchFilterTest, TheLastBatchOfARoundStaysAsAHeader) {  // KAFKA-17076
  know({{"a", 20}}, 30);
  BatchFields fields;
  fields.base_offset = Offset{10};
  rules_.round_end = Offset{11};
  const Bytes left = filtered(batch_of({{10, "a", "1"}}, fields));
  ASSERT_FALSE(left.empty());
  EXPECT_EQ(BatchView::parse(left)->next_offset(), Offset{11});
  rules_.round_end = Offset{12};
  EXPECT_EQ(filtered(left), "") << "the header goes when it is not the last any more";
}

TEST_F(BatchFilterTest, AMarkerIsNotMistakenForARecordWithItsKey) {  // KAFKA-14055
  know({{record::encode_control_key(ControlType::commit), 50}}, 60);
  const Bytes data = batch_of({{10, "a", "1"}}, of_producer(5, 10, true));
  know({{"a", 10}}, 60);
  EXPECT_EQ(filtered(data), data);
  const Bytes commit = marker(5, 11, ControlType::commit);
  EXPECT_EQ(filtered(commit), commit);
}

TEST_F(BatchFilterTest, AnAbortedTransactionsRecordsGoAndThenItsMarker) {
  know({{"a", 10}}, 60);
  const std::vector<AbortedTransaction> aborted{
      {ProducerId{5}, Offset{10}, Offset{12}, Offset{13}}};
  transactions_.add_aborted(aborted);
  EXPECT_EQ(filtered(batch_of({{10, "a", "1"}}, of_producer(5, 10, true))), "");
  const Bytes other = batch_of({{11, "z", "1"}}, of_producer(6, 11));
  EXPECT_EQ(filtered(other), other) << "of no transaction";
  const Bytes abort = marker(5, 12, ControlType::abort);
  EXPECT_EQ(filtered(abort), abort) << "there were records of it in this round";
  EXPECT_EQ(transactions_.take_retained(), aborted);
  EXPECT_TRUE(transactions_.take_retained().empty());
  // The next round: nothing is left to mark.
  CleanedTransactions next;
  BatchFilter again{map_, next};
  next.add_aborted(aborted);
  Bytes out;
  ASSERT_TRUE(again.filter(*BatchView::parse(abort), rules_, out));
  EXPECT_EQ(out, abort) << "for delete.retention.ms";
  rules_.keeps_deletes = false;
  out.clear();
  next.add_aborted(aborted);
  ASSERT_TRUE(again.filter(*BatchView::parse(abort), rules_, out));
  EXPECT_EQ(out, "");
  EXPECT_TRUE(next.take_retained().empty());
}

TEST_F(BatchFilterTest, ACommitStaysAsLongAsThereAreBatchesOfItsTransaction) {
  know({{"a", 10}}, 60);
  rules_.keeps_deletes = false;
  const Bytes data = batch_of({{10, "a", "1"}}, of_producer(5, 10, true));
  const Bytes commit = marker(5, 11, ControlType::commit);
  EXPECT_EQ(filtered(data), data);
  EXPECT_EQ(filtered(commit), commit);
  EXPECT_EQ(filtered(marker(5, 12, ControlType::commit)), "") << "a marker of nothing";
}

TEST_F(BatchFilterTest, ACommittedTransactionAfterAnAbortedOneOfTheSameProducerStays) {
  know({{"a", 20}}, 60);
  const std::vector<AbortedTransaction> aborted{
      {ProducerId{5}, Offset{10}, Offset{11}, Offset{12}}};
  transactions_.add_aborted(aborted);
  EXPECT_EQ(filtered(batch_of({{10, "a", "1"}}, of_producer(5, 10, true))), "");
  EXPECT_NE(filtered(marker(5, 11, ControlType::abort)), "");
  const Bytes data = batch_of({{20, "a", "2"}}, of_producer(5, 20, true));
  EXPECT_EQ(filtered(data), data);
}

TEST_F(BatchFilterTest, ADamagedBatchIsNotGivenANewChecksum) {
  know({{"a", 0}, {"b", 5}}, 10);
  Bytes batch = batch_of({{-1, "a", "1"}, {-1, "b", "2"}});
  batch[record::layout::k_max_timestamp + 7] ^= 1;
  Bytes out;
  auto done = filter_.filter(*BatchView::parse(batch), rules_, out);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::corrupt_message);
}

}  // namespace
}  // namespace samsa::log
