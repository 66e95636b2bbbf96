#pragma once
// The broker's settings: an immutable snapshot of all keys of Kafka 2.7, parsed and checked.
// Precedence: /config/brokers/N, then /config/brokers/<default>, then the properties file and
// command line, then the default.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/endpoint.h"
#include "config/key.h"
#include "config/version.h"

namespace samsa::config {

class BrokerConfig {
 public:
  // All defaults of Kafka; for tests. (zookeeper.connect, which has none, is empty.)
  BrokerConfig();

  // Parses and checks everything. The error's message has one line for each mistake, in Kafka's
  // words.
  static Result<BrokerConfig> from(const Properties& properties);
  // The same with other dynamic layers. Each layer replaces the whole of the former one.
  Result<BrokerConfig> with_dynamic(Properties cluster_default, Properties this_broker) const;

  // One member for each key: '.' is '_'. The exception: log.dirs is `log_dirs_list` as written and
  // `log_dirs` resolved.
#define SAMSA_BROKER_KEY(member, cpp_type, type, name, default_text, rule, scope) cpp_type member{};
#include "config/broker_config.def"
#undef SAMSA_BROKER_KEY

  // log.dirs, or else log.dir.
  std::vector<std::string> log_dirs;

  const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  // advertised.listeners, or the older keys, or else the listeners. A host may be empty: then the
  // machine's own name is meant.
  const std::vector<Endpoint>& advertised_endpoints() const { return advertised_; }
  // Null for a name that is not configured.
  const Endpoint* endpoint(std::string_view listener_name) const;
  const ListenerProtocols& listener_protocols() const { return protocols_; }
  const std::string& inter_broker_listener() const { return inter_broker_listener_; }
  SecurityProtocol inter_broker_protocol() const { return inter_broker_protocol_; }
  const KafkaVersion& inter_broker_version() const {
    return *find_version(inter_broker_protocol_version);
  }
  const KafkaVersion& message_format() const { return *find_version(log_message_format_version); }
  // max.connections.per.ip.overrides: host or address -> limit.
  const std::map<std::string, int32_t, std::less<>>& connection_limits() const {
    return connection_limits_;
  }

  // Several keys say one thing; these say it in milliseconds. -1: for ever.
  int64_t retention_time_ms() const;
  int64_t roll_time_ms() const;
  int64_t roll_jitter_time_ms() const;
  int64_t flush_time_ms() const;
  int32_t zookeeper_connect_time_ms() const;
  int64_t offsets_retention_ms() const { return int64_t{offsets_retention_minutes} * 60'000; }

  // A listener's own value of a key ("listener.name.NAME.KEY"), or nothing.
  std::optional<std::string_view> listener_override(std::string_view listener_name,
                                                    std::string_view key) const;

  // Where values came from; raw texts.
  const Properties& static_properties() const { return static_; }
  const Properties& dynamic_default_properties() const { return dynamic_default_; }
  const Properties& dynamic_properties() const { return dynamic_; }
  // The value in force, as Kafka prints it; nothing for null. The name must be a broker's key.
  std::optional<std::string> text_of(std::string_view name) const;

  // For people at start: keys that nobody knows ("did you mean ...") and settings that are legal
  // but at odds with each other.
  std::vector<std::string> warnings() const;
  // What this broker cannot keep its promise about yet: a sentence for each such setting. A broker
  // must not start while there is one, because running without it would be less safe than asked.
  std::vector<std::string> unsupported() const;

 private:
  Result<void> resolve();
  Result<void> resolve_inter_broker();
  std::vector<std::string> assign(const Properties& effective);
  std::vector<std::string> conflicts() const;

  std::vector<Endpoint> endpoints_;
  std::vector<Endpoint> advertised_;
  ListenerProtocols protocols_;
  std::string inter_broker_listener_;
  SecurityProtocol inter_broker_protocol_ = SecurityProtocol::plaintext;
  std::map<std::string, int32_t, std::less<>> connection_limits_;
  Properties static_;
  Properties dynamic_default_;
  Properties dynamic_;
};

struct BrokerKey : Key {
  Scope scope = Scope::read_only;
};
// All keys of a broker, sorted by name.
std::span<const BrokerKey> broker_keys();
// Null if there is none of that name.
const BrokerKey* find_broker_key(std::string_view name);

}  // namespace samsa::config
