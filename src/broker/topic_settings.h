#pragma once
// The settings of topics as the log and the replicas need them, kept as ZooKeeper has them.

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "config/holder.h"
#include "replica/partition_table.h"

namespace samsa::broker {

// Any thread.
class TopicSettingsCache {
 public:
  explicit TopicSettingsCache(config::ConfigHolder& config) : config_(config) {}

  // The topic's, or the broker's defaults for one without settings of its own.
  std::shared_ptr<const replica::TopicSettings> get(const std::string& topic);
  // What /config/topics/TOPIC holds now; wrong values leave the old settings in force, with an
  // error in the log.
  void put(const std::string& topic, const config::Properties& overrides);
  void erase(const std::string& topic);

  log::LogConfig defaults() const;

 private:
  config::ConfigHolder& config_;
  std::mutex mutex_;
  std::shared_ptr<const replica::TopicSettings> defaults_;
  std::map<std::string, std::shared_ptr<const replica::TopicSettings>> by_topic_;
};

}  // namespace samsa::broker
