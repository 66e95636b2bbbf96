#pragma once
// All that a controller knows of the cluster. Passive: the shell fills it from ZooKeeper, decisions
// read and change it.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/types.h"
#include "metadata/image.h"

namespace samsa::controller {

struct LiveBroker {
  metadata::Broker broker;
  BrokerEpoch epoch;  // czxid of its registration
};

struct Leadership {
  BrokerId leader = k_no_broker;
  LeaderEpoch leader_epoch{0};
  std::vector<BrokerId> isr;
  ControllerEpoch controller_epoch{0};
  ZkVersion zk_version{0};
  bool operator==(const Leadership&) const = default;
};

using Replicas = std::vector<BrokerId>;

struct Context {
  ControllerEpoch epoch{0};
  int32_t epoch_zk_version = 0;
  std::map<BrokerId, LiveBroker> live;
  std::set<BrokerId> shutting_down;
  // Replicas of live brokers whose log directory has failed, as their answers to LeaderAndIsr told
  // (KIP-112).
  std::map<BrokerId, std::set<TopicPartition>> on_offline_dirs;
  std::map<std::string, std::map<int32_t, Replicas>, std::less<>> assignments;
  std::map<TopicPartition, Leadership> leaderships;
  std::set<std::string> deleting;
  // Brokers that have confirmed the deletion of a topic's replicas.
  std::map<std::string, std::set<BrokerId>> deleted_on;

  bool is_live(BrokerId id) const { return live.contains(id); }
  // Its broker is alive and has its log.
  bool is_online(const TopicPartition& tp, BrokerId replica) const;
  // Online, and the broker is not about to go.
  bool may_lead(const TopicPartition& tp, BrokerId replica) const {
    return is_online(tp, replica) && !shutting_down.contains(replica);
  }
  // Takes down which of a broker's replicas have their logs and which have not; those that are
  // offline now and were not before.
  std::vector<TopicPartition> note_offline(BrokerId id, const std::vector<TopicPartition>& online,
                                           const std::vector<TopicPartition>& offline);
  const Replicas* replicas(const TopicPartition& tp) const;
  std::vector<TopicPartition> partitions_on(BrokerId id) const;
  void forget_topic(const std::string& topic);
};

}  // namespace samsa::controller
