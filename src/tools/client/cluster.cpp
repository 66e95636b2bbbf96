#include "tools/client/cluster.h"

#include <algorithm>
#include <charconv>

#include "protocol/messages/find_coordinator.h"
#include "tools/cli/outcome.h"
#include "tools/client/connection.h"
#include "tools/client/known_properties.h"

namespace samsa::tools::client {

namespace {

std::string property(const Properties& from, std::string_view key, std::string fallback = {}) {
  auto found = from.find(key);
  return found == from.end() ? fallback : found->second;
}

Result<int64_t> number(const Properties& from, std::string_view key, int64_t fallback) {
  auto found = from.find(key);
  if (found == from.end()) return fallback;
  int64_t value = 0;
  const std::string& text = found->second;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Error{Errc::invalid_config, "Invalid value " + text + " for configuration " +
                                           std::string(key) + ": Not a number of type INT"};
  }
  return value;
}

std::optional<HostPort> parse_server(std::string_view text) {
  size_t protocol = text.find("://");
  if (protocol != std::string_view::npos) text.remove_prefix(protocol + 3);
  size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon), port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  HostPort server{std::string(host), 0};
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), server.port);
  bool fine = error == std::errc() && end == port.data() + port.size() && !host.empty();
  if (!fine || server.port < 0 || server.port > 65535) return std::nullopt;
  return server;
}

Error none_resolvable() {
  return {Errc::invalid_config, "No resolvable bootstrap urls given in bootstrap.servers"};
}

// Says so where it is.
bool unresolvable(const HostPort& server) {
  if (resolves(server)) return false;
  cli::log_line("WARN",
                "Couldn't resolve server " + server.host + ":" + std::to_string(server.port) +
                    " from bootstrap.servers as DNS resolution failed for " + server.host,
                "org.apache.kafka.clients.ClientUtils");
  return true;
}

}  // namespace

Result<std::vector<HostPort>> parse_servers(std::string_view list) {
  std::vector<HostPort> servers;
  while (!list.empty()) {
    size_t end = std::min(list.find(','), list.size());
    std::string_view one = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one.empty()) continue;
    auto server = parse_server(one);
    if (!server) {
      return Error{Errc::invalid_config, "Invalid url in bootstrap.servers: " + std::string(one)};
    }
    servers.push_back(*server);
  }
  if (servers.empty()) return none_resolvable();
  return servers;
}

Result<ClusterOptions> ClusterOptions::from(const Properties& properties, std::string_view role) {
  if (auto possible = check_properties(properties, role); !possible) return possible.error();
  ClusterOptions options;
  options.bootstrap_servers = property(properties, "bootstrap.servers");
  std::string protocol = property(properties, "security.protocol", "PLAINTEXT");
  if (protocol != "PLAINTEXT") {
    return Error{Errc::invalid_config,
                 "security.protocol " + protocol +
                     " is not supported by this tool; it speaks PLAINTEXT only"};
  }
  auto request_timeout = number(properties, "request.timeout.ms", 30'000);
  if (!request_timeout) return request_timeout.error();
  auto api_timeout = number(properties, "default.api.timeout.ms", 60'000);
  if (!api_timeout) return api_timeout.error();
  auto backoff = number(properties, "retry.backoff.ms", 100);
  if (!backoff) return backoff.error();
  auto send_buffer = number(properties, "send.buffer.bytes", -1);
  if (!send_buffer) return send_buffer.error();
  auto receive_buffer = number(properties, "receive.buffer.bytes", -1);
  if (!receive_buffer) return receive_buffer.error();
  options.request_timeout = milliseconds(*request_timeout);
  options.api_timeout = milliseconds(*api_timeout);
  options.retry_backoff = milliseconds(*backoff);
  options.network.send_buffer_bytes = static_cast<int>(*send_buffer);
  options.network.receive_buffer_bytes = static_cast<int>(*receive_buffer);
  std::string fallback = role == "AdminClient" ? "adminclient-1"
                         : role == "Producer"  ? "producer-1"
                                               : "consumer-1";
  options.network.client_id = property(properties, "client.id", fallback);
  options.network.log_prefix =
      "[" + std::string(role) + " clientId=" + options.network.client_id + "] ";
  warn_of_unknown_properties(properties, role);
  return options;
}

Result<std::unique_ptr<Cluster>> Cluster::make(const ClusterOptions& options) {
  auto servers = parse_servers(options.bootstrap_servers);
  if (!servers) return servers.error();
  std::unique_ptr<Cluster> cluster(new Cluster(options));
  std::erase_if(*servers, unresolvable);
  if (servers->empty()) return none_resolvable();
  for (const HostPort& server : *servers) {
    ++cluster->bootstrap_count_;
    cluster->network_.set_node(-static_cast<int32_t>(cluster->bootstrap_count_), server);
  }
  return cluster;
}

Cluster::Cluster(const ClusterOptions& options) : options_(options), network_(options.network) {}

int32_t Cluster::any_node() const {
  if (nodes_.empty()) return -1 - static_cast<int32_t>(turn_ % bootstrap_count_);
  return std::next(nodes_.begin(), static_cast<long>(turn_ % nodes_.size()))->first;
}

void Cluster::avoid(int32_t node) {
  ++turn_;
  // When no known broker answers, the bootstrap list is the way back in.
  if (node >= 0 && turn_ % (nodes_.size() + 1) == nodes_.size()) nodes_.clear();
}

ClusterImage Cluster::absorb(const protocol::MetadataResponse& response) {
  ClusterImage image;
  for (const auto& broker : response.brokers) {
    image.nodes[broker.node_id] = {broker.node_id, {broker.host, broker.port}, broker.rack};
    network_.set_node(broker.node_id, {broker.host, broker.port});
  }
  image.controller = response.controller_id;
  image.cluster_id = response.cluster_id.value_or("");
  for (const auto& topic : response.topics) {
    TopicState& state = image.topics[topic.name];
    state.error = static_cast<Errc>(topic.error_code);
    state.internal = topic.is_internal;
    for (const auto& partition : topic.partitions) {
      state.partitions[partition.partition_index] = {static_cast<Errc>(partition.error_code),
                                                     partition.leader_id, partition.leader_epoch,
                                                     partition.replica_nodes, partition.isr_nodes};
    }
  }
  if (!image.nodes.empty()) nodes_ = image.nodes;
  return image;
}

Result<ClusterImage> Cluster::metadata(const std::optional<std::set<std::string>>& topics,
                                       bool create_topics, SteadyTime deadline) {
  protocol::MetadataRequest request;
  request.allow_auto_topic_creation = create_topics;
  request.topics.reset();
  if (topics) {
    request.topics.emplace();
    for (const std::string& name : *topics) request.topics->emplace_back().name = name;
  }
  auto response = call_any(request, deadline);
  if (!response) return response.error();
  return absorb(*response);
}

Result<int32_t> Cluster::controller(SteadyTime deadline) {
  auto image = metadata(std::set<std::string>{}, false, deadline);
  if (!image) return image.error();
  if (image->controller < 0 || !network_.knows(image->controller)) {
    return Error{Errc::not_controller};
  }
  return image->controller;
}

Result<int32_t> Cluster::coordinator(const std::string& group, SteadyTime deadline) {
  auto known = coordinators_.find(group);
  if (known != coordinators_.end()) return known->second;
  protocol::FindCoordinatorRequest request;
  request.key = group;
  request.key_type = 0;
  const int32_t node = any_node();
  auto response = network_.call(node, request, deadline);
  if (!response) {
    avoid(node);
    return response.error();
  }
  if (response->error_code != 0) {
    return Error{static_cast<Errc>(response->error_code), response->error_message.value_or("")};
  }
  network_.set_node(response->node_id, {response->host, response->port});
  nodes_[response->node_id] = {response->node_id, {response->host, response->port}, std::nullopt};
  coordinators_[group] = response->node_id;
  return response->node_id;
}

bool Cluster::is_coordinator_trouble(Errc code) {
  return code == Errc::coordinator_not_available || code == Errc::not_coordinator ||
         code == Errc::coordinator_load_in_progress || code == Errc::network_exception ||
         code == Errc::request_timed_out;
}

bool Cluster::worth_retrying(Errc code) {
  return is_coordinator_trouble(code) || code == Errc::not_controller ||
         code == Errc::leader_not_available || code == Errc::not_leader_or_follower;
}

std::string Cluster::timeout_text(const Error& last) {
  if (last.code == Errc::network_exception) return "Timed out waiting for a node assignment.";
  return "Timed out waiting to send the call. " + last.text();
}

}  // namespace samsa::tools::client
