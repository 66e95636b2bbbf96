#include "record/builder.h"

#include <gtest/gtest.h>

#include "fixtures.h"

namespace samsa::record {
namespace {

BatchFields fields_of(BatchView batch, Offset base_offset) {
  BatchFields fields{.magic = batch.magic(),
                     .codec = batch.codec(),
                     .timestamp_type = batch.timestamp_type(),
                     .base_offset = base_offset,
                     .log_append_time_ms = batch.max_timestamp(),
                     .producer_id = batch.producer_id(),
                     .producer_epoch = batch.producer_epoch(),
                     .base_sequence = batch.base_sequence(),
                     .transactional = batch.is_transactional(),
                     .control = batch.is_control(),
                     .leader_epoch = batch.leader_epoch()};
  return fields;
}

// The batch's records through our builder.
Bytes rebuilt(BatchView batch) {
  BatchBuilder builder{fields_of(batch, *first_offset(batch))};
  Result<void> copied = for_each_record(batch, [&](const Record& r) { builder.append(r); });
  EXPECT_TRUE(copied) << copied.error();
  if (batch.is_v2()) builder.override_last_offset(batch.last_offset());
  auto built = builder.build();
  EXPECT_TRUE(built) << built.error();
  return built ? std::move(*built) : Bytes{};
}

TEST(Builder, writes_uncompressed_batches_byte_for_byte_like_kafka) {
  int compared = 0;
  for (const std::string& name : fixtures("")) {
    // A broker has stamped these with a later first timestamp than their producer's, which records
    // cannot tell.
    if (name.find("logappend") != std::string::npos || name.find("-lat") != std::string::npos)
      continue;
    const Bytes log = fixture(name);
    for (const BatchView batch : batches_of(log)) {
      if (batch.is_compressed()) continue;
      EXPECT_EQ(rebuilt(batch), batch.bytes()) << name << ' ' << batch.to_string();
      ++compared;
    }
  }
  EXPECT_GT(compared, 40);
}

TEST(Builder, writes_gzip_snappy_and_lz4_byte_for_byte_like_kafka) {
  for (const char* name :
       {"builder-m0-gzip", "builder-m1-gzip", "builder-m2-gzip", "builder-m0-lz4", "builder-m1-lz4",
        "builder-m2-lz4", "builder-m2-snappy"}) {
    const Bytes log = fixture(name);
    EXPECT_EQ(rebuilt(batches_of(log).at(0)), log) << name;
  }
}

TEST(Builder, gives_back_what_it_was_given_in_every_format_and_codec) {
  for (const int8_t magic : {k_magic_v0, k_magic_v1, k_magic_v2}) {
    for (const Codec codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
      if (codec == Codec::zstd && magic < k_magic_v2) continue;
      BatchBuilder builder{{.magic = magic, .codec = codec, .base_offset = Offset{500}}};
      std::vector<OwnedRecord> expected;
      for (int i = 0; i < 200; ++i) {
        OwnedRecord record{
            500 + i * 2, magic == k_magic_v0 ? -1 : 1000 + (i * 37) % 100, {}, {}, {}};
        if (i % 3 != 0) record.key = "key" + std::to_string(i);
        if (i % 5 != 0)
          record.value = std::string(static_cast<size_t>(i * i), static_cast<char>('a' + i % 26));
        if (magic == k_magic_v2 && i % 7 == 0)
          record.headers = {{"h", "v"}, {"n", std::nullopt}, {"", ""}};
        std::vector<Header> headers;
        for (const auto& [key, value] : record.headers) headers.push_back({key, value});
        builder.append_at(Offset{record.offset}, record.timestamp_ms, record.key, record.value,
                          headers);
        expected.push_back(record);
      }
      auto built = builder.build();
      ASSERT_TRUE(built) << built.error();
      EXPECT_EQ(records_of(*built), expected) << "magic " << int{magic} << ' ' << name_of(codec);
      EXPECT_TRUE(BatchView::parse(*built)->crc_ok());
    }
  }
}

TEST(Builder, knows_the_size_before_the_batch_is_built) {
  for (const int8_t magic : {k_magic_v0, k_magic_v1, k_magic_v2}) {
    BatchBuilder builder{{.magic = magic}};
    for (int i = 0; i < 100; ++i) {
      const std::string value(static_cast<size_t>(i) * 3, 'v');
      const size_t before = builder.uncompressed_size();
      const size_t said = builder.size_of(1000 + i * 100, "key", value);
      builder.append(1000 + i * 100, "key", value);
      EXPECT_EQ(builder.uncompressed_size(), before + said);
    }
    const size_t size = builder.uncompressed_size();
    EXPECT_EQ(builder.build()->size(), size);
  }
}

TEST(Builder, of_nothing_is_no_batch) { EXPECT_EQ(*BatchBuilder{{}}.build(), Bytes{}); }

std::string refusal(const BatchFields& fields, int64_t timestamp,
                    std::span<const Header> headers = {}) {
  BatchBuilder builder{fields};
  builder.append(timestamp, "k", "v", headers);
  auto built = builder.build();
  return built ? "" : built.error().message;
}

TEST(Builder, remembers_what_it_was_asked_in_vain) {
  const Header header{"h", "v"};
  EXPECT_EQ(refusal({}, -2), "Invalid negative timestamp -2");
  EXPECT_EQ(refusal({.magic = 1}, 5, {&header, 1}), "Magic v1 does not support record headers");
  EXPECT_EQ(refusal({.magic = 1, .codec = Codec::zstd}, 5),
            "ZStandard compression is not supported for magic 1");
  EXPECT_EQ(refusal({.transactional = true}, 5),
            "Cannot write transactional messages without a valid producer ID");
  EXPECT_EQ(refusal({.producer_id = ProducerId{1}}, 5), "Invalid negative producer epoch");
  EXPECT_EQ(refusal({.producer_id = ProducerId{1}, .producer_epoch = ProducerEpoch{0}}, 5),
            "Invalid negative sequence number used");
  BatchBuilder builder{{.base_offset = Offset{10}}};
  builder.append_at(Offset{11}, 1, "k", "v");
  builder.append_at(Offset{11}, 1, "k", "v");
  EXPECT_EQ(
      builder.build().error().message,
      "Illegal offset 11 following previous offset 11 (Offsets must increase monotonically).");
}

TEST(Builder, takes_a_record_in_pieces) {
  for (const Codec codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    BatchBuilder whole{{.codec = codec}}, in_pieces{{.codec = codec}};
    const Bytes value(300'000, 'v');
    for (BatchBuilder* builder : {&whole, &in_pieces}) builder->append(70, "first", "v");
    whole.append(90, "k", value);
    Bytes fields;
    append_varint(fields, 1);
    fields += 'k';
    append_varint(fields, static_cast<int32_t>(value.size()));
    fields += value;
    append_varint(fields, 0);
    in_pieces.begin_in_pieces(90, fields.size());
    for (size_t at = 0; at < fields.size(); at += 70'000)
      in_pieces.append_piece(BytesView(fields).substr(at, 70'000));
    for (BatchBuilder* builder : {&whole, &in_pieces}) builder->append(80, "last", "v");
    EXPECT_EQ(in_pieces.record_count(), 3);
    EXPECT_EQ(in_pieces.max_timestamp(), 90);
    EXPECT_EQ(in_pieces.uncompressed_size(), whole.uncompressed_size());
    EXPECT_TRUE(*in_pieces.build() == *whole.build()) << name_of(codec);
  }
}

TEST(Builder, refuses_to_build_more_than_its_limit) {
  for (const int8_t magic : {k_magic_v1, k_magic_v2}) {
    for (const Codec codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4}) {
      const auto build = [&](size_t limit) {
        BatchBuilder builder{{.magic = magic, .codec = codec}};
        builder.limit_size(limit);
        Bytes value(1000, '\0');
        uint32_t noise = 1;
        for (int i = 0; i < 500; ++i) {
          for (char& c : value) c = static_cast<char>((noise = noise * 1103515245 + 12345) >> 24);
          builder.append(i, "k", value);
        }
        EXPECT_EQ(builder.record_count(), 500);
        EXPECT_EQ(builder.max_timestamp(), 499);
        return builder.build();
      };
      const size_t size = build(1 << 20)->size();
      EXPECT_EQ(build(size)->size(), size);
      for (const size_t limit : {size - 1, size_t{100'000}}) {
        const auto refused = build(limit);
        ASSERT_FALSE(refused) << int{magic} << ' ' << name_of(codec);
        EXPECT_EQ(refused.error().code, Errc::message_too_large);
      }
    }
  }
}

TEST(Builder, tells_the_offset_that_kafka_indexes_for_the_largest_timestamp) {
  const auto shallow = [](const BatchFields& fields) {
    BatchBuilder builder{fields};
    builder.append(5, "k", "v");
    builder.append(9, "k", "v");
    builder.append(7, "k", "v");
    return builder.shallow_offset_of_max_timestamp();
  };
  EXPECT_EQ(shallow({.magic = 1}), Offset{1});
  EXPECT_EQ(shallow({.magic = 1, .codec = Codec::gzip}), Offset{2});
  EXPECT_EQ(shallow({.magic = 2}), Offset{2});
  EXPECT_EQ(shallow({.magic = 1, .timestamp_type = TimestampType::log_append_time}), Offset{0});
}

TEST(Marker, is_written_byte_for_byte_like_kafkas_and_read_back) {
  int markers = 0;
  const Bytes log = fixture("datadir-txn");
  for (const BatchView batch : batches_of(log)) {
    if (!batch.is_control()) continue;
    RecordReader reader{batch};
    const auto marker = parse_end_transaction_marker(**reader.next());
    ASSERT_TRUE(marker && *marker);
    const Bytes written = end_transaction_batch({.offset = batch.base_offset(),
                                                 .timestamp_ms = batch.max_timestamp(),
                                                 .leader_epoch = batch.leader_epoch(),
                                                 .producer_id = batch.producer_id(),
                                                 .producer_epoch = batch.producer_epoch()},
                                                **marker);
    EXPECT_EQ(written, batch.bytes());
    ++markers;
  }
  EXPECT_GE(markers, 4);
}

TEST(Marker, of_an_unknown_type_or_broken_is_told_apart) {
  const auto parse = [](BytesView key, BytesView value) {
    return parse_end_transaction_marker(Record{.key = key, .value = value});
  };
  const Bytes value = encode_end_transaction_value(3);
  Bytes future = encode_control_key(ControlType::commit);
  store_be(future.data() + 2, int16_t{9});
  EXPECT_EQ(*parse(future, value), std::nullopt);
  EXPECT_EQ(*parse_control_key(future), ControlType::unknown);
  EXPECT_EQ(parse("abc", value).error().message,
            "Invalid value size found for end control record key. Must have at least 4 bytes, but "
            "found only 3");
  EXPECT_EQ(parse(encode_control_key(ControlType::abort), "12345").error().message,
            "Invalid value size found for end transaction marker. Must have at least 6 bytes, but "
            "found only 5");
  EXPECT_EQ(parse(BytesView("\xff\xff\0\0", 4), value).error().message,
            "Invalid version found for control record: -1. May indicate data corruption");
}

TEST(EmptyBatch, keeps_the_offset_range_and_the_producer) {
  const Bytes bytes = empty_batch({.fields = {.base_offset = Offset{10},
                                              .producer_id = ProducerId{4},
                                              .producer_epoch = ProducerEpoch{1},
                                              .base_sequence = 6},
                                   .last_offset = Offset{19},
                                   .max_timestamp_ms = 77});
  const auto batch = BatchView::parse(bytes);
  ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->crc_ok());
  EXPECT_EQ(batch->last_offset(), Offset{19});
  EXPECT_EQ(batch->last_sequence(), 15);
  EXPECT_EQ(batch->max_timestamp(), 77);
  EXPECT_TRUE(records_of(bytes).empty());
}

}  // namespace
}  // namespace samsa::record
