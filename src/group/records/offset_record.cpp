#include "group/records/offset_record.h"

#include <algorithm>
#include <limits>

#include "config/version.h"

namespace samsa::group {
namespace {

constexpr int16_t k_offset_key_version = 1, k_group_key_version = 2;
constexpr int16_t k_last_offset_version = 3, k_last_group_version = 3;
constexpr int16_t k_offset_version_with_expiry = 1;
constexpr int64_t k_no_time = -1;

// Kafka's types of before its generated messages: big-endian numbers, strings after an int16,
// bytes after an int32.
class Writer {
 public:
  template <std::integral T>
  Writer& number(T value) {
    append_be(bytes_, value);
    return *this;
  }
  Writer& string(std::string_view text) {
    if (text.size() > std::numeric_limits<int16_t>::max()) fits_ = false;
    append_be(bytes_, static_cast<int16_t>(text.size()));
    bytes_ += text;
    return *this;
  }
  Writer& nullable(const std::optional<std::string>& text) {
    return text ? string(*text) : number(int16_t{-1});
  }
  Writer& blob(BytesView blob) {
    append_be(bytes_, static_cast<int32_t>(blob.size()));
    bytes_ += blob;
    return *this;
  }
  Result<Bytes> take() {
    if (!fits_) return Error{Errc::invalid_request, "A string is longer than 32767 bytes"};
    return std::move(bytes_);
  }

 private:
  Bytes bytes_;
  bool fits_ = true;
};

std::optional<std::string> take_nullable(Cursor& in) {
  const auto size = in.get<int16_t>();
  if (size < 0) return std::nullopt;
  return std::string(in.take(static_cast<size_t>(size)));
}
std::string take_string(Cursor& in) { return take_nullable(in).value_or(""); }
Bytes take_blob(Cursor& in) {
  const auto size = in.get<int32_t>();
  return size < 0 ? Bytes() : Bytes(in.take(static_cast<size_t>(size)));
}
std::optional<int64_t> take_time(Cursor& in) {
  const auto time = in.get<int64_t>();
  return time == k_no_time ? std::nullopt : std::optional(time);
}

Error corrupt(std::string what) { return {Errc::corrupt_message, std::move(what)}; }

MemberValue take_member(Cursor& in, int16_t version) {
  MemberValue member;
  member.id = take_string(in);
  if (version >= 3) member.instance_id = take_nullable(in);
  member.client_id = take_string(in);
  member.client_host = take_string(in);
  if (version >= 1) member.rebalance_timeout_ms = in.get<int32_t>();
  member.session_timeout_ms = in.get<int32_t>();
  if (version == 0) member.rebalance_timeout_ms = member.session_timeout_ms;
  member.subscription = take_blob(in);
  member.assignment = take_blob(in);
  return member;
}

}  // namespace

ValueVersions value_versions(std::string_view inter_broker) {
  ValueVersions versions;
  if (!config::is_at_least(inter_broker, "2.1-IV1")) versions.offset = 2;
  if (!config::is_at_least(inter_broker, "2.1-IV0")) versions.offset = 1;
  if (!config::is_at_least(inter_broker, "2.3-IV0")) versions.group = 2;
  if (!config::is_at_least(inter_broker, "2.1-IV0")) versions.group = 1;
  if (!config::is_at_least(inter_broker, "0.10.1-IV0")) versions.group = 0;
  return versions;
}

Result<Bytes> encode_offset_key(std::string_view group, const TopicPartition& partition) {
  return Writer()
      .number(k_offset_key_version)
      .string(group)
      .string(partition.topic)
      .number(partition.partition)
      .take();
}

Result<Bytes> encode_group_key(std::string_view group) {
  return Writer().number(k_group_key_version).string(group).take();
}

Result<Bytes> encode_offset_value(const OffsetAndMetadata& value, int16_t version) {
  if (value.expire_timestamp_ms) version = k_offset_version_with_expiry;
  Writer out;
  out.number(version).number(value.offset);
  if (version >= 3) out.number(value.leader_epoch.value_or(-1));
  out.string(value.metadata).number(value.commit_timestamp_ms);
  if (version == k_offset_version_with_expiry)
    out.number(value.expire_timestamp_ms.value_or(k_no_time));
  return out.take();
}

Result<Bytes> encode_group_value(const GroupValue& value, int16_t version) {
  Writer out;
  out.number(version).string(value.protocol_type).number(value.generation);
  out.nullable(value.protocol).nullable(value.leader);
  if (version >= 2) out.number(value.state_timestamp_ms.value_or(k_no_time));
  out.number(static_cast<int32_t>(value.members.size()));
  for (const auto& member : value.members) {
    out.string(member.id);
    if (version >= 3) out.nullable(member.instance_id);
    out.string(member.client_id).string(member.client_host);
    if (version >= 1) out.number(member.rebalance_timeout_ms);
    out.number(member.session_timeout_ms).blob(member.subscription).blob(member.assignment);
  }
  return out.take();
}

Result<RecordKey> decode_key(BytesView bytes) {
  Cursor in{bytes};
  const auto version = in.get<int16_t>();
  if (version < 0 || version > k_group_key_version)
    return corrupt("Unknown group metadata message version");
  std::string group = take_string(in);
  RecordKey key = GroupKey{group};
  if (version < k_group_key_version) {
    TopicPartition partition;
    partition.topic = take_string(in);
    partition.partition = in.get<int32_t>();
    key = OffsetKey{std::move(group), std::move(partition)};
  }
  if (in.failed()) return corrupt("Error reading a coordinator's key");
  return key;
}

Result<OffsetAndMetadata> decode_offset_value(BytesView bytes) {
  Cursor in{bytes};
  OffsetAndMetadata value;
  const auto version = in.get<int16_t>();
  if (version < 0 || version > k_last_offset_version)
    return corrupt("Unknown offset message version: " + std::to_string(version));
  value.offset = in.get<int64_t>();
  if (version >= 3) {
    const auto epoch = in.get<int32_t>();
    if (epoch >= 0) value.leader_epoch = epoch;
  }
  value.metadata = take_string(in);
  value.commit_timestamp_ms = in.get<int64_t>();
  if (version == k_offset_version_with_expiry) value.expire_timestamp_ms = take_time(in);
  if (in.failed()) return corrupt("Error reading an offset's value");
  return value;
}

Result<GroupValue> decode_group_value(BytesView bytes) {
  Cursor in{bytes};
  GroupValue group;
  const auto version = in.get<int16_t>();
  if (version < 0 || version > k_last_group_version)
    return corrupt("Unknown group metadata message version: " + std::to_string(version));
  group.protocol_type = take_string(in);
  group.generation = in.get<int32_t>();
  group.protocol = take_nullable(in);
  group.leader = take_nullable(in);
  if (version >= 2) group.state_timestamp_ms = take_time(in);
  const auto count = in.get<int32_t>();
  for (int32_t i = 0; i < count && !in.failed(); ++i)
    group.members.push_back(take_member(in, version));
  if (in.failed()) return corrupt("Error reading a group's value");
  return group;
}

}  // namespace samsa::group
