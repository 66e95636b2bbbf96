#include "controller/broker_channels.h"

#include <glog/logging.h>

#include <deque>

#include "net/broker_client.h"

namespace samsa::controller {
namespace {

using runtime::Task;

constexpr milliseconds k_request_timeout{30000};
constexpr milliseconds k_retry_backoff{100};

// What Kafka 2.7 speaks between brokers.
constexpr int16_t k_leader_and_isr_version = 4, k_update_metadata_version = 6,
                  k_stop_replica_version = 3;

SteadyTime deadline() { return std::chrono::steady_clock::now() + k_request_timeout; }

}  // namespace

struct BrokerChannels::Channel {
  Channel(runtime::EventLoop& loop, BrokerId broker, std::string host, uint16_t port,
          std::string client_id)
      : id(broker), client(loop, std::move(host), port, std::move(client_id)) {}
  BrokerId id;
  net::BrokerClient client;
  std::deque<Order> queue;
  runtime::Signal arrived;
  bool closed = false;
};

BrokerChannels::BrokerChannels(runtime::EventLoop& loop, runtime::Gate& gate, BrokerId self,
                               Answers answers)
    : loop_(loop), gate_(gate), self_(self), answers_(std::move(answers)) {}

BrokerChannels::~BrokerChannels() = default;

void BrokerChannels::add(BrokerId id, const std::string& host, uint16_t port) {
  remove(id);
  auto channel = std::make_shared<Channel>(loop_, id, host, port, std::to_string(self_.value()));
  channels_[id] = channel;
  runtime::spawn(loop_, "controller-to-broker-" + std::to_string(id.value()), gate_,
                 serve(std::move(channel)));
}

void BrokerChannels::remove(BrokerId id) {
  const auto found = channels_.find(id);
  if (found == channels_.end()) return;
  found->second->closed = true;
  found->second->client.close();
  found->second->arrived.notify();
  channels_.erase(found);
}

void BrokerChannels::clear() {
  while (!channels_.empty()) remove(channels_.begin()->first);
}

void BrokerChannels::send(BrokerId id, Order order) {
  const auto found = channels_.find(id);
  if (found == channels_.end()) return;
  found->second->queue.push_back(std::move(order));
  found->second->arrived.notify();
}

namespace {

struct Sent {
  bool answered = false;
  Errc error = Errc::none;
  protocol::LeaderAndIsrResponse led;
  protocol::StopReplicaResponse stopped;
};

template <class Request>
Task<Sent> call(net::BrokerClient& client, Request request, int16_t version) {
  auto response = co_await client.call(std::move(request), version, deadline());
  Sent sent;
  if (!response) {
    VLOG(1) << response.error();
    co_return sent;
  }
  sent.answered = true;
  sent.error = static_cast<Errc>(response->error_code);
  if constexpr (std::is_same_v<Request, protocol::StopReplicaRequest>)
    sent.stopped = std::move(*response);
  if constexpr (std::is_same_v<Request, protocol::LeaderAndIsrRequest>)
    sent.led = std::move(*response);
  co_return sent;
}

Task<Sent> deliver(net::BrokerClient& client, Order order) {
  if (auto* leader_and_isr = std::get_if<protocol::LeaderAndIsrRequest>(&order))
    co_return co_await call(client, *leader_and_isr, k_leader_and_isr_version);
  if (auto* update = std::get_if<protocol::UpdateMetadataRequest>(&order))
    co_return co_await call(client, *update, k_update_metadata_version);
  co_return co_await call(client, std::get<protocol::StopReplicaRequest>(order),
                          k_stop_replica_version);
}

}  // namespace

Task<void> BrokerChannels::serve(std::shared_ptr<Channel> channel) {
  constexpr milliseconds k_idle_look{60000};
  while (!channel->closed) {
    if (channel->queue.empty()) {
      co_await channel->arrived.until(std::chrono::steady_clock::now() + k_idle_look);
      continue;
    }
    auto sent = co_await deliver(channel->client, channel->queue.front());
    if (channel->closed) break;
    if (!sent.answered) {
      co_await runtime::sleep_for(k_retry_backoff);
      continue;
    }
    const Order done = std::move(channel->queue.front());
    channel->queue.pop_front();
    if (sent.error != Errc::none) {
      LOG(WARNING) << "broker " << channel->id << " refused an order: " << sent.error;
    } else if (const auto* stop = std::get_if<protocol::StopReplicaRequest>(&done)) {
      answers_.stopped(channel->id, *stop, sent.stopped);
    } else if (std::holds_alternative<protocol::LeaderAndIsrRequest>(done)) {
      answers_.led(channel->id, sent.led);
    }
  }
}

}  // namespace samsa::controller
