#include "tools/client/offsets.h"

#include "protocol/messages/list_offset.h"

namespace samsa::tools::client {

namespace {

using Wanted = std::map<TopicPartition, int64_t>;
using Found = std::map<TopicPartition, FoundOffset>;

protocol::ListOffsetRequest make_request(const Wanted& wanted, bool read_committed) {
  protocol::ListOffsetRequest request;
  request.replica_id = -1;
  request.isolation_level = read_committed ? 1 : 0;
  for (const auto& [tp, timestamp] : wanted) {
    if (request.topics.empty() || request.topics.back().name != tp.topic) {
      request.topics.emplace_back().name = tp.topic;
    }
    auto& partition = request.topics.back().partitions.emplace_back();
    partition.partition_index = tp.partition;
    partition.timestamp = timestamp;
  }
  return request;
}

bool passes(Errc code) {
  return code == Errc::not_leader_or_follower || code == Errc::leader_not_available ||
         code == Errc::offset_not_available || code == Errc::fenced_leader_epoch ||
         code == Errc::unknown_leader_epoch || code == Errc::replica_not_available ||
         code == Errc::kafka_storage_error || code == Errc::network_exception;
}

// Moves what was answered from `wanted` to `found`.
Result<void> ask(Cluster& cluster, int32_t leader, const Wanted& batch, Wanted& wanted,
                 Found& found, bool read_committed, SteadyTime deadline) {
  auto answer = cluster.network().call(leader, make_request(batch, read_committed), deadline);
  if (!answer) {
    if (passes(answer.error().code)) return ok();
    return answer.error();
  }
  for (const auto& topic : answer->topics) {
    for (const auto& partition : topic.partitions) {
      TopicPartition tp{topic.name, partition.partition_index};
      const Errc code = static_cast<Errc>(partition.error_code);
      if (passes(code)) continue;
      if (code != Errc::none && code != Errc::unsupported_for_message_format) return Error{code};
      wanted.erase(tp);
      int64_t offset = partition.offset;
      if (!partition.old_style_offsets.empty()) offset = partition.old_style_offsets.front();
      found[tp] = {offset, partition.timestamp, partition.leader_epoch};
    }
  }
  return ok();
}

}  // namespace

Result<Found> list_offsets(Cluster& cluster, const Wanted& all, SteadyTime deadline,
                           bool read_committed) {
  Wanted wanted = all;
  Found found;
  while (!wanted.empty()) {
    std::set<std::string> topics;
    for (const auto& [tp, timestamp] : wanted) topics.insert(tp.topic);
    auto image = cluster.metadata(topics, false, deadline);
    if (!image) return image.error();
    std::map<int32_t, Wanted> by_leader;
    for (const auto& [tp, timestamp] : wanted) {
      const TopicState& topic = image->topics[tp.topic];
      if (topic.error != Errc::none && !passes(topic.error)) return Error{topic.error};
      auto partition = topic.partitions.find(tp.partition);
      if (partition == topic.partitions.end()) {
        if (topic.error == Errc::none) return Error{Errc::unknown_topic_or_partition};
        continue;
      }
      if (partition->second.leader >= 0 && image->nodes.count(partition->second.leader) != 0) {
        by_leader[partition->second.leader][tp] = timestamp;
      }
    }
    for (const auto& [leader, batch] : by_leader) {
      auto asked = ask(cluster, leader, batch, wanted, found, read_committed, deadline);
      if (!asked) return asked.error();
    }
    if (wanted.empty()) break;
    if (cluster.network().interrupted()) return Network::interruption();
    if (Cluster::now() + cluster.options().retry_backoff >= deadline) {
      return Error{Errc::request_timed_out, "Failed to get offsets by times"};
    }
    cluster.network().pause(cluster.options().retry_backoff);
  }
  return found;
}

}  // namespace samsa::tools::client
