#include "record/batch.h"

#include <gtest/gtest.h>

#include "fixtures.h"
#include "record/builder.h"

namespace samsa::record {
namespace {

Bytes one_batch(const BatchFields& fields = {}) {
  BatchBuilder builder{fields};
  builder.append(1000, "k", "first");
  builder.append(3000, "k", "second");
  builder.append(2000, "k", "third");
  return *builder.build();
}

TEST(Batch, header_fields_are_those_that_were_written) {
  const Bytes bytes = one_batch({.codec = Codec::lz4,
                                 .base_offset = Offset{40},
                                 .producer_id = ProducerId{7},
                                 .producer_epoch = ProducerEpoch{3},
                                 .base_sequence = INT32_MAX - 1,
                                 .transactional = true,
                                 .leader_epoch = LeaderEpoch{9}});
  const auto batch = BatchView::parse(bytes);
  ASSERT_TRUE(batch) << batch.error();
  EXPECT_EQ(batch->base_offset(), Offset{40});
  EXPECT_EQ(batch->last_offset(), Offset{42});
  EXPECT_EQ(batch->next_offset(), Offset{43});
  EXPECT_EQ(batch->size_in_bytes(), bytes.size());
  EXPECT_EQ(batch->codec(), Codec::lz4);
  EXPECT_EQ(batch->first_timestamp(), 1000);
  EXPECT_EQ(batch->max_timestamp(), 3000);
  EXPECT_EQ(batch->producer_id(), ProducerId{7});
  EXPECT_EQ(batch->producer_epoch(), ProducerEpoch{3});
  EXPECT_EQ(batch->base_sequence(), INT32_MAX - 1);
  EXPECT_EQ(batch->last_sequence(), 0) << "sequences go on with 0 after the largest";
  EXPECT_TRUE(batch->is_transactional());
  EXPECT_FALSE(batch->is_control());
  EXPECT_EQ(batch->leader_epoch(), LeaderEpoch{9});
  EXPECT_EQ(batch->record_count(), 3);
  EXPECT_TRUE(batch->crc_ok());
}

TEST(Batch, offset_and_epoch_change_without_touching_the_checksum) {
  Bytes bytes = one_batch();
  MutableBatch batch{bytes.data(), bytes.size()};
  const uint32_t crc = batch.stored_crc();
  batch.set_last_offset(Offset{1002});
  batch.set_leader_epoch(LeaderEpoch{5});
  EXPECT_EQ(batch.base_offset(), Offset{1000});
  EXPECT_EQ(batch.leader_epoch(), LeaderEpoch{5});
  EXPECT_EQ(batch.stored_crc(), crc);
  EXPECT_TRUE(batch.crc_ok());
}

TEST(Batch, a_new_timestamp_type_comes_with_a_new_checksum) {
  for (const int8_t magic : {k_magic_v1, k_magic_v2}) {
    BatchBuilder builder{{.magic = magic, .codec = Codec::gzip}};
    builder.append(1000, "k", "v");
    Bytes bytes = *builder.build();
    MutableBatch batch{bytes.data(), bytes.size()};
    const uint32_t crc = batch.stored_crc();
    batch.set_max_timestamp(TimestampType::create_time, 1000);
    EXPECT_EQ(batch.stored_crc(), crc) << "nothing changed";
    batch.set_max_timestamp(TimestampType::log_append_time, 5000);
    EXPECT_NE(batch.stored_crc(), crc);
    EXPECT_TRUE(batch.crc_ok());
    EXPECT_EQ(batch.timestamp_type(), TimestampType::log_append_time);
    EXPECT_EQ(batch.codec(), Codec::gzip);
    EXPECT_EQ(records_of(bytes).at(0).timestamp_ms, 5000);
  }
}

TEST(Batch, a_flipped_bit_anywhere_under_the_checksum_shows) {
  for (const char* name : {"builder-m0-none", "builder-m1-gzip", "builder-m2-zstd"}) {
    Bytes bytes = fixture(name);
    const BatchView first = batches_of(bytes).at(0);
    const size_t covered_from = first.is_v2() ? layout::k_attributes : layout::k_magic + 1;
    for (size_t at = covered_from; at < first.size_in_bytes(); ++at) {
      bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
      EXPECT_FALSE(first.crc_ok()) << name << " at " << at;
      EXPECT_EQ(first.ensure_valid().error().code, Errc::corrupt_message);
      bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    }
    EXPECT_TRUE(first.crc_ok());
  }
}

TEST(BatchIterator, stops_before_a_truncated_tail_wherever_it_is_cut) {
  for (const char* name : {"datadir-txn", "datadir-magic0", "datadir-magic1"}) {
    const Bytes whole = fixture(name);
    std::vector<size_t> ends = {0};
    for (const BatchView batch : batches_of(whole))
      ends.push_back(ends.back() + batch.size_in_bytes());
    for (size_t size = 0; size < std::min<size_t>(whole.size(), 1500); ++size) {
      const Bytes cut =
          whole.substr(0, size);  // a heap block of its own, for the address sanitizer
      BatchIterator batches{BytesView(cut)};
      size_t count = 0;
      for (;;) {
        auto batch = batches.next();
        ASSERT_TRUE(batch) << batch.error();
        if (!*batch) break;
        ++count;
      }
      ASSERT_EQ(batches.position(), ends.at(count));
      EXPECT_GE(size, ends.at(count));
      EXPECT_LT(size, ends.at(count + 1));
      EXPECT_EQ(batches.truncated(), size != ends.at(count));
      EXPECT_EQ(batches.tail().size(), size - ends.at(count));
    }
  }
}

std::string fault_of(BytesView bytes, size_t max_size = INT32_MAX) {
  BatchIterator batches{bytes, max_size};
  for (;;) {
    auto batch = batches.next();
    if (!batch) {
      EXPECT_EQ(batch.error().code, Errc::corrupt_message);
      return batch.error().message;
    }
    if (!*batch) return "";
  }
}

TEST(BatchIterator, refuses_sizes_and_formats_that_cannot_be) {
  Bytes bytes = one_batch();
  const auto with_size = [&](int32_t size) {
    store_be(bytes.data() + layout::k_length, size);
    return fault_of(bytes);
  };
  EXPECT_EQ(with_size(13), "Record size 13 is less than the minimum record overhead (14)");
  EXPECT_EQ(with_size(-1), "Record size -1 is less than the minimum record overhead (14)");
  EXPECT_EQ(with_size(INT32_MIN),
            "Record size -2147483648 is less than the minimum record overhead (14)");
  EXPECT_EQ(
      with_size(48),
      "Record batch is corrupt (the size 60 is smaller than the minimum allowed overhead 61)");
  EXPECT_EQ(with_size(INT32_MAX), "") << "a truncated batch, for all one can tell";
  bytes = one_batch();
  EXPECT_EQ(fault_of(bytes, 20), "Record size " + std::to_string(bytes.size() - 12) +
                                     " exceeds the largest allowable message size (20).");
  bytes[layout::k_magic] = 3;
  EXPECT_EQ(fault_of(bytes), "Invalid magic found in record: 3");
  bytes[layout::k_magic] = -1;
  EXPECT_EQ(fault_of(bytes), "Invalid magic found in record: -1");
}

TEST(BatchIterator, judges_a_size_of_which_not_even_the_magic_is_there) {
  Bytes bytes = one_batch().substr(0, 14);
  EXPECT_EQ(fault_of(bytes), "");
  store_be(bytes.data() + layout::k_length, int32_t{1});
  EXPECT_EQ(fault_of(bytes), "Record size 1 is less than the minimum record overhead (14)");
}

TEST(Batch, codec_ids_that_kafka_does_not_have_are_refused) {
  Bytes bytes = one_batch();
  bytes[layout::k_attributes + 1] = 5;
  const Result<void> checked = BatchView::parse(bytes)->check_codec();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error(), (Error{Errc::unknown_server_error, "Unknown compression type id: 5"}));
}

TEST(Sequence, advances_and_retreats_around_the_largest_number) {
  EXPECT_EQ(advance_sequence(5, 3), 8);
  EXPECT_EQ(advance_sequence(INT32_MAX, 1), 0);
  EXPECT_EQ(advance_sequence(INT32_MAX - 2, 5), 2);
  EXPECT_EQ(retreat_sequence(2, 5), INT32_MAX - 2);
  EXPECT_EQ(retreat_sequence(0, 1), INT32_MAX);
}

}  // namespace
}  // namespace samsa::record
