#include "record/convert.h"

#include <gtest/gtest.h>

#include "fixtures.h"
#include "record/builder.h"

namespace samsa::record {
namespace {

std::vector<OwnedRecord> without_headers(std::vector<OwnedRecord> records, bool timestamps) {
  for (OwnedRecord& record : records) {
    record.headers.clear();
    if (!timestamps) record.timestamp_ms = -1;
  }
  return records;
}

TEST(DownConvert, keeps_records_offsets_and_codec_and_loses_headers) {
  for (const char* name :
       {"builder-m2-none", "builder-m2-gzip", "builder-m2-snappy", "builder-m2-lz4",
        "builder-m1-lz4", "builder-m1-none", "builder-m2-lz4-lat"}) {
    for (const int8_t to : {k_magic_v0, k_magic_v1}) {
      const Bytes log = fixture(name);
      auto converted = down_convert(log, {.to_magic = to, .first_offset = Offset{100}});
      ASSERT_TRUE(converted) << name << converted.error();
      EXPECT_EQ(converted->consumed, log.size());
      EXPECT_EQ(records_of(converted->bytes), without_headers(records_of(log), to > 0)) << name;
      for (const BatchView batch : batches_of(converted->bytes)) {
        EXPECT_LE(batch.magic(), to);
        EXPECT_EQ(batch.codec(), batches_of(log).at(0).codec());
        EXPECT_TRUE(batch.crc_ok());
      }
    }
  }
}

TEST(DownConvert, copies_what_is_old_enough_as_it_is) {
  const Bytes log = fixture("datadir-magic0");
  auto converted = down_convert(log, {.to_magic = k_magic_v1});
  ASSERT_TRUE(converted);
  EXPECT_EQ(converted->bytes, log);
  EXPECT_EQ(converted->stats.records_converted, 0);
}

TEST(DownConvert, starts_an_uncompressed_batch_at_the_readers_offset) {
  const Bytes plain = fixture("builder-m2-none");
  auto converted = down_convert(plain, {.first_offset = Offset{103}});
  ASSERT_TRUE(converted);
  EXPECT_EQ(records_of(converted->bytes).front().offset, 103);
  const Bytes compressed = fixture("builder-m2-gzip");
  converted = down_convert(compressed, {.first_offset = Offset{103}});
  EXPECT_EQ(records_of(converted->bytes).front().offset, 100) << "compressed ones stay whole";
}

TEST(DownConvert, leaves_out_transaction_markers) {
  const Bytes log = fixture("datadir-txn");
  auto converted = down_convert(log, {});
  ASSERT_TRUE(converted);
  EXPECT_EQ(converted->consumed, log.size());
  size_t data = 0;
  for (const BatchView batch : batches_of(log)) {
    if (!batch.is_control()) data += static_cast<size_t>(*batch.record_count());
  }
  EXPECT_EQ(records_of(converted->bytes).size(), data);
}

TEST(DownConvert, refuses_zstd_unless_something_came_before_it) {
  const Bytes zstd = fixture("builder-m2-zstd");
  auto refused = down_convert(zstd, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(),
            (Error{Errc::unsupported_compression_type,
                   "Down-conversion of zstandard-compressed batches is not supported"}));
  const Bytes plain = fixture("builder-m2-none");
  auto partly = down_convert(plain + zstd, {});
  ASSERT_TRUE(partly);
  EXPECT_EQ(partly->consumed, plain.size());
}

TEST(DownConvert, ends_before_the_batch_that_would_not_fit_but_never_before_the_first) {
  const Bytes log = fixture("datadir-plain-none");
  const size_t first = batches_of(log).at(0).size_in_bytes();
  auto converted = down_convert(log, {.max_bytes = 10});
  ASSERT_TRUE(converted);
  EXPECT_EQ(converted->consumed, first);
  EXPECT_EQ(records_of(converted->bytes).size(), 20U);
}

TEST(DownConvert, bounds_what_must_be_whole_in_memory) {
  BatchBuilder builder{{.codec = Codec::gzip}};
  for (int i = 0; i < 30; ++i) builder.append(i, "k", Bytes(1 << 20, 'v'));
  builder.append(30, "k", Bytes(3 << 20, 'v'));
  const Bytes log = *builder.build();
  const auto converted = down_convert(log, {});
  ASSERT_TRUE(converted);
  EXPECT_EQ(records_of(converted->bytes), without_headers(records_of(log), true));
  const auto refused = down_convert(log, {.limits = {SIZE_MAX, 2 << 20}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::message_too_large);
}

TEST(DownConvert, leaves_a_truncated_tail_alone) {
  const Bytes log = fixture("datadir-plain-none");
  const size_t first = batches_of(log).at(0).size_in_bytes();
  auto converted = down_convert(BytesView(log).substr(0, log.size() - 1), {});
  ASSERT_TRUE(converted);
  EXPECT_EQ(converted->consumed, first);
}

TEST(Filler, is_a_batch_that_no_reader_finds_whole) {
  for (const size_t size : {size_t{0}, size_t{12}, size_t{1000}, size_t{500'000}}) {
    const Bytes filler = unreadable_filler(size);
    BatchIterator batches{BytesView(filler).substr(0, std::max<size_t>(size, 1))};
    auto batch = batches.next();
    ASSERT_TRUE(batch);
    EXPECT_FALSE(*batch);
  }
}

}  // namespace
}  // namespace samsa::record
