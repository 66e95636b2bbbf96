#include "tools/client/network.h"

#include <poll.h>

#include <algorithm>
#include <iostream>

#include "tools/cli/outcome.h"
#include "tools/client/connection.h"

namespace samsa::tools::client {

namespace {

int milliseconds_until(SteadyTime when) {
  auto left = std::chrono::ceil<milliseconds>(when - Clock::system().steady()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 3'600'000));
}

}  // namespace

Network::Network(NetworkOptions options) : options_(std::move(options)) {}
Network::~Network() = default;

void Network::warn(const std::string& message, std::string_view logger) const {
  cli::log_line("WARN", options_.log_prefix + message, logger);
}

void Network::set_node(NodeId node, const HostPort& address) {
  auto [known, added] = addresses_.try_emplace(node, address);
  if (added || known->second == address) return;
  known->second = address;
  close(node);
}

void Network::close(NodeId node) {
  auto found = connections_.find(node);
  if (found == connections_.end()) return;
  found->second->fail(Errc::network_exception, "The connection was closed.");
  bury_ended();
}

Connection& Network::connection_to(NodeId node) {
  bury_ended();
  auto& connection = connections_[node];
  if (connection == nullptr) connection = std::make_unique<Connection>(*this, node);
  return *connection;
}

void Network::enqueue(NodeId node, Call call) { connection_to(node).enqueue(std::move(call)); }

void Network::bury_ended() {
  for (auto it = connections_.begin(); it != connections_.end();) {
    if (it->second->ended()) {
      ended_.push_back(std::move(it->second));
      it = connections_.erase(it);
    } else {
      ++it;
    }
  }
}

size_t Network::in_flight(NodeId node) const {
  auto found = connections_.find(node);
  return found == connections_.end() ? 0 : found->second->pending();
}

bool Network::interrupted() const {
  if (interrupt_ != nullptr && interrupt_->load()) return true;
  return give_up_at_ != SteadyTime::max() && Clock::system().steady() >= give_up_at_;
}

bool Network::poll(SteadyTime until, int watched) {
  until = std::min(until, give_up_at_);
  bury_ended();
  ended_.clear();
  std::vector<pollfd> descriptors;
  std::vector<NodeId> owners;
  for (auto& [node, connection] : connections_) {
    descriptors.push_back({connection->descriptor(), connection->wanted_events(), 0});
    owners.push_back(node);
    if (auto deadline = connection->next_deadline()) until = std::min(until, *deadline);
  }
  if (watched >= 0) descriptors.push_back({watched, POLLIN, 0});
  if (interrupted()) return false;
  int ready = ::poll(descriptors.data(), descriptors.size(), milliseconds_until(until));
  if (ready < 0) return false;
  for (size_t i = 0; i < owners.size(); ++i) {
    auto found = connections_.find(owners[i]);
    if (found == connections_.end() || found->second->descriptor() != descriptors[i].fd) continue;
    if (descriptors[i].revents != 0) found->second->on_events(descriptors[i].revents);
  }
  const SteadyTime now = Clock::system().steady();
  for (NodeId node : owners) {
    auto found = connections_.find(node);
    if (found != connections_.end()) found->second->expire(now);
  }
  return watched >= 0 && descriptors.back().revents != 0;
}

void Network::pause(milliseconds time) {
  const SteadyTime end = Clock::system().steady() + time;
  while (!interrupted() && Clock::system().steady() < end) poll(end);
}

Result<ApiVersions> Network::versions_of(NodeId node, SteadyTime deadline) {
  for (;;) {
    Connection& connection = connection_to(node);
    if (connection.versions()) return *connection.versions();
    if (interrupted()) return interruption();
    const SteadyTime before = Clock::system().steady();
    if (before >= deadline) return Error{Errc::request_timed_out};
    poll(deadline);
    auto found = connections_.find(node);
    if (found == connections_.end() || found->second->ended()) {
      return Error{Errc::network_exception};
    }
  }
}

}  // namespace samsa::tools::client
