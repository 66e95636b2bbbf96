#pragma once
// What DescribeConfigs shows, and CreateTopics 5 and later return.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/broker_config.h"
#include "config/topic_config.h"

namespace samsa::config {

// The values are those of DescribeConfigs.
enum class Source : int8_t {
  unknown = 0,
  topic = 1,
  dynamic_broker = 2,
  dynamic_default_broker = 3,
  static_broker = 4,
  default_value = 5,
  dynamic_broker_logger = 6,
};

struct Synonym {
  std::string name;
  std::optional<std::string> value;  // null where sensitive
  Source source = Source::unknown;
};

struct ConfigEntry {
  std::string name;
  std::optional<std::string> value;  // null where sensitive or not set
  Source source = Source::default_value;
  bool read_only = false;
  bool sensitive = false;
  Type type = Type::unknown;
  std::vector<Synonym> synonyms;  // strongest first; the first is the value in force
};

// Of a topic with the overrides that its znode holds, which must have passed TopicConfig::from.
std::vector<ConfigEntry> describe_topic(const BrokerConfig& broker, const TopicConfig& topic,
                                        const Properties& overrides);
// Of this broker (resource name = its id): all keys, and the unknown ones of its file.
std::vector<ConfigEntry> describe_broker(const BrokerConfig& broker);
// Of the cluster's defaults (empty resource name): only what is set.
std::vector<ConfigEntry> describe_cluster_default(const BrokerConfig& broker);

}  // namespace samsa::config
