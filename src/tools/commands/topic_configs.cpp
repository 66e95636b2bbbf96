#include "tools/commands/topic_configs.h"

#include <algorithm>

namespace samsa::tools {

const std::vector<std::string>& topic_config_names() {
  static const std::vector<std::string> names = {
      "cleanup.policy",
      "compression.type",
      "delete.retention.ms",
      "file.delete.delay.ms",
      "flush.messages",
      "flush.ms",
      "follower.replication.throttled.replicas",
      "index.interval.bytes",
      "leader.replication.throttled.replicas",
      "max.compaction.lag.ms",
      "max.message.bytes",
      "message.downconversion.enable",
      "message.format.version",
      "message.timestamp.difference.max.ms",
      "message.timestamp.type",
      "min.cleanable.dirty.ratio",
      "min.compaction.lag.ms",
      "min.insync.replicas",
      "preallocate",
      "retention.bytes",
      "retention.ms",
      "segment.bytes",
      "segment.index.bytes",
      "segment.jitter.ms",
      "segment.ms",
      "unclean.leader.election.enable",
  };
  return names;
}

std::string topic_config_list() {
  std::string list;
  for (const std::string& name : topic_config_names()) {
    list += (list.empty() ? "\t" : "\n\t") + name;
  }
  return list;
}

Result<void> validate_topic_configs(const std::map<std::string, std::string>& configs) {
  const auto& names = topic_config_names();
  for (const auto& [name, value] : configs) {
    if (!std::binary_search(names.begin(), names.end(), name)) {
      return Error{Errc::invalid_config, "Unknown topic config name: " + name};
    }
  }
  return ok();
}

}  // namespace samsa::tools
