#include "tools/client/config_resources.h"

#include <charconv>

#include "protocol/messages/describe_configs.h"

namespace samsa::tools::client {

std::string_view name_of(ConfigSource source) {
  switch (source) {
    case ConfigSource::dynamic_topic:
      return "DYNAMIC_TOPIC_CONFIG";
    case ConfigSource::dynamic_broker:
      return "DYNAMIC_BROKER_CONFIG";
    case ConfigSource::dynamic_default_broker:
      return "DYNAMIC_DEFAULT_BROKER_CONFIG";
    case ConfigSource::static_broker:
      return "STATIC_BROKER_CONFIG";
    case ConfigSource::built_in:
      return "DEFAULT_CONFIG";
    case ConfigSource::dynamic_broker_logger:
      return "DYNAMIC_BROKER_LOGGER_CONFIG";
    case ConfigSource::unknown:
      break;
  }
  return "UNKNOWN";
}

namespace {

using Entries = std::map<std::string, std::vector<ConfigEntry>>;

using Described = std::decay_t<decltype(protocol::DescribeConfigsResponse{}.results[0].configs[0])>;

ConfigSource source_of(const Described& from, ResourceType type) {
  if (from.config_source >= 0) return static_cast<ConfigSource>(from.config_source);
  // Version 0 only says whether it is a default.
  if (from.is_default) return ConfigSource::built_in;
  return type == ResourceType::topic ? ConfigSource::dynamic_topic : ConfigSource::static_broker;
}

Result<void> take(const protocol::DescribeConfigsResponse& response, ResourceType type,
                  Entries& into) {
  for (const auto& result : response.results) {
    if (result.error_code != 0) {
      return Error{static_cast<Errc>(result.error_code), result.error_message.value_or("")};
    }
    std::vector<ConfigEntry>& entries = into[result.resource_name];
    for (const auto& config : result.configs) {
      ConfigEntry& entry = entries.emplace_back();
      entry.name = config.name;
      entry.value = config.value;
      entry.source = source_of(config, type);
      entry.sensitive = config.is_sensitive;
      entry.read_only = config.read_only;
      for (const auto& synonym : config.synonyms) {
        entry.synonyms.push_back(
            {synonym.name, synonym.value, static_cast<ConfigSource>(synonym.source)});
      }
    }
  }
  return ok();
}

}  // namespace

Result<Entries> describe_configs(Cluster& cluster, ResourceType type,
                                 const std::vector<std::string>& names, bool include_synonyms) {
  Entries entries;
  protocol::DescribeConfigsRequest together;
  together.include_synonyms = include_synonyms;
  const SteadyTime deadline = cluster.default_deadline();
  for (const std::string& name : names) {
    std::decay_t<decltype(together.resources[0])> resource;
    resource.resource_type = static_cast<int8_t>(type);
    resource.resource_name = name;
    resource.configuration_keys.reset();
    if (type == ResourceType::topic || name.empty()) {
      together.resources.push_back(resource);
      continue;
    }
    protocol::DescribeConfigsRequest alone;
    alone.include_synonyms = include_synonyms;
    alone.resources.push_back(resource);
    int32_t node = -1;
    std::from_chars(name.data(), name.data() + name.size(), node);
    auto response = call_broker(cluster, node, alone, deadline);
    if (!response) return response.error();
    auto taken = take(*response, type, entries);
    if (!taken) return taken.error();
  }
  if (!together.resources.empty()) {
    auto response = cluster.call_any(together, deadline);
    if (!response) return response.error();
    auto taken = take(*response, type, entries);
    if (!taken) return taken.error();
  }
  return entries;
}

}  // namespace samsa::tools::client
