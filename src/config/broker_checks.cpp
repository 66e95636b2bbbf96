// What must hold between several keys of a broker, in Kafka's words.

#include <algorithm>
#include <charconv>

#include "config/broker_config.h"

namespace samsa::config {
namespace {

constexpr std::string_view k_codecs[] = {"uncompressed", "zstd", "lz4",
                                         "snappy",       "gzip", "producer"};
Error config_error(std::string message) { return {Errc::invalid_config, std::move(message)}; }

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string names_of(const std::vector<Endpoint>& endpoints) {
  std::string names;
  for (const Endpoint& e : endpoints)
    names.append(names.empty() ? "" : ",").append(e.listener_name);
  return names;
}

bool has_name(const std::vector<Endpoint>& endpoints, std::string_view name) {
  return std::ranges::find(endpoints, name, &Endpoint::listener_name) != endpoints.end();
}

Result<std::map<std::string, int32_t, std::less<>>> parse_limits(std::string_view text) {
  constexpr std::string_view key = "max.connections.per.ip.overrides";
  std::map<std::string, int32_t, std::less<>> limits;
  for (const std::string& pair : split_list(text)) {
    const size_t colon = pair.rfind(':');
    int32_t limit = 0;
    const char* const end = pair.data() + pair.size();
    if (colon == std::string::npos ||
        std::from_chars(pair.data() + colon + 1, end, limit).ptr != end)
      return config_error("Error parsing configuration property '" + std::string(key) + "': '" +
                          pair + "' is not of the form host:limit");
    limits[pair.substr(0, colon)] = limit;
  }
  return limits;
}

struct Mistakes {
  std::vector<std::string> found;
  void require(bool holds, std::string_view otherwise) {
    if (!holds) found.push_back("requirement failed: " + std::string(otherwise));
  }
};

void check_listeners(const BrokerConfig& c, Mistakes& m) {
  const auto& advertised = c.advertised_endpoints();
  m.require(has_name(advertised, c.inter_broker_listener()),
            "inter.broker.listener.name must be a listener name defined in advertised.listeners. "
            "The valid options based on currently configured listeners are " +
                names_of(advertised));
  m.require(std::ranges::all_of(advertised,
                                [&](const Endpoint& e) { return c.endpoint(e.listener_name); }),
            "advertised.listeners listener names must be equal to or a subset of the ones defined "
            "in listeners. Found " +
                names_of(advertised) +
                ". The valid options based on the current configuration are " +
                names_of(c.endpoints()));
  m.require(std::ranges::find(advertised, "0.0.0.0", &Endpoint::host) == advertised.end(),
            "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable "
            "IP address.");
  if (!c.control_plane_listener_name) return;
  const std::string control = upper(*c.control_plane_listener_name);
  m.require(has_name(advertised, control),
            "control.plane.listener.name must be a listener name defined in advertised.listeners. "
            "The valid options based on currently configured listeners are " +
                names_of(advertised));
  m.require(control != c.inter_broker_listener(),
            "control.plane.listener.name, when defined, should have a different value from the "
            "inter broker listener name. Currently they both have the value ListenerName(" +
                control + ")");
}

void check_log(const BrokerConfig& c, Mistakes& m) {
  m.require(c.roll_time_ms() >= 1, "log.roll.ms must be equal or greater than 1");
  m.require(c.roll_jitter_time_ms() >= 0, "log.roll.jitter.ms must be equal or greater than 0");
  m.require(c.retention_time_ms() >= 1 || c.retention_time_ms() == -1,
            "log.retention.ms must be unlimited (-1) or, equal or greater than 1");
  m.require(!c.log_dirs.empty(),
            "At least one log directory must be defined via log.dirs or log.dir.");
  m.require(c.log_cleaner_threads > 0 &&
                c.log_cleaner_dedupe_buffer_size / c.log_cleaner_threads > 1024 * 1024,
            "log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.");
  constexpr double k_slot_bytes = 24;
  const auto buffer_bytes = static_cast<double>(c.log_cleaner_dedupe_buffer_size);
  m.require(c.log_cleaner_threads <= 0 || buffer_bytes / c.log_cleaner_threads / k_slot_bytes *
                                                  c.log_cleaner_io_buffer_load_factor >
                                              1,
            "offset map is too small to fit in even a single message, so log "
            "cleaning will never make progress. You can increase log.cleaner.dedupe.buffer.size or "
            "decrease log.cleaner.threads");
  m.require(std::ranges::find(k_codecs, lower(c.compression_type)) != std::end(k_codecs),
            "compression.type : " + c.compression_type +
                " is not valid. Valid options are uncompressed,zstd,lz4,snappy,gzip,producer");
  m.require(c.inter_broker_version().magic >= c.message_format().magic,
            "log.message.format.version " + c.log_message_format_version +
                " can only be used when inter.broker.protocol.version is set to version " +
                (c.message_format().magic == 2 ? "0.11.0" : "0.10.0") + " or higher");
  m.require(c.offsets_topic_compression_codec >= 0 && c.offsets_topic_compression_codec <= 4,
            std::to_string(c.offsets_topic_compression_codec) + " is an unknown compression codec");
}

void check_replication(const BrokerConfig& c, Mistakes& m) {
  m.require(c.replica_fetch_wait_max_ms <= c.replica_socket_timeout_ms,
            "replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to "
            "prevent unnecessary socket timeouts");
  m.require(c.replica_fetch_wait_max_ms <= c.replica_lag_time_max_ms,
            "replica.fetch.wait.max.ms should always be less than or equal to "
            "replica.lag.time.max.ms to prevent frequent changes in ISR");
  m.require(c.offsets_commit_required_acks >= -1 &&
                c.offsets_commit_required_acks <= c.offsets_topic_replication_factor,
            "offsets.commit.required.acks must be greater or equal -1 and less or equal to "
            "offsets.topic.replication.factor");
}

bool mechanism_enabled(const BrokerConfig& c) {
  std::vector<std::string> enabled = c.sasl_enabled_mechanisms;
  if (const auto own = c.listener_override(c.inter_broker_listener(), "sasl.enabled.mechanisms"))
    enabled = split_list(*own);
  return std::ranges::find(enabled, c.sasl_mechanism_inter_broker_protocol) != enabled.end();
}

void check_sasl(const BrokerConfig& c, Mistakes& m) {
  const bool sasl = c.inter_broker_protocol() == SecurityProtocol::sasl_plaintext ||
                    c.inter_broker_protocol() == SecurityProtocol::sasl_ssl;
  if (!sasl) return;
  m.require(is_at_least(c.inter_broker_protocol_version, "0.10.0-IV1") ||
                c.sasl_mechanism_inter_broker_protocol == "GSSAPI",
            "Only GSSAPI mechanism is supported for inter-broker communication with SASL when "
            "inter.broker.protocol.version is set to " +
                c.inter_broker_protocol_version);
  m.require(mechanism_enabled(c),
            "sasl.mechanism.inter.broker.protocol must be included in sasl.enabled.mechanisms when "
            "SASL is used for inter-broker communication");
}

void check_connections(const BrokerConfig& c, Mistakes& m) {
  m.require(
      c.queued_max_request_bytes <= 0 || c.queued_max_request_bytes >= c.socket_request_max_bytes,
      "queued.max.request.bytes must be larger or equal to socket.request.max.bytes");
  m.require(c.max_connections_per_ip != 0 || !c.connection_limits().empty(),
            "max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides "
            "property is set.");
  if (c.connections_max_idle_ms >= 0)
    m.require(c.connection_failed_authentication_delay_ms < c.connections_max_idle_ms,
              "connection.failed.authentication.delay.ms=" +
                  std::to_string(c.connection_failed_authentication_delay_ms) +
                  " should always be less than connections.max.idle.ms=" +
                  std::to_string(c.connections_max_idle_ms) +
                  " to prevent failed authentication responses from timing out");
}

}  // namespace

std::vector<std::string> BrokerConfig::conflicts() const {
  Mistakes m;
  if (broker_id_generation_enable)
    m.require(broker_id >= -1 && broker_id <= reserved_broker_max_id,
              "broker.id must be equal or greater than -1 and not greater than "
              "reserved.broker.max.id");
  else
    m.require(broker_id >= 0, "broker.id must be equal or greater than 0");
  check_log(*this, m);
  check_replication(*this, m);
  check_listeners(*this, m);
  check_sasl(*this, m);
  check_connections(*this, m);
  return std::move(m.found);
}

Result<void> BrokerConfig::resolve() {
  log_dirs = split_list(log_dirs_list.value_or(log_dir));
  std::erase(log_dirs, "");
  auto protocols = parse_protocol_map(listener_security_protocol_map);
  if (!protocols) return protocols.error();
  protocols_ = std::move(*protocols);
  const std::string bound = "PLAINTEXT://" + host_name + ':' + std::to_string(port);
  auto bind = parse_endpoints(listeners.value_or(bound), protocols_, true);
  if (!bind) return bind.error();
  endpoints_ = std::move(*bind);

  std::optional<std::string> advertise = advertised_listeners;
  if (!advertise && (advertised_host_name || advertised_port))
    advertise = "PLAINTEXT://" + advertised_host_name.value_or(host_name) + ':' +
                std::to_string(advertised_port.value_or(port));
  auto advertised = advertise ? parse_endpoints(*advertise, protocols_, false) : endpoints_;
  if (!advertised) return advertised.error();
  advertised_ = std::move(*advertised);

  auto limits = parse_limits(max_connections_per_ip_overrides);
  if (!limits) return limits.error();
  connection_limits_ = std::move(*limits);
  return resolve_inter_broker();
}

Result<void> BrokerConfig::resolve_inter_broker() {
  constexpr std::string_view protocol_key = "security.inter.broker.protocol";
  if (!inter_broker_listener_name) {
    auto protocol = parse_security_protocol(security_inter_broker_protocol, protocol_key);
    if (!protocol) return protocol.error();
    inter_broker_protocol_ = *protocol;
    inter_broker_listener_ = name_of(*protocol);
    return ok();
  }
  for (const Properties* layer : {&static_, &dynamic_default_, &dynamic_})
    if (layer->contains(protocol_key))
      return config_error(
          "Only one of inter.broker.listener.name and security.inter.broker.protocol should be "
          "set.");
  inter_broker_listener_ = upper(*inter_broker_listener_name);
  const auto known = protocols_.find(inter_broker_listener_);
  if (known == protocols_.end())
    return config_error("Listener with name " + inter_broker_listener_ +
                        " defined in inter.broker.listener.name not found in "
                        "listener.security.protocol.map.");
  inter_broker_protocol_ = known->second;
  return ok();
}

}  // namespace samsa::config
