#include "tools/client/group_protocol.h"

#include <algorithm>

#include "protocol/messages/consumer_protocol_assignment.h"
#include "protocol/messages/consumer_protocol_subscription.h"

namespace samsa::tools::client {

namespace {

constexpr int16_t k_subscription_version = 1;
constexpr int16_t k_assignment_version = 1;

struct Versioned {
  int16_t version = 0;
  BytesView body;
};

// The newest version that we know, where the writer knows a newer one: fields are only ever added
// at the end.
Result<Versioned> open(BytesView bytes, int16_t known) {
  if (bytes.size() < 2) return Error{Errc::inconsistent_group_protocol, "no version"};
  const int16_t version = load_be<int16_t>(bytes.data());
  if (version < 0) return Error{Errc::inconsistent_group_protocol, "negative version"};
  return Versioned{std::min(version, known), bytes.substr(2)};
}

template <class Message>
Bytes encode(const Message& message, int16_t version) {
  Bytes bytes;
  append_be<int16_t>(bytes, version);
  return bytes + encode_message(message, version);
}

}  // namespace

Bytes encode_subscription(const std::vector<std::string>& topics) {
  protocol::ConsumerProtocolSubscription subscription;
  subscription.topics = topics;
  return encode(subscription, k_subscription_version);
}

Result<std::vector<std::string>> decode_subscription(BytesView metadata) {
  auto opened = open(metadata, k_subscription_version);
  if (!opened) return opened.error();
  auto message = protocol::ConsumerProtocolSubscription::decode(opened->body, opened->version);
  if (!message) return message.error();
  return message->topics;
}

Bytes encode_assignment(const std::vector<TopicPartition>& partitions) {
  protocol::ConsumerProtocolAssignment assignment;
  std::map<std::string, std::vector<int32_t>> by_topic;
  for (const TopicPartition& tp : partitions) by_topic[tp.topic].push_back(tp.partition);
  for (auto& [topic, ids] : by_topic) {
    auto& entry = assignment.assigned_partitions.emplace_back();
    entry.topic = topic;
    entry.partitions = ids;
  }
  return encode(assignment, k_assignment_version);
}

Result<std::vector<TopicPartition>> decode_assignment(BytesView bytes) {
  std::vector<TopicPartition> partitions;
  if (bytes.empty()) return partitions;
  auto opened = open(bytes, k_assignment_version);
  if (!opened) return opened.error();
  auto message = protocol::ConsumerProtocolAssignment::decode(opened->body, opened->version);
  if (!message) return message.error();
  for (const auto& topic : message->assigned_partitions) {
    for (int32_t id : topic.partitions) partitions.push_back({topic.topic, id});
  }
  return partitions;
}

Result<Bytes> decode_assignment_user_data(BytesView bytes) {
  if (bytes.empty()) return Bytes{};
  auto opened = open(bytes, k_assignment_version);
  if (!opened) return opened.error();
  auto message = protocol::ConsumerProtocolAssignment::decode(opened->body, opened->version);
  if (!message) return message.error();
  return message->user_data ? Bytes(*message->user_data) : Bytes{};
}

std::map<std::string, std::vector<TopicPartition>> assign_ranges(
    std::vector<MemberSubscription> members, const std::map<std::string, int32_t>& partitions) {
  std::sort(members.begin(), members.end(),
            [](const MemberSubscription& a, const MemberSubscription& b) {
              if (a.instance_id && b.instance_id) return *a.instance_id < *b.instance_id;
              if (a.instance_id || b.instance_id) return a.instance_id.has_value();
              return a.member_id < b.member_id;
            });
  std::map<std::string, std::vector<TopicPartition>> assignment;
  for (const auto& member : members) assignment[member.member_id];
  for (const auto& [topic, count] : partitions) {
    std::vector<const MemberSubscription*> readers;
    for (const auto& member : members) {
      if (std::count(member.topics.begin(), member.topics.end(), topic) > 0) {
        readers.push_back(&member);
      }
    }
    if (readers.empty()) continue;
    const int32_t each = count / static_cast<int32_t>(readers.size());
    int32_t extra = count % static_cast<int32_t>(readers.size());
    int32_t next = 0;
    for (const MemberSubscription* reader : readers) {
      int32_t share = each + (extra-- > 0 ? 1 : 0);
      for (; share > 0; --share) assignment[reader->member_id].push_back({topic, next++});
    }
  }
  return assignment;
}

}  // namespace samsa::tools::client
