#pragma once
// Records of __consumer_offsets, key and value, byte for byte as Kafka 2.7 writes them. Reads every
// version that Kafka ever wrote.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/errc.h"
#include "base/types.h"

namespace samsa::group {

inline constexpr std::string_view k_offsets_topic = "__consumer_offsets";

// What a group has committed for one partition. Times are wall-clock milliseconds.
struct OffsetAndMetadata {
  int64_t offset = 0;
  std::optional<int32_t> leader_epoch;
  std::string metadata;
  int64_t commit_timestamp_ms = 0;
  // Only where the client named a retention time of its own (OffsetCommit before version 5).
  std::optional<int64_t> expire_timestamp_ms;
  friend bool operator==(const OffsetAndMetadata&, const OffsetAndMetadata&) = default;
};

struct MemberValue {
  std::string id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  int32_t rebalance_timeout_ms = 0;
  int32_t session_timeout_ms = 0;
  Bytes subscription;
  Bytes assignment;
  friend bool operator==(const MemberValue&, const MemberValue&) = default;
};

// A group's generation.
struct GroupValue {
  std::string protocol_type;  // empty: none
  int32_t generation = 0;
  std::optional<std::string> protocol;
  std::optional<std::string> leader;
  // When the group came into its state; versions 0 and 1 do not tell.
  std::optional<int64_t> state_timestamp_ms;
  std::vector<MemberValue> members;
  friend bool operator==(const GroupValue&, const GroupValue&) = default;
};

struct OffsetKey {
  std::string group;
  TopicPartition partition;
};
struct GroupKey {
  std::string group;
};
using RecordKey = std::variant<OffsetKey, GroupKey>;

// The versions of values to write, which inter.broker.protocol.version decides.
struct ValueVersions {
  int16_t offset = 3;
  int16_t group = 3;
};
ValueVersions value_versions(std::string_view inter_broker_protocol_version);

// INVALID_REQUEST for a string that does not fit its length field.
Result<Bytes> encode_offset_key(std::string_view group, const TopicPartition& partition);
Result<Bytes> encode_group_key(std::string_view group);
// A value with an expiry time is always of version 1, the only one that has it.
Result<Bytes> encode_offset_value(const OffsetAndMetadata& value, int16_t version);
Result<Bytes> encode_group_value(const GroupValue& value, int16_t version);

// CORRUPT_MESSAGE for an unknown version or too few bytes.
Result<RecordKey> decode_key(BytesView bytes);
Result<OffsetAndMetadata> decode_offset_value(BytesView bytes);
Result<GroupValue> decode_group_value(BytesView bytes);

}  // namespace samsa::group
