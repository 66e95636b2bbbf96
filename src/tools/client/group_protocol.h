#pragma once
// What members of a consumer group tell each other, and the range assignor of Kafka's consumer.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/errc.h"
#include "base/types.h"

namespace samsa::tools::client {

// The embedded protocol: a version, then ConsumerProtocolSubscription or ...Assignment.
Bytes encode_subscription(const std::vector<std::string>& topics);
Result<std::vector<std::string>> decode_subscription(BytesView metadata);
Bytes encode_assignment(const std::vector<TopicPartition>& partitions);
// Empty bytes are an empty assignment.
Result<std::vector<TopicPartition>> decode_assignment(BytesView assignment);
// What the assignor added for its own use; empty for nothing.
Result<Bytes> decode_assignment_user_data(BytesView assignment);

struct MemberSubscription {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::vector<std::string> topics;
};

// By member id. Members are ordered as Kafka orders them: static ones by instance id first.
std::map<std::string, std::vector<TopicPartition>> assign_ranges(
    std::vector<MemberSubscription> members, const std::map<std::string, int32_t>& partitions);

}  // namespace samsa::tools::client
