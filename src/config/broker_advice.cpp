// What people should be told about a configuration that is otherwise valid.

#include <algorithm>

#include "config/broker_config.h"
#include "config/properties.h"

namespace samsa::config {
namespace {

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1";
}

bool binds_everywhere(const Endpoint* endpoint) {
  return endpoint &&
         (endpoint->host.empty() || endpoint->host == "0.0.0.0" || endpoint->host == "::");
}

// Keys with a meaning to others: per-listener values, and the plug-ins' own keys.
bool is_open_ended(std::string_view name) {
  constexpr std::string_view prefixes[] = {"listener.name.", "config.providers", "confluent."};
  return std::ranges::any_of(prefixes, [&](std::string_view p) { return name.starts_with(p); });
}

}  // namespace

std::vector<std::string> BrokerConfig::warnings() const {
  std::vector<std::string> found;
  for (const auto& [name, value] : static_properties())
    if (!find_broker_key(name) && !is_open_ended(name)) found.push_back(unknown_key_warning(name));
  for (const Endpoint& e : advertised_endpoints())
    if (is_loopback(e.host) && binds_everywhere(endpoint(e.listener_name)))
      found.push_back("advertised.listeners tells clients of listener " + e.listener_name +
                      " to connect to " + e.host +
                      ", which only clients on this machine can reach.");
  if (min_insync_replicas > default_replication_factor && default_replication_factor > 1)
    found.push_back(
        "min.insync.replicas is above default.replication.factor: topics created with "
        "the defaults refuse producers with acks=all.");
  if (log_retention_bytes >= 0 && log_retention_bytes < log_segment_bytes)
    found.push_back(
        "log.retention.bytes is below log.segment.bytes: the active segment is never "
        "deleted, so partitions grow past the limit.");
  if (!metric_reporters.empty() || !kafka_metrics_reporters.empty())
    found.push_back(
        "metric.reporters and kafka.metrics.reporters name Java classes and have no "
        "effect here.");
  return found;
}

std::vector<std::string> BrokerConfig::unsupported() const {
  std::vector<std::string> found;
  for (const Endpoint& e : endpoints())
    if (e.security_protocol != SecurityProtocol::plaintext)
      found.push_back("listeners: " + e.to_string() + " needs security protocol " +
                      std::string(name_of(e.security_protocol)) +
                      ", which this version does not offer yet.");
  if (!authorizer_class_name.empty())
    found.push_back("authorizer.class.name=" + authorizer_class_name +
                    ": this version does not authorize requests yet.");
  if (zookeeper_ssl_client_enable)
    found.push_back(
        "zookeeper.ssl.client.enable: this version does not offer TLS to ZooKeeper "
        "yet.");
  if (zookeeper_set_acl)
    found.push_back("zookeeper.set.acl: this version does not protect znodes yet.");
  if (control_plane_listener_name)
    found.push_back("control.plane.listener.name: this version has no separate control plane yet.");
  return found;
}

}  // namespace samsa::config
