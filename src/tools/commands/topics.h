#pragma once
// kafka-topics: what its command line asks for, apart from who carries it out.

#include <optional>
#include <string>
#include <vector>

#include "config/key.h"
#include "tools/commands/common.h"

namespace samsa::tools {

// By partition number, from 0.
using ReplicaAssignment = std::vector<std::vector<int32_t>>;

cli::OptionParser topics_parser();
// Exactly one action is asked for; else, what is printed with the help.
cli::Check check_topic_action(const cli::Options& options);
// What is wrong with the combination; printed with the help.
cli::Check check_topics(const cli::Options& options);

// "b1:b2,b2:b3"; Kafka's sentences for duplicates and uneven lists.
Result<ReplicaAssignment> parse_replica_assignment(const std::string& text);

// What --create and --alter ask for.
struct TopicArguments {
  std::string name;
  std::optional<int32_t> partitions;
  std::optional<int32_t> replication_factor;
  std::optional<ReplicaAssignment> assignment;
  config::Properties configs;
  std::vector<std::string> deleted_configs;
};
// Judges configs as a broker would. Prints the warning about message.format.version.
Result<TopicArguments> parse_topic_arguments(const cli::Options& options);
// Tells that the name holds '.' or '_', if it does.
void warn_of_collisions(const std::string& topic);

// The topics that --topic and --exclude-internal leave of these; an error where --topic leaves none
// and they must exist.
Result<std::vector<std::string>> select_topics(const std::vector<std::string>& all,
                                               const cli::Options& options, bool must_exist);

// What --describe prints, whatever it was learnt from.
struct PartitionDescription {
  int32_t partition = 0;
  // The leader, if there is one.
  std::optional<int32_t> leader;
  std::vector<int32_t> replicas;
  std::vector<int32_t> isr;
  bool reassigning = false;
  std::vector<int32_t> adding;
  std::vector<int32_t> removing;
};
struct TopicDescription {
  std::string name;
  std::vector<PartitionDescription> partitions;
  // Overrides as "name=value".
  std::vector<std::string> configs;
  std::optional<int32_t> min_isr;
  bool marked_for_deletion = false;
};
std::string format_description(const TopicDescription& topic, const cli::Options& options,
                               const std::set<int32_t>& live_brokers);

// Each carries out the action that the options name.
Result<void> topics_with_brokers(const cli::Options& options);
// Fails with NETWORK_EXCEPTION alone where there is no session with ZooKeeper.
Result<void> topics_with_zookeeper(const cli::Options& options);

}  // namespace samsa::tools
