#pragma once
// What this broker knows of the cluster from the controller's UpdateMetadata requests: immutable,
// swapped whole.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/types.h"

namespace samsa::metadata {

struct Endpoint {
  std::string host;
  int32_t port = -1;
  int16_t security_protocol = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct Broker {
  BrokerId id = k_no_broker;
  std::map<std::string, Endpoint, std::less<>> endpoints;  // by listener name
  std::optional<std::string> rack;
  friend bool operator==(const Broker&, const Broker&) = default;
};

struct Partition {
  ControllerEpoch controller_epoch;
  BrokerId leader = k_no_broker;  // -1: none; -2: the topic is being deleted
  LeaderEpoch leader_epoch = k_no_leader_epoch;
  std::vector<BrokerId> isr;
  ZkVersion zk_version;
  std::vector<BrokerId> replicas;
  std::vector<BrokerId> offline_replicas;
};

// Partitions by index; those that the controller has not told of yet are absent.
using Topic = std::map<int32_t, Partition>;

inline constexpr BrokerId k_leader_during_delete{-2};

class Image {
 public:
  // Null when unknown.
  const Broker* broker(BrokerId id) const;
  const Topic* topic(std::string_view name) const;
  const Partition* partition(std::string_view topic, int32_t index) const;

  const std::map<BrokerId, Broker>& brokers() const { return brokers_; }
  const std::map<std::string, std::shared_ptr<const Topic>, std::less<>>& topics() const {
    return topics_;
  }
  std::optional<BrokerId> controller() const { return controller_; }

 private:
  friend class ImageHolder;
  std::map<BrokerId, Broker> brokers_;
  std::map<std::string, std::shared_ptr<const Topic>, std::less<>> topics_;
  std::optional<BrokerId> controller_;
};

// One UpdateMetadata request.
struct Update {
  std::optional<BrokerId> controller;
  std::vector<Broker> brokers;                                   // all that are alive
  std::vector<std::pair<TopicPartition, Partition>> partitions;  // those that changed
};

class ImageHolder {
 public:
  using Listener = std::function<void(const Image&)>;

  ImageHolder() : current_(std::make_shared<const Image>()) {}

  // Stays whole for as long as it is held. Any thread.
  std::shared_ptr<const Image> get() const;
  // Applies the update to a copy that shares what did not change, swaps it in and tells the
  // listeners, on this thread. The partitions that went because their topic is being deleted.
  std::vector<TopicPartition> apply(const Update& update);
  // Told after every update, until the handle is dropped.
  std::shared_ptr<void> listen(Listener listener);

 private:
  mutable std::mutex mutex_;
  std::mutex apply_mutex_;
  std::shared_ptr<const Image> current_;
  std::vector<std::weak_ptr<Listener>> listeners_;
};

}  // namespace samsa::metadata
