#pragma once
// The partition that a request names, or the code that tells why this broker can't serve it.

#include "api/context.h"
#include "log/log_dirs.h"
#include "metadata/image.h"
#include "replica/partition_table.h"

namespace samsa::api {

// NOT_LEADER_OR_FOLLOWER when the cluster knows it but this broker does not hold it;
// KAFKA_STORAGE_ERROR when it would, had it its log.
inline Result<std::shared_ptr<replica::Partition>> find_partition(const RequestContext& context,
                                                                  const std::string& topic,
                                                                  int32_t index) {
  if (auto held = context.services.partitions.find(topic, index)) return held;
  if (context.services.logs.is_unreachable({topic, index})) return Errc::kafka_storage_error;
  return context.services.metadata.get()->partition(topic, index)
             ? Errc::not_leader_or_follower
             : Errc::unknown_topic_or_partition;
}

inline bool is_internal_topic(std::string_view name) {
  return name == "__consumer_offsets" || name == "__transaction_state";
}

}  // namespace samsa::api
