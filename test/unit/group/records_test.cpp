// Records of __consumer_offsets as Kafka 2.7.0 wrote them: test/data/group/consumer-offsets.log
// holds a consumer's generation, a commit of two partitions, and the generation without members.

#include <gtest/gtest.h>

#include <fstream>

#include "../test_data.h"
#include "group/records/log_replay.h"
#include "record/builder.h"
#include "record/record.h"

namespace samsa::group {
namespace {

Bytes kafka_log() {
  const auto path = test_data() / "group" / "consumer-offsets.log";
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

void visit_records(BytesView log, const std::function<void(const record::Record&)>& visit) {
  ASSERT_TRUE(record::for_each_batch(
      log, [&](record::BatchView batch) { return record::for_each_record(batch, visit); }));
}

void replay(LogReplay& replay, BytesView log) {
  ASSERT_TRUE(record::for_each_batch(log, [&](record::BatchView batch) { replay.apply(batch); }));
}

TEST(GroupRecords, WhatKafkaWroteEncodesAgainToTheSameBytes) {
  int groups = 0, offsets = 0;
  visit_records(kafka_log(), [&](const record::Record& record) {
    auto key = decode_key(*record.key);
    ASSERT_TRUE(key);
    if (const auto* group = std::get_if<GroupKey>(&*key)) {
      ++groups;
      EXPECT_EQ(*encode_group_key(group->group), *record.key);
      auto value = decode_group_value(*record.value);
      ASSERT_TRUE(value);
      EXPECT_EQ(*encode_group_value(*value, 3), *record.value);
    } else {
      ++offsets;
      const auto& offset = std::get<OffsetKey>(*key);
      EXPECT_EQ(*encode_offset_key(offset.group, offset.partition), *record.key);
      auto value = decode_offset_value(*record.value);
      ASSERT_TRUE(value);
      EXPECT_EQ(*encode_offset_value(*value, 3), *record.value);
    }
  });
  EXPECT_EQ(groups, 2);
  EXPECT_EQ(offsets, 2);
}

TEST(GroupRecords, AnOffsetWithAnExpiryTimeIsWrittenInVersion1) {
  const OffsetAndMetadata value{.offset = 7,
                                .leader_epoch = 3,
                                .metadata = "m",
                                .commit_timestamp_ms = 1,
                                .expire_timestamp_ms = 2};
  const Bytes bytes = *encode_offset_value(value, 3);
  EXPECT_EQ(bytes, from_hex("0001000000000000000700016d00000000000000010000000000000002"));
  EXPECT_EQ(decode_offset_value(bytes)->expire_timestamp_ms, 2);
}

TEST(GroupRecords, EveryVersionOfAnOffsetIsRead) {
  const auto metadata_of = [](std::string_view hex) {
    auto value = decode_offset_value(from_hex(hex));
    return value ? value->metadata + std::to_string(value->offset) +
                       std::to_string(value->leader_epoch.value_or(-1)) +
                       std::to_string(value->commit_timestamp_ms)
                 : "unread";
  };
  EXPECT_EQ(metadata_of("0000000000000000000700016d0000000000000005"), "m7-15");
  EXPECT_EQ(metadata_of("0001000000000000000700016d0000000000000005ffffffffffffffff"), "m7-15");
  EXPECT_EQ(metadata_of("0002000000000000000700016d0000000000000005"), "m7-15");
  EXPECT_EQ(metadata_of("000300000000000000070000000400016d0000000000000005"), "m745");
  EXPECT_EQ(metadata_of("0004000000000000000700016d0000000000000005"), "unread");
}

TEST(GroupRecords, EveryVersionOfAGroupIsReadAndWritten) {
  const GroupValue value{.protocol_type = "consumer",
                         .generation = 3,
                         .protocol = "range",
                         .leader = "m",
                         .state_timestamp_ms = 9,
                         .members = {{"m", "i", "c", "/h", 20, 10, "sub", "ass"}}};
  for (int16_t version = 0; version <= 3; ++version) {
    auto read = decode_group_value(*encode_group_value(value, version));
    ASSERT_TRUE(read);
    GroupValue expected = value;
    if (version < 3) expected.members[0].instance_id.reset();
    if (version < 2) expected.state_timestamp_ms.reset();
    if (version < 1) expected.members[0].rebalance_timeout_ms = 10;
    EXPECT_EQ(*read, expected) << "version " << version;
  }
}

TEST(GroupRecords, TheClustersProtocolDecidesTheVersions) {
  const auto versions = [](std::string_view protocol) {
    const auto v = value_versions(protocol);
    return std::pair{v.offset, v.group};
  };
  using Pair = std::pair<int16_t, int16_t>;
  EXPECT_EQ(versions("2.7-IV2"), Pair(3, 3));
  EXPECT_EQ(versions("2.2-IV1"), Pair(3, 2));
  EXPECT_EQ(versions("2.1-IV0"), Pair(2, 2));
  EXPECT_EQ(versions("2.0-IV1"), Pair(1, 1));
  EXPECT_EQ(versions("0.10.0-IV1"), Pair(1, 0));
}

TEST(GroupRecords, ATruncatedRecordIsNotRead) {
  visit_records(kafka_log(), [](const record::Record& record) {
    const auto key = decode_key(*record.key);
    for (size_t size = 0; size < record.key->size(); ++size)
      EXPECT_FALSE(decode_key(record.key->substr(0, size)));
    for (size_t size = 0; size < record.value->size(); ++size) {
      const BytesView part = record.value->substr(0, size);
      if (std::holds_alternative<GroupKey>(*key)) {
        EXPECT_FALSE(decode_group_value(part));
      } else {
        EXPECT_FALSE(decode_offset_value(part));
      }
    }
  });
}

TEST(GroupRecords, AStringThatIsTooLongIsNotWritten) {
  EXPECT_FALSE(encode_group_key(std::string(32768, 'g')));
  EXPECT_TRUE(encode_group_key(std::string(32767, 'g')));
}

TEST(LogReplay, TheLastGenerationAndTheLastCommitsCount) {
  LogReplay log;
  replay(log, kafka_log());
  const auto groups = log.take();
  ASSERT_EQ(groups.size(), 1u);
  const LoadedGroup& group = groups.at("fx-group-b");
  EXPECT_EQ(group.generation->generation, 2);
  EXPECT_TRUE(group.generation->members.empty());
  EXPECT_EQ(group.offsets.at({"plain-none", 0}).value.offset, 320);
  EXPECT_EQ(group.offsets.at({"plain-zstd", 0}).value.offset, 380);
  EXPECT_EQ(group.offsets.at({"plain-zstd", 0}).appended_at, Offset{1});
  EXPECT_EQ(log.skipped(), 0);
}

class Batches {
 public:
  void add(std::vector<std::pair<Bytes, std::optional<Bytes>>> records,
           ProducerId producer = k_no_producer_id) {
    const bool is_transactional = producer != k_no_producer_id;
    record::BatchBuilder builder(
        {.base_offset = Offset{next_},
         .producer_id = producer,
         .producer_epoch = is_transactional ? ProducerEpoch{0} : k_no_producer_epoch,
         .base_sequence = is_transactional ? 0 : k_no_sequence,
         .transactional = is_transactional});
    for (const auto& [key, value] : records)
      builder.append(1, key, value ? std::optional<BytesView>(*value) : std::nullopt);
    next_ += static_cast<int64_t>(records.size());
    bytes_ += *builder.build();
  }
  void end(ProducerId producer, record::ControlType type) {
    bytes_ += record::end_transaction_batch(
        {.offset = Offset{next_++}, .producer_id = producer, .producer_epoch = ProducerEpoch{0}},
        {.type = type});
  }
  std::map<std::string, LoadedGroup> load() const {
    LogReplay log;
    replay(log, bytes_);
    skipped = log.skipped();
    return log.take();
  }
  mutable int64_t skipped = 0;

 private:
  int64_t next_ = 0;
  Bytes bytes_;
};

const TopicPartition k_t0{"t", 0};
Bytes offset_key() { return *encode_offset_key("g", k_t0); }
Bytes offset_value(int64_t offset) { return *encode_offset_value({.offset = offset}, 3); }
Bytes group_value() {
  return *encode_group_value({.protocol_type = "consumer", .generation = 1}, 3);
}

TEST(LogReplay, TombstonesRemove) {
  Batches log;
  log.add({{offset_key(), offset_value(1)}, {*encode_group_key("g"), group_value()}});
  log.add({{offset_key(), std::nullopt}, {*encode_group_key("g"), std::nullopt}});
  EXPECT_TRUE(log.load().empty());
}

TEST(LogReplay, OffsetsOutliveTheirGroupsTombstone) {
  Batches log;
  log.add({{*encode_group_key("g"), group_value()}, {*encode_group_key("g"), std::nullopt}});
  log.add({{offset_key(), offset_value(1)}});
  const auto groups = log.load();
  EXPECT_FALSE(groups.at("g").generation);
  EXPECT_EQ(groups.at("g").offsets.at(k_t0).value.offset, 1);
}

TEST(LogReplay, TransactionalCommitsCountOnceTheMarkerIsThere) {
  const ProducerId producer{5};
  Batches log;
  log.add({{offset_key(), offset_value(1)}});
  log.add({{offset_key(), offset_value(2)}}, producer);
  EXPECT_EQ(log.load().at("g").offsets.at(k_t0).value.offset, 1);
  EXPECT_EQ(log.load().at("g").open_transactions.at(producer).at(k_t0).value.offset, 2);
  Batches aborted = log;
  aborted.end(producer, record::ControlType::abort);
  EXPECT_EQ(aborted.load().at("g").offsets.at(k_t0).value.offset, 1);
  EXPECT_TRUE(aborted.load().at("g").open_transactions.empty());
  log.end(producer, record::ControlType::commit);
  EXPECT_EQ(log.load().at("g").offsets.at(k_t0).value.offset, 2);
}

TEST(LogReplay, ALaterPlainCommitBeatsTheTransactionThatEndsAfterIt) {
  const ProducerId producer{5};
  Batches log;
  log.add({{offset_key(), offset_value(2)}}, producer);
  log.add({{offset_key(), offset_value(9)}});
  log.end(producer, record::ControlType::commit);
  EXPECT_EQ(log.load().at("g").offsets.at(k_t0).value.offset, 9);
}

TEST(LogReplay, WhatCanNotBeReadIsLeftOut) {
  Batches log;
  log.add({{from_hex("0009"), "x"}, {offset_key(), offset_value(1)}, {offset_key(), "junk"}});
  EXPECT_EQ(log.load().at("g").offsets.at(k_t0).value.offset, 1);
  EXPECT_EQ(log.skipped, 2);
}

}  // namespace
}  // namespace samsa::group
