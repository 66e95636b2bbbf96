#pragma once
// The controller's conversations with the brokers: per broker one connection and one request at a
// time, in order, tried again until it is answered or the broker is gone (as Kafka's
// ControllerChannelManager does).

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "base/types.h"
#include "protocol/messages/leader_and_isr.h"
#include "protocol/messages/stop_replica.h"
#include "protocol/messages/update_metadata.h"
#include "runtime/wait.h"

namespace samsa::controller {

using Order = std::variant<protocol::LeaderAndIsrRequest, protocol::UpdateMetadataRequest,
                           protocol::StopReplicaRequest>;

// All use is from the controller's loop.
class BrokerChannels {
 public:
  // Called on the loop when a broker has answered without an error as a whole.
  struct Answers {
    std::function<void(BrokerId, const protocol::LeaderAndIsrResponse&)> led;
    std::function<void(BrokerId, const protocol::StopReplicaRequest&,
                       const protocol::StopReplicaResponse&)>
        stopped;
  };

  BrokerChannels(runtime::EventLoop& loop, runtime::Gate& gate, BrokerId self, Answers answers);
  ~BrokerChannels();

  void add(BrokerId id, const std::string& host, uint16_t port);
  void remove(BrokerId id);
  void clear();
  // Dropped when there is no such broker.
  void send(BrokerId id, Order order);

 private:
  struct Channel;
  runtime::Task<void> serve(std::shared_ptr<Channel> channel);

  runtime::EventLoop& loop_;
  runtime::Gate& gate_;
  const BrokerId self_;
  const Answers answers_;
  std::map<BrokerId, std::shared_ptr<Channel>> channels_;
};

}  // namespace samsa::controller
