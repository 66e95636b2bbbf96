#include "record/record.h"

#include <gtest/gtest.h>

#include "fixtures.h"
#include "record/builder.h"

namespace samsa::record {
namespace {

// A v2 batch with this body as it is, and this count; its checksum is of no interest here.
Bytes batch_with(BytesView body, int32_t count, Codec codec = Codec::none) {
  BatchBuilder builder{{}};
  builder.append(1000, "k", "v");
  Bytes bytes = builder.build()->substr(0, k_v2_overhead);
  EXPECT_TRUE(compress(codec, k_magic_v2, body, bytes));
  bytes[layout::k_attributes + 1] = static_cast<char>(codec);
  store_be(bytes.data() + layout::k_length, static_cast<int32_t>(bytes.size() - k_log_overhead));
  store_be(bytes.data() + layout::k_record_count, count);
  return bytes;
}

Error read_all(BytesView bytes, ReadDepth depth, size_t bound = k_default_max_decompressed_bytes) {
  const auto batch = BatchView::parse(bytes);
  EXPECT_TRUE(batch) << batch.error();
  RecordReader reader{*batch, depth, {bound}};
  for (;;) {
    auto record = reader.next();
    if (!record) return record.error();
    if (!*record) return {Errc::none, ""};
  }
}

Error full(BytesView body, int32_t count, Codec codec = Codec::none) {
  return read_all(batch_with(body, count, codec), ReadDepth::full);
}
Error skim(BytesView body, int32_t count, Codec codec = Codec::none) {
  return read_all(batch_with(body, count, codec), ReadDepth::skim);
}
Error invalid(std::string message) { return {Errc::invalid_record, std::move(message)}; }

// length, attributes, timestamp delta, offset delta, key "k", value "v", no headers
constexpr BytesView k_record{"\x10\0\0\0\2k\2v\0", 9};

TEST(RecordReader, counts_on_the_header) {
  for (const Codec codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    Bytes two(k_record);
    two.append(k_record);
    for (const auto& read : {full, skim}) {
      EXPECT_EQ(read(two, 2, codec).code, Errc::none) << name_of(codec);
      EXPECT_EQ(read(two, 1, codec),
                invalid("Incorrect declared batch size, records still remaining in file"));
      EXPECT_EQ(read(two, 3, codec),
                invalid("Incorrect declared batch size, premature EOF reached"));
      EXPECT_EQ(read(two, -1, codec), invalid("Found invalid record count -1 in magic v2 batch"));
    }
  }
}

TEST(RecordReader, refuses_records_that_lie_about_their_size) {
  Bytes longer(k_record);
  longer[0] = 0x12;
  EXPECT_EQ(full(longer, 1),
            invalid("Incorrect declared batch size, records still remaining in file"));
  EXPECT_EQ(full(longer + "x", 1),
            invalid("Invalid record size: expected to read 9 bytes in record "
                    "payload, but instead read 8"));
  EXPECT_EQ(full(longer + "x", 1, Codec::lz4),
            invalid("Invalid record size: expected to read 9 bytes in record payload, but instead "
                    "read 8"));
  EXPECT_EQ(
      skim(longer + "x", 1, Codec::lz4),
      invalid("Invalid record size: expected to read 9 bytes in record payload, but there are "
              "still bytes remaining"));
  Bytes negative(k_record);
  negative[0] = 0x01;
  EXPECT_EQ(full(negative, 1).code, Errc::invalid_record);
  EXPECT_EQ(full(negative, 1, Codec::zstd).code, Errc::invalid_record);
  EXPECT_EQ(skim(negative, 1, Codec::zstd).code, Errc::invalid_record);
}

TEST(RecordReader, refuses_varints_and_fields_that_do_not_end) {
  const Bytes endless_length(12, '\xff');
  const Bytes long_key{"\x10\0\0\0\xfe\xff\xff\xff\x0fv\0\0\0\0", 14};
  for (const Codec codec : {Codec::none, Codec::gzip}) {
    EXPECT_EQ(full(endless_length, 1, codec).code, Errc::unknown_server_error);
    EXPECT_EQ(full(long_key, 1, codec), invalid("Found invalid record structure"));
  }
}

TEST(RecordReader, refuses_header_counts_that_the_record_cannot_hold) {
  const Bytes many{"\x18\0\0\0\2k\2v\xfe\xff\xff\xff\x0f", 13};
  const Bytes negative{"\x10\0\0\0\2k\2v\x01", 9};
  const Bytes negative_key{"\x14\0\0\0\2k\2v\2\x01\0", 11};
  for (const Codec codec : {Codec::none, Codec::snappy}) {
    for (const auto& read : {full, skim}) {
      EXPECT_EQ(read(many, 1, codec), invalid("Found invalid record structure"));
      EXPECT_EQ(read(negative, 1, codec), invalid("Found invalid number of record headers -1"));
      EXPECT_EQ(read(negative_key, 1, codec), invalid("Invalid negative header key size -1"));
    }
  }
}

Bytes large_records() {
  BatchBuilder builder{{.codec = Codec::lz4}};
  const Header header{"name", BytesView("value")};
  for (int i = 0; i < 20; ++i) {
    builder.append(i, "key", std::string(static_cast<size_t>(i) * 30'000, 'v'), {&header, 1});
  }
  return *builder.build();
}

TEST(RecordReader, skims_records_larger_than_its_window) {
  const Bytes bytes = large_records();
  RecordReader all{*BatchView::parse(bytes)};
  RecordReader skimmed{*BatchView::parse(bytes), ReadDepth::skim};
  for (int i = 0; i < 20; ++i) {
    auto expected = all.next();
    auto record = skimmed.next();
    ASSERT_TRUE(expected && record && *expected && *record);
    EXPECT_EQ((*record)->offset, (*expected)->offset);
    EXPECT_EQ((*record)->timestamp_ms, (*expected)->timestamp_ms);
    EXPECT_EQ((*record)->size_in_bytes, (*expected)->size_in_bytes);
    EXPECT_EQ((*record)->key_size, 3);
    EXPECT_EQ((*record)->value_size, i * 30'000);
  }
  EXPECT_EQ(*all.next(), nullptr);
  EXPECT_EQ(*skimmed.next(), nullptr);
}

TEST(RecordReader, skims_large_malformed_records_with_the_same_answers) {
  // A record of 40,000 bytes whose value claims to reach beyond it.
  Bytes body;
  append_varint(body, 40'000);
  body += BytesView("\0\0\0\1\1", 5);
  body[body.size() - 1] = 0;
  append_varint(body, 50'000);
  body.append(60'000, 'v');
  EXPECT_EQ(skim(body, 1, Codec::lz4),
            invalid("Invalid record size: expected to read more bytes in record payload"));
  Bytes cut;
  append_varint(cut, 40'000);
  cut += BytesView("\0\0\0\1", 4);
  append_varint(cut, 39'000);
  cut.append(20'000, 'v');
  EXPECT_EQ(skim(cut, 1, Codec::lz4),
            invalid("Incorrect declared batch size, premature EOF reached"));
}

TEST(RecordReader, stops_at_the_bound_of_decompressed_bytes) {
  Bytes bomb;
  append_varint(bomb, 24 << 20);
  bomb += BytesView("\0\0\0\1", 4);
  append_varint(bomb, (24 << 20) - 20);
  bomb.append(24 << 20, '\0');
  for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    const Bytes bytes = batch_with(bomb, 1, codec);
    EXPECT_EQ(read_all(bytes, ReadDepth::full, 1 << 20).code, Errc::message_too_large);
    EXPECT_EQ(read_all(bytes, ReadDepth::skim, 1 << 20).code, Errc::message_too_large);
  }
}

TEST(RecordReader, survives_every_truncation_and_flipped_byte_of_real_batches) {
  for (const char* name :
       {"builder-m0-lz4", "builder-m1-gzip", "builder-m1-none", "builder-m2-zstd",
        "builder-m2-snappy", "builder-m2-none", "builder-m2-gzip-lat"}) {
    const Bytes good = fixture(name);
    const size_t end = std::min<size_t>(good.size(), 700);
    for (size_t at = 0; at < end; ++at) {
      for (const char flip : {'\x01', '\x80', '\xff'}) {
        Bytes bad = good;
        bad[at] = static_cast<char>(bad[at] ^ flip);
        for (const ReadDepth depth : {ReadDepth::full, ReadDepth::skim}) {
          BatchIterator batches{BytesView(bad)};
          auto batch = batches.next();
          if (!batch || !*batch) continue;
          RecordReader reader{**batch, depth, {4 << 20}};
          size_t seen = 0;
          for (auto record = reader.next(); record && *record; record = reader.next()) {
            for (const Header& header : (*record)->headers) seen += header.key.size();
            seen += (*record)->key.value_or("").size() + (*record)->value.value_or("").size();
          }
          EXPECT_LE(seen, size_t{8} << 20);
        }
      }
    }
  }
}

TEST(RecordReader, adds_offsets_and_timestamps_that_leave_their_range_without_harm) {
  Bytes bytes = batch_with(Bytes{"\x12\0\2\2\2k\2v\0\0", 9}.replace(0, 1, "\x10"), 1);
  store_be(bytes.data(), INT64_MAX);
  store_be(bytes.data() + layout::k_first_timestamp, INT64_MAX);
  store_be(bytes.data() + layout::k_last_offset_delta, INT32_MAX);
  const auto records = records_of(bytes);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].offset, INT64_MIN);
  EXPECT_EQ(records[0].timestamp_ms, INT64_MIN);
  EXPECT_LT(BatchView::parse(bytes)->last_offset(), Offset{0});
}

TEST(LegacyReader, refuses_what_kafka_refuses) {
  const auto fault = [](Bytes bytes) {
    RecordReader reader{*BatchView::parse(bytes)};
    for (auto record = reader.next();; record = reader.next()) {
      if (!record) return record.error().message;
      if (!*record) return std::string();
    }
  };
  Bytes wrapper = fixture("builder-m1-gzip");
  store_be(wrapper.data(), int64_t{5});
  EXPECT_EQ(fault(wrapper),
            "Found invalid wrapper offset in compressed v1 message set, wrapper offset '5' is less "
            "than the last inner message offset '10' and it is not zero.");
  store_be(wrapper.data(), int64_t{0});
  EXPECT_EQ(fault(wrapper), "") << "librdkafka once wrote 0";
  EXPECT_EQ(records_of(wrapper).back().offset, 10);

  Bytes zstd = fixture("builder-m1-gzip");
  zstd[layout::k_legacy_attributes] = 4;
  EXPECT_EQ(fault(zstd), "Invalid wrapper compressionType found in legacy deep record iterator 1");

  Bytes null_value = fixture("builder-m0-none").substr(0, 38);
  null_value[layout::k_legacy_attributes] = 1;
  store_be(null_value.data() + layout::k_v0_key, int32_t{-1});
  store_be(null_value.data() + layout::k_v0_key + 4, int32_t{-1});
  EXPECT_EQ(fault(null_value), "Found invalid compressed record set with null value (magic = 0)");
}

TEST(LegacyReader, refuses_compressed_messages_inside_compressed_ones) {
  const Bytes inner = fixture("builder-m0-gzip");
  BatchBuilder shape{{.magic = 0, .codec = Codec::gzip}};
  shape.append(-1, "k", "v");
  Bytes bytes = shape.build()->substr(0, 22);
  Bytes value;
  ASSERT_TRUE(compress(Codec::gzip, 0, inner, value));
  append_be(bytes, static_cast<int32_t>(value.size()));
  bytes += value;
  store_be(bytes.data() + layout::k_length, static_cast<int32_t>(bytes.size() - k_log_overhead));
  RecordReader reader{*BatchView::parse(bytes)};
  EXPECT_EQ(reader.next().error(), invalid("Inner messages must not be compressed"));
}

TEST(FirstOffset, of_a_compressed_message_is_its_first_inner_one) {
  const Bytes v2 = fixture("builder-m2-lz4");
  EXPECT_EQ(*first_offset(*BatchView::parse(v2)), Offset{100});
  const Bytes v1 = fixture("builder-m1-lz4");
  EXPECT_EQ(BatchView::parse(v1)->base_offset(), Offset{110});
  EXPECT_EQ(*first_offset(*BatchView::parse(v1)), Offset{100});
  const Bytes v0 = fixture("builder-m0-snappy");
  EXPECT_EQ(*first_offset(*BatchView::parse(v0)), Offset{100});
}

}  // namespace
}  // namespace samsa::record
