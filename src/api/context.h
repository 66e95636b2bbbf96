#pragma once
// What every request handler gets: who asks, in which version, and the services it may use.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/types.h"
#include "config/key.h"
#include "net/frame_handler.h"
#include "runtime/wait.h"

namespace samsa::config {
class ConfigHolder;
}
namespace samsa::controller {
class Controller;
}
namespace samsa::admin {
class Configs;
class Topics;
}  // namespace samsa::admin
namespace samsa::group {
class Coordinator;
}
namespace samsa::log {
class ColdReads;
class LogDirs;
}
namespace samsa::metadata {
class ImageHolder;
}
namespace samsa::replica {
class FetchSessionCache;
class InternalTopicListener;
class LogMover;
class PartitionTable;
}  // namespace samsa::replica
namespace samsa::zk {
class Client;
}

namespace samsa::api {

class ConversionMemory;
class OrderFence;
class ProducerIds;

// The broker's parts, as the composition root wired them; all outlive every request.
struct Services {
  BrokerId broker_id;
  std::string cluster_id;
  // The version of /feature when it was read last; -1 before (KIP-584).
  std::atomic<int64_t>& finalized_features_epoch;
  config::ConfigHolder& config;
  log::LogDirs& logs;
  log::ColdReads& cold_reads;
  replica::PartitionTable& partitions;
  replica::LogMover& log_mover;
  replica::FetchSessionCache& fetch_sessions;
  group::Coordinator& groups;
  metadata::ImageHolder& metadata;
  controller::Controller& controller;
  zk::Client& zookeeper;
  OrderFence& fence;
  ProducerIds& producer_ids;
  admin::Topics& topics;
  admin::Configs& configs;
  // Puts a topic's own settings, as ZooKeeper has them, in force for its logs here. Any thread.
  std::function<void(const std::string& topic, const config::Properties& settings)>
      apply_topic_settings;
  std::vector<replica::InternalTopicListener*> internal_topic_listeners;
  runtime::Workers& workers;
  ConversionMemory& conversion_memory;
  Clock& clock;
};

// One request. Handlers are coroutines that the dispatcher awaits, so references to it stay valid
// throughout.
struct RequestContext {
  Services& services;
  net::ConnectionInfo& peer;
  int16_t api_version = 0;
  std::string client_id;
  SteadyTime received;

  // As Kafka shows clients to people: "/127.0.0.1".
  std::string client_host() const { return '/' + peer.client_host; }
  SteadyTime deadline_after(int32_t timeout_ms) const {
    return received + milliseconds(timeout_ms < 0 ? 0 : timeout_ms);
  }
};

}  // namespace samsa::api
