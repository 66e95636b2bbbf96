#pragma once
// The settings of topics as the log and the replicas need them, kept as ZooKeeper has them.

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "config/holder.h"
#include "log/cleaner/cleaner.h"
#include "replica/partition_table.h"

namespace samsa::broker {

// log.cleaner.*, or nothing where compaction is switched off.
std::optional<log::CleanerOptions> cleaner_options(const config::BrokerConfig& broker);

// Any thread.
class TopicSettingsCache {
 public:
  explicit TopicSettingsCache(config::ConfigHolder& config) : config_(config) {}

  // The topic's, or the broker's defaults for one without settings of its own.
  std::shared_ptr<const replica::TopicSettings> get(const std::string& topic);
  // What /config/topics/TOPIC holds now; wrong values leave the old settings in force, with an
  // error in the log.
  void put(const std::string& topic, const config::Properties& overrides);
  // The broker's own settings have changed, and with them the defaults of all topics.
  void rebuild();

  log::LogConfig defaults() const;

 private:
  using Settings = std::shared_ptr<const replica::TopicSettings>;
  struct Topic {
    config::Properties overrides;
    Settings settings;
  };

  config::ConfigHolder& config_;
  std::mutex mutex_;
  Settings defaults_;
  std::map<std::string, Topic> by_topic_;
};

}  // namespace samsa::broker
