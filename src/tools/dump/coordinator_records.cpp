#include "tools/dump/coordinator_records.h"

#include <array>
#include <vector>

#include "group/records/offset_record.h"
#include "tools/client/group_protocol.h"
#include "tools/dump/java_text.h"

namespace samsa::tools {

namespace {

using group::GroupValue;
using group::MemberValue;
using group::OffsetKey;

std::string take_string(Cursor& in) {
  const int16_t size = in.get<int16_t>();
  return size < 0 ? std::string() : std::string(in.take(static_cast<size_t>(size)));
}

Error malformed(const std::string& what) { return {Errc::corrupt_message, what}; }

std::string format_assignment(const GroupValue& group, const MemberValue& member) {
  if (group.protocol_type != "consumer") return member.id + "=" + hex_number(member.assignment);
  auto partitions = client::decode_assignment(member.assignment);
  if (!partitions) return member.id + "=" + hex_number(member.assignment);
  std::string list;
  for (const TopicPartition& tp : *partitions) {
    list += (list.empty() ? "" : ", ") + tp.to_string();
  }
  auto user_data = client::decode_assignment_user_data(member.assignment);
  const std::string added = user_data ? hex_number(*user_data) : "";
  return member.id + "=[" + list + "]" + (added.empty() ? "" : ":" + added);
}

std::string format_group_value(const GroupValue& group) {
  std::string assignments;
  for (const MemberValue& member : group.members) {
    assignments += (assignments.empty() ? "" : ",") + format_assignment(group, member);
  }
  return "{\"protocolType\":" + json_string(group.protocol_type) +
         ",\"protocol\":" + (group.protocol ? json_string(*group.protocol) : "null") +
         ",\"generationId\":" + std::to_string(group.generation) +
         ",\"assignment\":" + json_string("{" + assignments + "}") + "}";
}

struct TransactionValue {
  int64_t producer_id = 0;
  int16_t producer_epoch = 0;
  int32_t timeout_ms = 0;
  int8_t state = 0;
  std::vector<TopicPartition> partitions;
  int64_t last_update = 0;
  int64_t start = 0;
};

std::string_view state_name(int8_t state) {
  constexpr std::array<std::string_view, 8> k_names = {
      "Empty",          "Ongoing",       "PrepareCommit", "PrepareAbort",
      "CompleteCommit", "CompleteAbort", "Dead",          "PrepareEpochFence"};
  const bool known = state >= 0 && state < static_cast<int8_t>(k_names.size());
  return known ? k_names[static_cast<size_t>(state)] : std::string_view("Unknown");
}

Result<TransactionValue> parse_transaction_value(BytesView bytes) {
  Cursor in{bytes};
  TransactionValue value;
  if (in.get<int16_t>() != 0) return malformed("Unknown transaction log message version");
  value.producer_id = in.get<int64_t>();
  value.producer_epoch = in.get<int16_t>();
  value.timeout_ms = in.get<int32_t>();
  value.state = in.get<int8_t>();
  const int32_t topics = in.get<int32_t>();
  for (int32_t i = 0; i < topics && !in.failed(); ++i) {
    const std::string topic = take_string(in);
    const int32_t count = in.get<int32_t>();
    for (int32_t j = 0; j < count && !in.failed(); ++j) {
      value.partitions.push_back({topic, in.get<int32_t>()});
    }
  }
  value.last_update = in.get<int64_t>();
  value.start = in.get<int64_t>();
  if (in.failed()) return malformed("Error reading a transaction's value");
  return value;
}

Result<std::string> parse_transaction_key(std::optional<BytesView> key) {
  if (!key) return malformed("The transactional id's record has no key");
  Cursor in{*key};
  if (in.get<int16_t>() != 0) return malformed("Unknown transaction log message version");
  std::string id = take_string(in);
  if (in.failed()) return malformed("Error reading a transaction's key");
  return id;
}

std::string join(const std::vector<TopicPartition>& partitions, std::string_view separator) {
  std::string list;
  for (const TopicPartition& tp : partitions) {
    if (!list.empty()) list += separator;
    list += tp.to_string();
  }
  return list;
}

}  // namespace

Result<KeyAndValue> format_group_record(std::optional<BytesView> key,
                                        std::optional<BytesView> value) {
  if (!key) {
    return malformed(
        "Failed to decode message using offset topic decoder (message had a missing key)");
  }
  auto parsed = group::decode_key(*key);
  if (!parsed) return parsed.error();
  if (const auto* of_offset = std::get_if<OffsetKey>(&*parsed)) {
    KeyAndValue text{"offset_commit::group=" + of_offset->group +
                         ",partition=" + of_offset->partition.to_string(),
                     "<DELETE>"};
    if (!value) return text;
    auto offset = group::decode_offset_value(*value);
    if (!offset) return offset.error();
    text.value = "offset=" + std::to_string(offset->offset);
    if (!offset->metadata.empty()) text.value += ",metadata=" + offset->metadata;
    return text;
  }
  KeyAndValue text{"group_metadata::group=" + std::get<group::GroupKey>(*parsed).group, "<DELETE>"};
  if (!value) return text;
  auto group = group::decode_group_value(*value);
  if (!group) return group.error();
  text.value = format_group_value(*group);
  return text;
}

Result<KeyAndValue> format_transaction_record(std::optional<BytesView> key,
                                              std::optional<BytesView> value) {
  auto id = parse_transaction_key(key);
  if (!id) return id.error();
  KeyAndValue text{"transaction_metadata::transactionalId=" + *id, "<DELETE>"};
  if (!value) return text;
  auto parsed = parse_transaction_value(*value);
  if (!parsed) return parsed.error();
  text.value = "producerId:" + std::to_string(parsed->producer_id) +
               ",producerEpoch:" + std::to_string(parsed->producer_epoch) +
               ",state=" + std::string(state_name(parsed->state)) + ",partitions=[" +
               join(parsed->partitions, ",") +
               "],txnLastUpdateTimestamp=" + std::to_string(parsed->last_update) +
               ",txnTimeoutMs=" + std::to_string(parsed->timeout_ms);
  return text;
}

Result<std::optional<std::string>> offset_message_line(std::optional<BytesView> key,
                                                       std::optional<BytesView> value) {
  std::optional<std::string> nothing;
  if (!key) return nothing;
  auto parsed = group::decode_key(*key);
  if (!parsed) return parsed.error();
  const auto* of_offset = std::get_if<OffsetKey>(&*parsed);
  if (of_offset == nullptr) return nothing;
  std::string line = "[" + of_offset->group + "," + of_offset->partition.topic + "," +
                     std::to_string(of_offset->partition.partition) + "]::";
  if (!value) return std::optional<std::string>(line + "NULL");
  auto offset = group::decode_offset_value(*value);
  if (!offset) return offset.error();
  const std::string epoch = offset->leader_epoch
                                ? "Optional[" + std::to_string(*offset->leader_epoch) + "]"
                                : "Optional.empty";
  const std::string expire = offset->expire_timestamp_ms
                                 ? "Some(" + std::to_string(*offset->expire_timestamp_ms) + ")"
                                 : "None";
  return std::optional<std::string>(
      line + "OffsetAndMetadata(offset=" + std::to_string(offset->offset) +
      ", leaderEpoch=" + epoch + ", metadata=" + offset->metadata + ", commitTimestamp=" +
      std::to_string(offset->commit_timestamp_ms) + ", expireTimestamp=" + expire + ")");
}

Result<std::optional<std::string>> group_metadata_message_line(std::optional<BytesView> key,
                                                               std::optional<BytesView> value) {
  std::optional<std::string> nothing;
  if (!key) return nothing;
  auto parsed = group::decode_key(*key);
  if (!parsed) return parsed.error();
  const auto* of_group = std::get_if<group::GroupKey>(&*parsed);
  if (of_group == nullptr) return nothing;
  if (!value) return std::optional<std::string>(of_group->group + "::NULL");
  auto group = group::decode_group_value(*value);
  if (!group) return group.error();
  std::string members;
  for (const MemberValue& member : group->members) {
    members +=
        (members.empty() ? "" : ", ") + member.id + " -> MemberMetadata(memberId=" + member.id +
        ", groupInstanceId=" + (member.instance_id ? "Some(" + *member.instance_id + ")" : "None") +
        ", clientId=" + member.client_id + ", clientHost=" + member.client_host +
        ", sessionTimeoutMs=" + std::to_string(member.session_timeout_ms) +
        ", rebalanceTimeoutMs=" + std::to_string(member.rebalance_timeout_ms) +
        ", supportedProtocols=List(" + group->protocol.value_or("") + "), )";
  }
  return std::optional<std::string>(
      of_group->group + "::GroupMetadata(groupId=" + of_group->group +
      ", generation=" + std::to_string(group->generation) + ", protocolType=Some(" +
      group->protocol_type + "), currentState=" + (group->members.empty() ? "Empty" : "Stable") +
      ", members=HashMap(" + members + "))");
}

Result<std::optional<std::string>> transaction_message_line(std::optional<BytesView> key,
                                                            std::optional<BytesView> value) {
  if (!key) return std::optional<std::string>();
  auto id = parse_transaction_key(key);
  if (!id) return id.error();
  if (!value) return std::optional<std::string>(*id + "::NULL");
  auto parsed = parse_transaction_value(*value);
  if (!parsed) return parsed.error();
  const std::string state(state_name(parsed->state));
  return std::optional<std::string>(
      *id + "::TransactionMetadata(transactionalId=" + *id +
      ", producerId=" + std::to_string(parsed->producer_id) +
      ", producerEpoch=" + std::to_string(parsed->producer_epoch) +
      ", txnTimeoutMs=" + std::to_string(parsed->timeout_ms) + ", state=" + state +
      ", pendingState=None, topicPartitions=HashSet(" + join(parsed->partitions, ", ") +
      "), txnStartTimestamp=" + std::to_string(parsed->start) +
      ", txnLastUpdateTimestamp=" + std::to_string(parsed->last_update) + ")");
}

}  // namespace samsa::tools
