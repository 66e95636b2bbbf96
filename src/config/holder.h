#pragma once
// The configuration in force and those who want to hear of its changes. Safe from every thread.

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "config/broker_config.h"

namespace samsa::config {

class ConfigHolder {
 public:
  using Snapshot = std::shared_ptr<const BrokerConfig>;
  using Listener = std::function<void(const BrokerConfig& before, const BrokerConfig& after)>;

  explicit ConfigHolder(BrokerConfig config)
      : current_(std::make_shared<const BrokerConfig>(std::move(config))) {}

  // Stays whole and unchanged for as long as it is held.
  Snapshot current() const;
  // Applies the layers of the znodes. Values that are wrong or may not be changed while running are
  // left out with an error in the log, as Kafka does; listeners run on the calling thread.
  void apply_dynamic(const Properties& cluster_default, const Properties& this_broker);
  // Called after each change; must be registered before changes can come.
  void on_change(Listener listener);

 private:
  mutable std::mutex mutex_;
  Snapshot current_;
  std::mutex change_mutex_;  // one change at a time, listeners included
  std::vector<Listener> listeners_;
};

}  // namespace samsa::config
