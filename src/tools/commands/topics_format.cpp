// What kafka-topics --describe prints.

#include <algorithm>
#include <set>

#include "tools/commands/topics.h"

namespace samsa::tools {

namespace {

bool under_replicated(const PartitionDescription& p) {
  auto changing = [&](int32_t id) {
    return std::count(p.adding.begin(), p.adding.end(), id) > 0 ||
           std::count(p.removing.begin(), p.removing.end(), id) > 0;
  };
  size_t factor = p.replicas.size();
  if (p.reassigning && std::any_of(p.replicas.begin(), p.replicas.end(), changing)) {
    factor -= p.adding.size();
  }
  return factor > p.isr.size();
}

bool shown(const PartitionDescription& p, const TopicDescription& topic,
           const cli::Options& options, const std::set<int32_t>& live) {
  const int32_t isr = static_cast<int32_t>(p.isr.size());
  if (options.has("under-replicated-partitions")) return under_replicated(p);
  if (options.has("unavailable-partitions")) return !p.leader || live.count(*p.leader) == 0;
  if (options.has("under-min-isr-partitions")) {
    return !p.leader || (topic.min_isr && isr < *topic.min_isr);
  }
  if (options.has("at-min-isr-partitions")) return topic.min_isr && isr == *topic.min_isr;
  return true;
}

bool filtered(const cli::Options& options) {
  return options.has("under-replicated-partitions") || options.has("unavailable-partitions") ||
         options.has("under-min-isr-partitions") || options.has("at-min-isr-partitions");
}

size_t replication_factor(const PartitionDescription& p) {
  return p.replicas.size() - (p.reassigning ? p.adding.size() : 0);
}

}  // namespace

std::string format_description(const TopicDescription& topic, const cli::Options& options,
                               const std::set<int32_t>& live_brokers) {
  const bool overridden_only = options.has("topics-with-overrides");
  const std::string mark = topic.marked_for_deletion ? "\tMarkedForDeletion: true" : "";
  std::string text;
  if (!filtered(options) && (!overridden_only || !topic.configs.empty())) {
    const size_t factor =
        topic.partitions.empty() ? 0 : replication_factor(topic.partitions.front());
    text += "Topic: " + topic.name +
            "\tPartitionCount: " + std::to_string(topic.partitions.size()) +
            "\tReplicationFactor: " + std::to_string(factor) +
            "\tConfigs: " + join(topic.configs, ",") + mark + "\n";
  }
  if (overridden_only) return text;
  for (const PartitionDescription& p : topic.partitions) {
    if (!shown(p, topic, options, live_brokers)) continue;
    text += "\tTopic: " + topic.name + "\tPartition: " + std::to_string(p.partition) +
            "\tLeader: " + (p.leader ? std::to_string(*p.leader) : "none") +
            "\tReplicas: " + join_numbers(p.replicas, ",") + "\tIsr: " + join_numbers(p.isr, ",");
    if (p.reassigning) {
      text += "\tAdding Replicas: " + join_numbers(p.adding, ",") +
              "\tRemoving Replicas: " + join_numbers(p.removing, ",");
    }
    text += mark + "\n";
  }
  return text;
}

}  // namespace samsa::tools
