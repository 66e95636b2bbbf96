#include "record/validate.h"

#include <gtest/gtest.h>

#include "fixtures.h"
#include "record/builder.h"

namespace samsa::record {
namespace {

constexpr int64_t k_now = 1'600'000'500'000;
const TopicPartition k_tp{"topic", 3};

struct Outcome {
  Bytes bytes;
  Assigned assigned;
  ConversionStats stats;
  bool rebuilt = false;
};

// The whole way of a leader's append.
Checked<Outcome> take(Bytes& bytes, const ValidationRules& rules, Offset next = Offset{1000}) {
  auto summary = analyze(bytes, {.origin = rules.origin}, k_tp);
  if (!summary) return summary.error();
  auto prepared =
      prepare(std::span<char>(bytes).first(summary->valid_bytes), *summary, rules, k_tp);
  if (!prepared) return prepared.error();
  auto assigned = prepared->assign(next, LeaderEpoch{4}, k_now);
  if (!assigned) return assigned.error();
  Outcome outcome{Bytes(assigned->bytes.data(), assigned->bytes.size()), *assigned,
                  prepared->stats(), prepared->rebuilt()};
  EXPECT_EQ(outcome.assigned.last_offset - outcome.assigned.first_offset + 1,
            prepared->record_count());
  return outcome;
}

ValidationRules rules_with(const std::function<void(ValidationRules&)>& change = {}) {
  ValidationRules rules;
  rules.now_ms = k_now;
  if (change) change(rules);
  return rules;
}

Bytes batch_of(const BatchFields& fields, int records = 3) {
  BatchBuilder builder{fields};
  for (int i = 0; i < records; ++i) {
    builder.append(fields.magic == k_magic_v0 ? -1 : k_now - (i == 1 ? 0 : 100),
                   "key" + std::to_string(i), "value");
  }
  return *builder.build();
}

Error refusal(Bytes bytes, const ValidationRules& rules) {
  auto taken = take(bytes, rules);
  return taken ? Error{Errc::none} : taken.error().error;
}
Error invalid(std::string message) { return {Errc::invalid_record, std::move(message)}; }

constexpr Codec k_codecs[] = {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};

TEST(Validate, gives_offsets_from_the_next_one_on_in_every_format_and_codec) {
  for (const int8_t from : {k_magic_v0, k_magic_v1, k_magic_v2}) {
    for (const int8_t to : {k_magic_v0, k_magic_v1, k_magic_v2}) {
      for (const Codec source : k_codecs) {
        for (const Codec target : k_codecs) {
          if ((from < 2 && source == Codec::zstd) || (to < 2 && target == Codec::zstd)) continue;
          Bytes bytes = batch_of({.magic = from, .codec = source});
          auto taken = take(bytes, rules_with([&](ValidationRules& r) {
                              r.magic = to;
                              r.compression = target;
                            }));
          const std::string what = "v" + std::to_string(from) + " to v" + std::to_string(to) +
                                   ", " + std::string(name_of(source)) + " to " +
                                   std::string(name_of(target));
          ASSERT_TRUE(taken) << what << taken.error().error;
          EXPECT_EQ(taken->assigned.first_offset, Offset{1000}) << what;
          EXPECT_EQ(taken->assigned.last_offset, Offset{1002}) << what;
          const bool kept = from == to && source == target && (to > 0 || source == Codec::none);
          EXPECT_EQ(taken->rebuilt, !kept) << what;
          const auto records = records_of(taken->bytes);
          ASSERT_EQ(records.size(), 3U) << what;
          for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(records[static_cast<size_t>(i)].offset, 1000 + i) << what;
            EXPECT_EQ(records[static_cast<size_t>(i)].key, "key" + std::to_string(i)) << what;
          }
          for (const BatchView batch : batches_of(taken->bytes)) {
            EXPECT_TRUE(batch.crc_ok()) << what;
            EXPECT_EQ(batch.magic(), to) << what;
            EXPECT_EQ(batch.codec(), target) << what;
            EXPECT_EQ(batch.leader_epoch(), LeaderEpoch{to < 2 ? -1 : 4}) << what;
          }
          EXPECT_EQ(taken->assigned.max_timestamp, from == 0 || to == 0 ? -1 : k_now) << what;
        }
      }
    }
  }
}

TEST(Validate, indexes_the_largest_timestamp_where_kafka_does) {
  const auto index = [](int8_t magic, Codec codec, TimestampType type) {
    Bytes bytes = batch_of({.magic = magic, .codec = codec});
    auto taken = take(bytes, rules_with([&](ValidationRules& r) {
                        r.magic = magic;
                        r.timestamp_type = type;
                      }));
    return taken->assigned.shallow_offset_of_max_timestamp - Offset{1000};
  };
  EXPECT_EQ(index(2, Codec::none, TimestampType::create_time), 1);
  EXPECT_EQ(index(2, Codec::gzip, TimestampType::create_time), 2);
  EXPECT_EQ(index(1, Codec::none, TimestampType::create_time), 1);
  EXPECT_EQ(index(1, Codec::gzip, TimestampType::create_time), 2);
  EXPECT_EQ(index(2, Codec::none, TimestampType::log_append_time), 2);
  EXPECT_EQ(index(1, Codec::none, TimestampType::log_append_time), 0);
}

TEST(Validate, stamps_append_time_into_every_format_that_has_room_for_it) {
  for (const int8_t magic : {k_magic_v1, k_magic_v2}) {
    for (const Codec codec : {Codec::none, Codec::lz4}) {
      Bytes bytes = batch_of({.magic = magic, .codec = codec});
      auto taken = take(bytes, rules_with([&](ValidationRules& r) {
                          r.magic = magic;
                          r.timestamp_type = TimestampType::log_append_time;
                          r.timestamp_difference_max_ms = 0;
                        }));
      ASSERT_TRUE(taken) << taken.error().error;
      EXPECT_FALSE(taken->rebuilt);
      EXPECT_EQ(taken->assigned.log_append_time, k_now);
      EXPECT_EQ(taken->assigned.max_timestamp, k_now);
      for (const BatchView batch : batches_of(taken->bytes)) {
        EXPECT_TRUE(batch.crc_ok());
        EXPECT_EQ(batch.timestamp_type(), TimestampType::log_append_time);
      }
      for (const OwnedRecord& record : records_of(taken->bytes)) {
        EXPECT_EQ(record.timestamp_ms, k_now);
      }
    }
  }
}

TEST(Validate, corrects_a_header_whose_largest_timestamp_is_not_its_records) {
  for (const Codec codec : {Codec::none, Codec::zstd}) {
    Bytes bytes = batch_of({.codec = codec});
    MutableBatch{bytes.data(), bytes.size()}.set_max_timestamp(TimestampType::create_time, 1);
    auto taken = take(bytes, rules_with());
    ASSERT_TRUE(taken);
    EXPECT_EQ(batches_of(taken->bytes).at(0).max_timestamp(), k_now);
    EXPECT_TRUE(batches_of(taken->bytes).at(0).crc_ok());
  }
}

TEST(Validate, keeps_producer_state_when_it_compresses_anew) {
  Bytes bytes = batch_of({.producer_id = ProducerId{9},
                          .producer_epoch = ProducerEpoch{2},
                          .base_sequence = 30,
                          .transactional = true});
  auto taken = take(bytes, rules_with([](ValidationRules& r) { r.compression = Codec::lz4; }));
  ASSERT_TRUE(taken) << taken.error().error;
  const BatchView batch = batches_of(taken->bytes).at(0);
  EXPECT_EQ(batch.producer_id(), ProducerId{9});
  EXPECT_EQ(batch.producer_epoch(), ProducerEpoch{2});
  EXPECT_EQ(batch.base_sequence(), 30);
  EXPECT_TRUE(batch.is_transactional());
  EXPECT_EQ(taken->stats.records_converted, 3);
}

TEST(Validate, numbers_anew_what_a_client_numbered_wrongly) {
  BatchBuilder builder{{.magic = 1, .codec = Codec::gzip}};
  builder.append_at(Offset{0}, k_now, "a", "1");
  builder.append_at(Offset{5}, k_now, "b", "2");
  Bytes bytes = *builder.build();
  auto taken = take(bytes, rules_with([](ValidationRules& r) { r.magic = 1; }));
  ASSERT_TRUE(taken) << taken.error().error;
  EXPECT_TRUE(taken->rebuilt);
  EXPECT_EQ(records_of(taken->bytes).at(1).offset, 1001);
}

TEST(Validate, cuts_off_a_truncated_batch) {
  Bytes bytes = batch_of({}) + batch_of({}).substr(0, 40);
  const auto summary = analyze(bytes, {}, k_tp);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->batch_count, 1);
  EXPECT_EQ(summary->valid_bytes, bytes.size() - 40);
  auto taken = take(bytes, rules_with());
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->bytes.size(), bytes.size() - 40);
}

TEST(Analyze, tells_what_a_follower_needs_of_its_batches) {
  Bytes bytes = batch_of({.codec = Codec::gzip, .base_offset = Offset{50}}) +
                batch_of({.base_offset = Offset{60}});
  const auto summary = analyze(bytes, {.origin = Origin::replication}, k_tp);
  ASSERT_TRUE(summary) << summary.error().error;
  EXPECT_EQ(summary->first_offset, Offset{50});
  EXPECT_EQ(summary->last_offset_of_first_batch, Offset{52});
  EXPECT_EQ(summary->last_offset, Offset{62});
  EXPECT_EQ(summary->max_timestamp, k_now);
  EXPECT_EQ(summary->offset_of_max_timestamp, Offset{52});
  EXPECT_EQ(summary->source_codec, Codec::gzip);
  EXPECT_EQ(summary->batch_count, 2);
  EXPECT_TRUE(summary->offsets_monotonic);
  Bytes backwards = batch_of({.base_offset = Offset{60}}) + batch_of({.base_offset = Offset{50}});
  EXPECT_FALSE(analyze(backwards, {.origin = Origin::replication}, k_tp)->offsets_monotonic);
}

TEST(Analyze, refuses_as_kafka_does) {
  Bytes bytes = batch_of({.base_offset = Offset{50}});
  EXPECT_EQ(
      analyze(bytes, {}, k_tp).error().error,
      invalid("The baseOffset of the record batch in the append to topic-3 should be 0, but it "
              "is 50"));
  bytes = batch_of({});
  EXPECT_EQ(
      analyze(bytes, {.max_batch_size = 70}, k_tp).error().error,
      (Error{Errc::message_too_large,
             "The record batch size in the append to topic-3 is " + std::to_string(bytes.size()) +
                 " bytes which exceeds the maximum configured value of 70."}));
  EXPECT_TRUE(analyze(bytes, {.max_batch_size = bytes.size()}, k_tp));
  const uint32_t crc = BatchView::parse(bytes)->stored_crc();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  const auto corrupt = analyze(bytes, {}, k_tp);
  EXPECT_EQ(corrupt.error().error,
            (Error{Errc::corrupt_message, "Record is corrupt (stored crc = " + std::to_string(crc) +
                                              ") in topic partition topic-3."}));
  EXPECT_EQ(corrupt.error().faults.invalid_message_crc, 1U);
}

// A batch with a header changed behind its checksum's back, and the checksum made good.
Bytes forged(const BatchFields& fields, const std::function<void(char*)>& change) {
  Bytes bytes = batch_of(fields);
  change(bytes.data());
  store_be(bytes.data() + layout::k_crc, BatchView(bytes.data(), bytes.size()).computed_crc());
  return bytes;
}

TEST(Validate, refuses_headers_that_contradict_themselves) {
  const auto with_delta = [](int32_t delta) {
    return forged({}, [delta](char* at) { store_be(at + layout::k_last_offset_delta, delta); });
  };
  const auto with_count = [](int32_t count) {
    return forged({}, [count](char* at) { store_be(at + layout::k_record_count, count); });
  };
  EXPECT_EQ(refusal(with_delta(-5), rules_with()),
            invalid("Batch has an invalid offset range: [0, -5] in topic partition topic-3."));
  EXPECT_EQ(refusal(with_count(0), rules_with()),
            invalid("Invalid reported count for record batch: 0 in topic partition topic-3."));
  EXPECT_EQ(refusal(with_count(5), rules_with()),
            invalid("Inconsistent batch offset range [0, 2] and count of records 5 in topic "
                    "partition topic-3."));
}

TEST(Validate, refuses_what_clients_may_not_write) {
  const Bytes marker = end_transaction_batch(
      {.producer_id = ProducerId{1}, .producer_epoch = ProducerEpoch{0}}, {ControlType::commit, 0});
  EXPECT_EQ(
      refusal(marker, rules_with()),
      invalid("Clients are not allowed to write control records in topic partition topic-3."));
  EXPECT_EQ(refusal(marker, rules_with([](auto& r) { r.origin = Origin::coordinator; })),
            Error{Errc::none});
  EXPECT_EQ(refusal(marker, rules_with([](auto& r) {
                      r.origin = Origin::coordinator;
                      r.compression = Codec::gzip;
                    })),
            Error{Errc::none});
  const Bytes no_sequence =
      forged({}, [](char* at) { store_be(at + layout::k_producer_id, int64_t{8}); });
  EXPECT_EQ(
      refusal(no_sequence, rules_with()),
      invalid("Invalid sequence number -1 in record batch with producerId 8 in topic partition "
              "topic-3."));
}

TEST(Validate, refuses_more_than_one_batch_where_one_is_the_rule) {
  EXPECT_EQ(refusal(batch_of({}) + batch_of({}), rules_with()),
            invalid("Compressed outer record has more than one batch"));
  const BatchFields v1{.magic = 1, .codec = Codec::gzip};
  EXPECT_EQ(refusal(batch_of(v1) + batch_of(v1), rules_with([](auto& r) { r.magic = 1; })),
            invalid("Compressed outer record has more than one batch"));
  EXPECT_EQ(refusal(batch_of({.magic = 1}) + batch_of({.magic = 0}),
                    rules_with([](auto& r) { r.magic = 1; })),
            invalid("Batch magic 0 is not the same as the first batch'es magic byte 1 in topic "
                    "partition topic-3."));
}

TEST(Validate, refuses_producer_state_for_formats_without_it) {
  const BatchFields idempotent{
      .producer_id = ProducerId{1}, .producer_epoch = ProducerEpoch{0}, .base_sequence = 0};
  BatchFields transactional = idempotent;
  transactional.transactional = true;
  const auto to_v1 = rules_with([](auto& r) { r.magic = 1; });
  EXPECT_EQ(refusal(batch_of(idempotent), to_v1),
            (Error{Errc::unsupported_for_message_format,
                   "Idempotent records cannot be used with magic version 1"}));
  // Kafka's answer depends on whether a codec is involved.
  EXPECT_EQ(
      refusal(batch_of(transactional), to_v1),
      (Error{Errc::unknown_server_error, "Transactional records are not supported for magic 1"}));
  transactional.codec = Codec::gzip;
  EXPECT_EQ(refusal(batch_of(transactional), to_v1),
            (Error{Errc::unsupported_for_message_format,
                   "Transactional records cannot be used with magic version 1"}));
}

TEST(Validate, refuses_headers_for_formats_without_them) {
  BatchBuilder builder{{}};
  const Header header{"h", "v"};
  builder.append(k_now, "k", "v", {&header, 1});
  EXPECT_EQ(refusal(*builder.build(), rules_with([](auto& r) { r.magic = 1; })),
            (Error{Errc::unknown_server_error, "Magic v1 does not support record headers"}));
}

TEST(Validate, refuses_compressed_v2_records_whose_offsets_are_not_consecutive) {
  BatchBuilder builder{{.codec = Codec::gzip}};
  builder.append_at(Offset{0}, k_now, "a", "1");
  builder.append_at(Offset{2}, k_now, "b", "2");
  Bytes bytes = *builder.build();
  store_be(bytes.data() + layout::k_last_offset_delta, int32_t{1});
  store_be(bytes.data() + layout::k_crc, BatchView(bytes.data(), bytes.size()).computed_crc());
  EXPECT_EQ(refusal(bytes, rules_with()).code, Errc::unknown_server_error);
}

TEST(Validate, refuses_zstd_between_old_brokers) {
  EXPECT_EQ(
      refusal(batch_of({.codec = Codec::zstd}),
              rules_with([](auto& r) { r.zstd_allowed = false; })),
      (Error{Errc::unsupported_compression_type,
             "Produce requests to inter.broker.protocol.version < 2.1 broker are not allowed to "
             "use ZStandard compression"}));
}

TEST(Validate, names_each_record_without_a_key_in_a_compacted_topic) {
  for (const Codec codec : k_codecs) {
    BatchBuilder builder{{.codec = codec}};
    builder.append(k_now, "key", "v");
    builder.append(k_now, std::nullopt, "v");
    builder.append(k_now, "", "v");
    builder.append(k_now, std::nullopt, "v");
    Bytes bytes = *builder.build();
    auto taken = take(bytes, rules_with([](auto& r) { r.compacted = true; }));
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().error, invalid("One or more records have been rejected"));
    const std::string why =
        "Compacted topic cannot accept message without key in topic partition topic-3.";
    EXPECT_EQ(taken.error().record_errors, (std::vector<RecordError>{{1, why}, {3, why}}));
    EXPECT_EQ(taken.error().faults.no_key_in_compacted_topic, 2U);
  }
}

TEST(Validate, names_each_record_whose_timestamp_is_too_far_away) {
  for (const Codec codec : k_codecs) {
    BatchBuilder builder{{.codec = codec}};
    builder.append(k_now + 1000, "k", "v");
    builder.append(k_now - 1001, "k", "v");
    builder.append(-1, "k", "v");
    builder.append(k_now + 5000, "k", "v");
    Bytes bytes = *builder.build();
    auto taken = take(bytes, rules_with([](auto& r) { r.timestamp_difference_max_ms = 1000; }));
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().error,
              (Error{Errc::invalid_timestamp,
                     "One or more records have been rejected due to invalid timestamp"}));
    ASSERT_EQ(taken.error().record_errors.size(), 2U);
    EXPECT_EQ(taken.error().record_errors[0],
              (RecordError{1,
                           "Timestamp 1600000498999 of message with offset 1 is out of range. The "
                           "timestamp should be within [1600000499000, 1600000501000]"}));
    EXPECT_EQ(taken.error().record_errors[1].batch_index, 3);
  }
}

TEST(Validate, refuses_append_time_set_by_a_client) {
  const BatchFields v2{.timestamp_type = TimestampType::log_append_time,
                       .log_append_time_ms = k_now};
  BatchFields v1 = v2;
  v1.magic = 1;
  const auto sentence = [](const BatchFields& fields) {
    Bytes bytes = batch_of(fields, 1);
    auto taken = take(bytes, rules_with([&](auto& r) { r.magic = fields.magic; }));
    EXPECT_EQ(taken.error().error.code, Errc::invalid_timestamp);
    return taken.error().record_errors.at(0).message;
  };
  EXPECT_EQ(
      sentence(v2),
      "Invalid timestamp type in message DefaultRecord(offset=0, timestamp=1600000500000, key=4 "
      "bytes, value=5 bytes). Producer should not set timestamp type to LogAppendTime.");
  BatchFields compressed = v2;
  compressed.codec = Codec::gzip;
  EXPECT_EQ(
      sentence(compressed),
      "Invalid timestamp type in message PartialDefaultRecord(offset=0, timestamp=1600000500000, "
      "key=4 bytes, value=5 bytes). Producer should not set timestamp type to LogAppendTime.");
  const std::string old = sentence(v1);
  EXPECT_TRUE(
      old.starts_with("Invalid timestamp type in message LegacyRecordBatch(offset=0, "
                      "Record(magic=1, attributes=8, compression=NONE, crc="))
      << old;
  EXPECT_TRUE(
      old.ends_with("LogAppendTime=1600000500000, key=4 bytes, value=5 bytes)). Producer "
                    "should not set timestamp type to LogAppendTime."))
      << old;
}

// A v1 message that holds these inner ones.
Bytes wrapper_of(BytesView inner) {
  Bytes bytes = batch_of({.magic = 1, .codec = Codec::gzip}).substr(0, 30);
  Bytes value;
  EXPECT_TRUE(compress(Codec::gzip, 1, inner, value));
  append_be(bytes, static_cast<int32_t>(value.size()));
  bytes += value;
  store_be(bytes.data() + layout::k_length, static_cast<int32_t>(bytes.size() - k_log_overhead));
  store_be(bytes.data() + layout::k_legacy_crc,
           BatchView(bytes.data(), bytes.size()).computed_crc());
  return bytes;
}

TEST(Validate, stumbles_as_kafka_does_over_what_it_cannot_describe) {
  Bytes inner;
  append_be(inner, int64_t{0});
  append_be(inner, int32_t{30});
  append_be(inner, int32_t{0});
  inner += '\2';               // another format than the wrapper's
  inner += '\0';               // no codec
  inner += Bytes(24, '\x7f');  // sizes of key and value beyond the message's end
  EXPECT_EQ(refusal(wrapper_of(inner), rules_with([](auto& r) { r.magic = 1; })).code,
            Errc::unknown_server_error);
}

TEST(Validate, stumbles_as_kafka_does_over_a_record_size_that_does_not_end) {
  for (const Codec codec : {Codec::none, Codec::gzip}) {
    Bytes packed;
    ASSERT_TRUE(compress(codec, 2, Bytes(11, '\xff'), packed));
    Bytes bytes = batch_of({.codec = codec}, 1).substr(0, k_v2_overhead) + packed;
    store_be(bytes.data() + layout::k_length, static_cast<int32_t>(bytes.size() - k_log_overhead));
    store_be(bytes.data() + layout::k_crc, BatchView(bytes.data(), bytes.size()).computed_crc());
    EXPECT_EQ(refusal(bytes, rules_with([](auto&) {})).code, Errc::unknown_server_error);
  }
}

TEST(Validate, refuses_an_inner_message_with_a_wrong_checksum) {
  BatchBuilder inner{{.magic = 1}};
  inner.append(k_now, "k", "v");
  Bytes message = *inner.build();
  message.back() = 'w';
  Bytes bytes = wrapper_of(message);
  const Error error = refusal(bytes, rules_with([](auto& r) { r.magic = 1; }));
  EXPECT_EQ(error.code, Errc::corrupt_message);
  EXPECT_TRUE(error.message.starts_with("Record is corrupt (stored crc = ")) << error;
}

TEST(Validate, unreadable_records_come_before_what_an_old_format_cannot_hold) {
  Bytes bytes = batch_of(
      {.producer_id = ProducerId{5}, .producer_epoch = ProducerEpoch{0}, .base_sequence = 0}, 1);
  const auto to_v1 = rules_with([](auto& r) { r.magic = 1; });
  Bytes whole = bytes;
  EXPECT_EQ(refusal(whole, to_v1).code, Errc::unsupported_for_message_format);
  bytes[k_v2_overhead] = '\x7f';  // the record's size
  store_be(bytes.data() + layout::k_crc, BatchView(bytes.data(), bytes.size()).computed_crc());
  EXPECT_EQ(refusal(bytes, to_v1).code, Errc::invalid_record);
}

TEST(Validate, keeps_few_of_very_many_record_errors) {
  BatchBuilder builder{{.codec = Codec::zstd}};
  for (int i = 0; i < 20'000; ++i) builder.append(k_now, std::nullopt, "");
  Bytes bytes = *builder.build();
  auto taken = take(bytes, rules_with([](auto& r) { r.compacted = true; }));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().record_errors.size(), 10'000U);
  EXPECT_EQ(taken.error().faults.no_key_in_compacted_topic, 20'000U);
}

TEST(Validate, needs_at_least_one_batch) {
  Bytes nothing;
  EXPECT_EQ(analyze(nothing, {}, k_tp)->batch_count, 0);
  EXPECT_EQ(refusal(nothing, rules_with()), invalid("Record batch has no batches at all"));
}

// Records of all sizes: some are read whole, some go from one codec to the other in pieces.
std::vector<OwnedRecord> records_up_to(size_t largest) {
  std::vector<OwnedRecord> records;
  for (size_t size = 10; size <= largest; size *= 3) {
    records.push_back({.offset = 1000 + static_cast<int64_t>(records.size()),
                       .timestamp_ms = k_now - static_cast<int64_t>(size % 7),
                       .key = records.size() % 2 == 0 ? std::optional("key") : std::nullopt,
                       .value = std::string(size, static_cast<char>('a' + records.size())),
                       .headers = {{"h", "v"}, {"n", std::nullopt}}});
  }
  return records;
}

Bytes batch_with(const std::vector<OwnedRecord>& records, const BatchFields& fields) {
  BatchBuilder builder{fields};
  for (const OwnedRecord& record : records) {
    std::vector<Header> headers;
    for (const auto& [key, value] : record.headers) headers.push_back({key, value});
    builder.append(record.timestamp_ms, record.key, record.value, headers);
  }
  return *builder.build();
}

TEST(Validate, writes_records_of_any_size_anew_byte_for_byte) {
  const auto records = records_up_to(6 << 20);
  for (const Codec source : k_codecs) {
    for (const Codec target : k_codecs) {
      if (source == target) continue;
      Bytes bytes = batch_with(records, {.codec = source});
      auto taken = take(bytes, rules_with([&](auto& r) { r.compression = target; }));
      ASSERT_TRUE(taken) << taken.error().error;
      Bytes expected = batch_with(records, {.codec = target});
      MutableBatch batch{expected.data(), expected.size()};
      batch.set_base_offset(Offset{1000});
      batch.set_leader_epoch(LeaderEpoch{4});
      EXPECT_TRUE(taken->bytes == expected) << name_of(source) << " to " << name_of(target);
    }
  }
}

TEST(Validate, judges_large_records_that_are_written_anew_like_others) {
  auto records = records_up_to(3 << 20);
  for (OwnedRecord& record : records) record.key = "key";
  records.back().key.reset();
  records.back().timestamp_ms = k_now + 5000;
  const auto to_zstd = [](auto& r) { r.compression = Codec::zstd; };
  const Bytes good = batch_with(records, {.codec = Codec::gzip});
  EXPECT_EQ(refusal(good, rules_with(to_zstd)), Error{Errc::none});
  EXPECT_EQ(refusal(good, rules_with([&](auto& r) {
                      to_zstd(r);
                      r.compacted = true;
                    })),
            invalid("One or more records have been rejected"));
  EXPECT_EQ(refusal(good, rules_with([&](auto& r) {
                      to_zstd(r);
                      r.timestamp_difference_max_ms = 1000;
                    }))
                .code,
            Errc::invalid_timestamp);
  Bytes body;
  append_varint(body, 2'000'000);
  body += BytesView("\0\0\0\1", 4);
  append_varint(body, 3'000'000);  // beyond the record's end
  body.append(4'000'000, 'v');
  Bytes bytes = batch_of({.codec = Codec::gzip}, 1).substr(0, k_v2_overhead);
  ASSERT_TRUE(compress(Codec::gzip, 2, body, bytes));
  store_be(bytes.data() + layout::k_length, static_cast<int32_t>(bytes.size() - k_log_overhead));
  store_be(bytes.data() + layout::k_crc, BatchView(bytes.data(), bytes.size()).computed_crc());
  EXPECT_EQ(refusal(bytes, rules_with(to_zstd)).code, Errc::invalid_record);
}

TEST(Validate, keeps_no_more_of_a_batch_written_anew_than_it_may_have) {
  const auto records = records_up_to(1 << 20);
  for (const Codec target : {Codec::none, Codec::lz4}) {
    Bytes bytes = batch_with(records, {.codec = Codec::zstd});
    const size_t size = batch_with(records, {.codec = target}).size();
    const auto limited = [&](size_t limit) {
      return refusal(bytes, rules_with([&](auto& r) {
                       r.compression = target;
                       r.max_rebuilt_size = limit;
                     }));
    };
    EXPECT_EQ(limited(size), Error{Errc::none});
    EXPECT_EQ(limited(size - 1).code, Errc::message_too_large);
  }
  // What is wrong with its records is said first.
  Bytes bytes = batch_with(records, {.codec = Codec::zstd});
  EXPECT_EQ(refusal(bytes, rules_with([](auto& r) {
                      r.compression = Codec::none;
                      r.max_rebuilt_size = 100;
                      r.compacted = true;
                    }))
                .code,
            Errc::invalid_record);
}

TEST(Validate, refuses_more_plain_old_messages_than_it_can_hold) {
  BatchBuilder builder{{.codec = Codec::zstd}};
  for (int i = 0; i < 40; ++i) builder.append(k_now, "k", Bytes(1 << 20, '\0'));
  const Bytes bytes = *builder.build();
  for (const Codec target : {Codec::none, Codec::gzip}) {
    for (const int8_t magic : {k_magic_v0, k_magic_v1}) {
      const auto error = refusal(bytes, rules_with([&](auto& r) {
                                   r.magic = magic;
                                   r.compression = target;
                                   r.max_rebuilt_size = 4 << 20;
                                 }));
      const bool is_plain_run = target == Codec::none || magic == k_magic_v0;
      EXPECT_EQ(error.code, is_plain_run ? Errc::message_too_large : Errc::none)
          << int{magic} << ' ' << name_of(target);
    }
  }
}

TEST(Validate, bounds_what_must_be_whole_in_memory) {
  const auto limited = [](auto& r) { r.limits.max_whole_bytes = 1 << 20; };
  const auto to_v1 = [&](auto& r) {
    limited(r);
    r.magic = k_magic_v1;
  };
  for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4}) {
    auto records = records_up_to(2 << 20);
    for (OwnedRecord& record : records) record.headers.clear();
    const Bytes large = batch_with(records, {.codec = codec});
    EXPECT_EQ(refusal(large, rules_with(limited)), Error{Errc::none}) << "stepped over";
    EXPECT_EQ(refusal(large, rules_with(to_v1)).code, Errc::message_too_large)
        << "an old message begins with the checksum of what follows";
    records.pop_back();
    EXPECT_EQ(refusal(batch_with(records, {.codec = codec}), rules_with(to_v1)), Error{Errc::none});
  }
}

TEST(Validate, takes_old_compressed_messages_of_many_records) {
  for (const int8_t magic : {k_magic_v0, k_magic_v1}) {
    for (const int8_t to : {magic, k_magic_v2}) {
      BatchBuilder builder{{.magic = magic, .codec = Codec::gzip}};
      std::vector<OwnedRecord> expected;
      for (int i = 0; i < 90; ++i) {
        expected.push_back({.offset = 1000 + i,
                            .timestamp_ms = magic == k_magic_v0 ? -1 : k_now + i,
                            .key = std::to_string(i),
                            .value = std::string(100'000, static_cast<char>(i))});
        builder.append(expected.back().timestamp_ms, expected.back().key, expected.back().value);
      }
      Bytes bytes = *builder.build();
      auto taken = take(bytes, rules_with([&](auto& r) {
                          r.magic = to;
                          r.compression = Codec::lz4;
                        }));
      ASSERT_TRUE(taken) << taken.error().error;
      EXPECT_EQ(records_of(taken->bytes), expected) << int{magic} << " to " << int{to};
    }
  }
}

TEST(Validate, bounds_what_a_batch_may_unpack_to) {
  for (const Codec codec : k_codecs) {
    if (codec == Codec::none) continue;
    BatchBuilder builder{{.codec = codec}};
    builder.append(k_now, "k", Bytes(8 << 20, '\0'));
    const Bytes bytes = *builder.build();
    const auto small = [](auto& r) { r.limits.max_decompressed_bytes = 1 << 20; };
    EXPECT_EQ(refusal(bytes, rules_with(small)).code, Errc::message_too_large) << name_of(codec);
    EXPECT_EQ(refusal(bytes, rules_with()), Error{Errc::none}) << name_of(codec);
  }
}

}  // namespace
}  // namespace samsa::record
