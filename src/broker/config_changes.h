#pragma once
// Follows the settings that live in ZooKeeper: reads them all at the start, and again what a znode
// under /config/changes names (as Kafka's DynamicConfigManager does).

#include <functional>
#include <optional>
#include <string>

#include "admin/configs.h"
#include "base/clock.h"
#include "base/types.h"
#include "runtime/wait.h"
#include "zk/client/client.h"

namespace samsa::broker {

class ConfigChanges {
 public:
  // What to do with an entity's settings as they are now; called on the loop.
  struct Appliers {
    std::function<void(const std::string& topic, const config::Properties&)> topic;
    std::function<void(const config::Properties& cluster_default,
                       const config::Properties& this_broker)>
        broker;
  };

  // All of these outlive it; the client delivers its events on the loop.
  ConfigChanges(zk::Client& zookeeper, admin::Configs& configs, runtime::EventLoop& loop,
                Clock& clock, Appliers appliers);

  // Reads and applies the settings of the cluster, of this broker and of all topics.
  runtime::Task<Result<void>> load(std::optional<BrokerId> self);
  // From now on, until stop(): applies what others change, and removes announcements that are older
  // than 15 minutes. After a new session everything is read again.
  void follow();
  // Blocks; not from the loop.
  void stop();
  // Every event of the ZooKeeper client; on the loop.
  void on_event(const zk::WatchEvent& event);

 private:
  runtime::Task<void> run();
  runtime::Task<void> process_announcements();
  runtime::Task<void> process(std::string name, zk::ZkResult<zk::Data> announcement);
  runtime::Task<Result<void>> load_topics(std::vector<std::string> topics);
  void apply(const std::string& entity, const config::Properties& settings);

  zk::Client& zookeeper_;
  admin::Configs& configs_;
  runtime::EventLoop& loop_;
  Clock& clock_;
  const Appliers appliers_;
  runtime::Gate gate_;

  // The loop's alone:
  std::optional<BrokerId> self_;
  config::Properties cluster_default_, this_broker_;
  int64_t last_applied_ = -1;
  bool is_session_new_ = false, stopping_ = false;
  runtime::Signal announced_;
};

}  // namespace samsa::broker
