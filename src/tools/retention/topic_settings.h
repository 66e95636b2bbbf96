#pragma once
// Which settings are in force for a topic, from where the command line says they are to be had.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/topic_config.h"
#include "tools/cli/options.h"

namespace samsa::tools {

// The broker's file, where --config names one, or Kafka's defaults.
Result<config::BrokerConfig> broker_settings(const cli::Options& options);

// Asks the brokers (--bootstrap-server) or ZooKeeper (--zookeeper, or that of --config) at once for
// all of the topics; --property has the last word. Topics that the cluster does not know get the
// broker's defaults.
Result<std::map<std::string, config::TopicConfig>> topic_settings(
    const cli::Options& options, const config::BrokerConfig& broker,
    const std::vector<std::string>& log_dirs, const std::set<std::string>& topics);

}  // namespace samsa::tools
