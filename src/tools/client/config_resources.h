#pragma once
// Configs of topics, brokers and broker loggers, through brokers.

#include "tools/client/cluster.h"

namespace samsa::tools::client {

enum class ResourceType : int8_t { topic = 2, broker = 4, broker_logger = 8 };

// DescribeConfigs' numbers.
enum class ConfigSource : int8_t {
  unknown = 0,
  dynamic_topic = 1,
  dynamic_broker = 2,
  dynamic_default_broker = 3,
  static_broker = 4,
  built_in = 5,
  dynamic_broker_logger = 6,
};
// As Java's enum prints it, e.g. DYNAMIC_TOPIC_CONFIG.
std::string_view name_of(ConfigSource source);

struct ConfigSynonym {
  std::string name;
  std::optional<std::string> value;
  ConfigSource source = ConfigSource::unknown;
};
struct ConfigEntry {
  std::string name;
  std::optional<std::string> value;
  ConfigSource source = ConfigSource::unknown;
  bool sensitive = false;
  bool read_only = false;
  std::vector<ConfigSynonym> synonyms;
  bool is_default() const { return source == ConfigSource::built_in; }
};

// By resource name. A broker's own configs are asked of itself, all else of anyone.
Result<std::map<std::string, std::vector<ConfigEntry>>> describe_configs(
    Cluster& cluster, ResourceType type, const std::vector<std::string>& names,
    bool include_synonyms);

}  // namespace samsa::tools::client
