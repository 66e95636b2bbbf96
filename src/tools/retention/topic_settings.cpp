#include "tools/retention/topic_settings.h"

#include <algorithm>

#include "log/log_dirs.h"
#include "tools/client/config_resources.h"
#include "tools/commands/common.h"
#include "tools/zookeeper/cluster.h"
#include "zk/schema/configs.h"

namespace samsa::tools {

namespace {

using Overrides = std::map<std::string, config::Properties>;

Result<Overrides> ask_brokers(const cli::Options& options, const std::set<std::string>& topics) {
  auto cluster = connect_admin(options);
  if (!cluster) return cluster.error();
  auto image = (*cluster)->metadata(std::nullopt, false, (*cluster)->default_deadline());
  if (!image) return image.error();
  std::vector<std::string> known;
  std::ranges::copy_if(topics, std::back_inserter(known),
                       [&](const std::string& topic) { return image->topics.contains(topic); });
  auto entries = client::describe_configs(**cluster, client::ResourceType::topic, known, false);
  if (!entries) return entries.error();
  Overrides overrides;
  for (const auto& [topic, configs] : *entries)
    for (const auto& entry : configs)
      if (entry.value) overrides[topic][entry.name] = *entry.value;
  return overrides;
}

// The id by which ZooKeeper knows the broker's own settings.
Result<std::optional<int32_t>> broker_id(const config::BrokerConfig& broker,
                                         const std::vector<std::string>& log_dirs) {
  if (broker.broker_id >= 0) return std::optional{broker.broker_id};
  for (const auto& dir : log_dirs) {
    auto meta = log::read_meta_properties(dir);
    if (!meta) return meta.error();
    if (*meta && (*meta)->broker_id) return std::optional{(*meta)->broker_id->value()};
  }
  return std::optional<int32_t>{};
}

// Takes the brokers' dynamic settings into `broker`.
Result<Overrides> ask_zookeeper(const std::string& connect, config::BrokerConfig& broker,
                                const std::vector<std::string>& log_dirs,
                                const std::set<std::string>& topics) {
  auto id = broker_id(broker, log_dirs);
  if (!id) return id.error();
  auto session = zookeeper::Session::open(connect);
  if (!session) return session.error();
  std::vector<std::string> paths = {zk::config_path("brokers/<default>"),
                                    zk::config_path("brokers/" + std::to_string(id->value_or(-1)))};
  for (const auto& topic : topics) paths.push_back(zk::config_path("topics/" + topic));
  auto data = zookeeper::read_all(**session, paths);
  if (!data) return data.error();
  std::vector<config::Properties> settings;
  for (size_t i = 0; i < paths.size(); ++i) {
    auto decoded = zk::decode_config((*data)[i].value_or(Bytes{}));
    if (!decoded) return Error{decoded.error().code, paths[i] + ": " + decoded.error().message};
    settings.push_back(std::move(*decoded));
  }
  auto dynamic = broker.with_dynamic(settings[0], settings[1]);
  if (!dynamic) return dynamic.error();
  broker = std::move(*dynamic);
  Overrides overrides;
  size_t next = 2;
  for (const auto& topic : topics) overrides[topic] = std::move(settings[next++]);
  return overrides;
}

}  // namespace

Result<config::BrokerConfig> broker_settings(const cli::Options& options) {
  if (!options.has("config")) return config::BrokerConfig{};
  auto properties = load_properties(options.text("config"));
  if (!properties) return properties.error();
  return config::BrokerConfig::from(*properties);
}

Result<std::map<std::string, config::TopicConfig>> topic_settings(
    const cli::Options& options, const config::BrokerConfig& broker,
    const std::vector<std::string>& log_dirs, const std::set<std::string>& topics) {
  config::BrokerConfig defaults = broker;
  Result<Overrides> overrides = Overrides{};
  const std::string connect = options.value("zookeeper").value_or(broker.zookeeper_connect);
  if (options.has("bootstrap-server")) {
    overrides = ask_brokers(options, topics);
  } else if (!connect.empty()) {
    overrides = ask_zookeeper(connect, defaults, log_dirs, topics);
  }
  if (!overrides) return overrides.error();
  const auto given = parse_key_values(options.values("property"));
  if (auto valid = config::TopicConfig::validate(given); !valid) return valid.error();
  std::map<std::string, config::TopicConfig> settings;
  for (const auto& topic : topics) {
    auto& own = (*overrides)[topic];
    for (const auto& [key, value] : given) own[key] = value;
    auto config = config::TopicConfig::from(defaults, own);
    if (!config) return config.error();
    settings.emplace(topic, std::move(*config));
  }
  return settings;
}

}  // namespace samsa::tools
