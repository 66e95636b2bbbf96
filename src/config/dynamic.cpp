#include "config/dynamic.h"

#include <glog/logging.h>

#include <algorithm>

namespace samsa::config {
namespace {

constexpr std::string_view k_listener_prefix = "listener.name.";

// These may be set for one listener only.
constexpr std::string_view k_listener_only[] = {"ssl.key.password",
                                                "ssl.keystore.certificate.chain",
                                                "ssl.keystore.key",
                                                "ssl.keystore.location",
                                                "ssl.keystore.password",
                                                "ssl.keystore.type",
                                                "ssl.truststore.certificates",
                                                "ssl.truststore.location",
                                                "ssl.truststore.password",
                                                "ssl.truststore.type"};
// Limits for one listener that the whole cluster may share.
constexpr std::string_view k_cluster_listener_keys[] = {"max.connections",
                                                        "max.connection.creation.rate"};
// Stand behind a mechanism's name: listener.name.NAME.MECHANISM.KEY.
constexpr std::string_view k_mechanism_keys[] = {
    "sasl.jaas.config", "sasl.login.callback.handler.class", "sasl.login.class",
    "sasl.server.callback.handler.class", "connections.max.reauth.ms"};
// Known only here: set in znodes, never in files.
constexpr std::string_view k_alter_log_dirs_rate = "replica.alter.log.dirs.io.max.bytes.per.second";
constexpr Key k_dynamic_only[] = {
    {"follower.replication.throttled.rate", Type::int64, "9223372036854775807", at_least(0)},
    {"leader.replication.throttled.rate", Type::int64, "9223372036854775807", at_least(0)},
    {k_alter_log_dirs_rate, Type::int64, "9223372036854775807", at_least(0)}};
constexpr std::string_view k_thread_pools[] = {
    "background.threads", "num.io.threads", "num.network.threads",
    "num.recovery.threads.per.data.dir", "num.replica.fetchers"};

constexpr std::string_view k_listener_keys[] = {"listeners", "advertised.listeners",
                                                "listener.security.protocol.map"};

template <class Range>
bool contains(const Range& range, std::string_view name) {
  return std::ranges::find(range, name) != std::end(range);
}

const Key* find_dynamic_key(std::string_view name) {
  const auto own = std::ranges::find(k_dynamic_only, name, &Key::name);
  if (own != std::end(k_dynamic_only)) return &*own;
  const BrokerKey* key = find_broker_key(name);
  return key && key->scope != Scope::read_only ? key : nullptr;
}

bool is_read_only(std::string_view name) {
  const BrokerKey* key = find_broker_key(name);
  return key && key->scope == Scope::read_only;
}

bool needs_broker(std::string_view name) {
  if (name.starts_with(k_listener_prefix))
    return !contains(k_cluster_listener_keys, base_name(name));
  const BrokerKey* key = find_broker_key(name);
  return key && key->scope == Scope::per_broker;
}

Result<void> check_value(std::string_view name, std::string_view value) {
  const Key* key = find_dynamic_key(base_name(name));
  if (!key) return ok();  // custom keys are for plug-ins to judge
  if (auto parsed = parse(*key, value); !parsed) return parsed.error();
  return ok();
}

// The names as Scala prints the sets in which Kafka gathers them: small immutable ones are a "Set".
std::string print_set(const std::vector<std::string>& names, bool is_mutable) {
  std::string text = is_mutable || names.size() > 4 ? "HashSet(" : "Set(";
  for (const std::string& name : names) text.append(&name == names.data() ? "" : ", ").append(name);
  return text + ')';
}

Result<void> refuse(const Properties& layer, std::string_view why,
                    bool (*is_wrong)(std::string_view), bool is_mutable = false) {
  std::vector<std::string> names;
  for (const auto& [name, value] : layer)
    if (is_wrong(name)) names.push_back(name);
  if (names.empty()) return ok();
  return Error{Errc::invalid_request, std::string(why) + ": " + print_set(names, is_mutable)};
}

// A pool may at most halve or double at once. Empty if it does.
std::string pool_fault(int64_t from, int64_t to) {
  if (from == to) return {};
  if (to < 1) return "value should be at least 1";
  if (to < from / 2)
    return "value should be at least half the current value " + std::to_string(from);
  if (to > from * 2)
    return "value should not be greater than double the current value " + std::to_string(from);
  return {};
}

Result<void> check_pools(const BrokerConfig& before, const BrokerConfig& after) {
  for (const std::string_view name : k_thread_pools) {
    const int64_t to = std::stoll(after.text_of(name).value_or("0"));
    const std::string fault = pool_fault(std::stoll(before.text_of(name).value_or("0")), to);
    if (fault.empty()) continue;
    // Kafka wraps one exception in another and mistakes the first for a value.
    std::string message = "Invalid value org.apache.kafka.common.config.ConfigException: ";
    message.append("Dynamic thread count update validation failed for ").append(name);
    message.append("=").append(std::to_string(to)).append(", ").append(fault);
    message.append(" for configuration Invalid dynamic configuration");
    return Error{Errc::invalid_request, std::move(message)};
  }
  return ok();
}

// The cleaner's threads are bounded likewise, by words of its own.
Result<void> check_cleaner(const BrokerConfig& before, const BrokerConfig& after) {
  const int32_t from = before.log_cleaner_threads, to = after.log_cleaner_threads;
  if (!before.log_cleaner_enable || (to >= from / 2 && to <= from * 2)) return ok();
  return Error{
      Errc::invalid_request,
      "Invalid value org.apache.kafka.common.config.ConfigException: Log cleaner threads "
      "cannot be " +
          std::string(to < from ? "reduced to less than half" : "increased to more than double") +
          " the current value " + std::to_string(from) +
          " for configuration Invalid dynamic configuration"};
}

// Better refused than told as done and not done.
Result<void> check_listeners(const BrokerConfig& before, const BrokerConfig& after) {
  for (const std::string_view name : k_listener_keys)
    if (before.text_of(name) != after.text_of(name))
      return Error{
          Errc::invalid_request,
          std::string(name) +
              " would have to change sockets that are open, which this version does not "
              "do yet. Set it in the broker's properties file and start the broker again."};
  return ok();
}

// Reporters are Java classes, so that none can be loaded here: answered as for a class that is not
// on the class path.
Result<void> check_reporters(const BrokerConfig& before, const BrokerConfig& after) {
  for (const std::string& reporter : after.metric_reporters)
    if (!contains(before.metric_reporters, reporter))
      return Error{Errc::invalid_request,
                   "Invalid value org.apache.kafka.common.config.ConfigException: Validation of "
                   "dynamic config update of Set(metric.reporters) failed with class class "
                   "kafka.server.DynamicMetricsReporters for configuration Invalid dynamic "
                   "configuration"};
  return ok();
}

}  // namespace

std::string_view base_name(std::string_view name) {
  if (!name.starts_with(k_listener_prefix)) return name;
  const size_t dot = name.find('.', k_listener_prefix.size());
  if (dot == std::string_view::npos) return name;
  return name.substr(dot + 1);
}

std::vector<std::string> broker_synonyms(std::string_view name, bool listener_overrides) {
  if (name == "log.roll.ms" || name == "log.roll.hours") return {"log.roll.ms", "log.roll.hours"};
  if (name == "log.roll.jitter.ms" || name == "log.roll.jitter.hours")
    return {"log.roll.jitter.ms", "log.roll.jitter.hours"};
  if (name == "log.flush.interval.ms")
    return {"log.flush.interval.ms", "log.flush.scheduler.interval.ms"};
  if (name == "log.retention.ms" || name == "log.retention.minutes" ||
      name == "log.retention.hours")
    return {"log.retention.ms", "log.retention.minutes", "log.retention.hours"};
  const std::string_view base = base_name(name);
  if (!listener_overrides || base == name) return {std::string(name)};
  for (const std::string_view key : k_mechanism_keys)
    if (base.ends_with(key)) return {std::string(name), std::string(key)};
  return {std::string(name), std::string(base)};
}

Result<void> check_dynamic_values(const Properties& layer) {
  for (const auto& [name, value] : layer)
    if (auto valid = check_value(name, value); !valid) return valid;
  return ok();
}

Result<void> validate_layer(const Properties& layer, bool per_broker) {
  auto checked = refuse(layer, "Cannot update these configs dynamically", is_read_only);
  if (!checked) return checked;
  checked = refuse(
      layer,
      "These security configs can be dynamically updated only per-listener using the "
      "listener prefix",
      [](std::string_view name) { return contains(k_listener_only, name); }, true);
  if (!checked) return checked;
  if (auto valid = check_dynamic_values(layer); !valid)
    return Error{Errc::invalid_request, valid.error().message};
  if (!per_broker) {
    checked = refuse(
        layer, "Cannot update these configs at default cluster level, broker id must be specified",
        needs_broker);
    if (!checked) return checked;
  }
  return ok();
}

Result<void> validate_dynamic(const BrokerConfig& current, const Properties& layer,
                              bool per_broker) {
  auto checked = validate_layer(layer, per_broker);
  if (!checked) return checked;
  auto next = per_broker ? current.with_dynamic(current.dynamic_default_properties(), layer)
                         : current.with_dynamic(layer, current.dynamic_properties());
  if (!next) {
    const std::string& all = next.error().message;
    return Error{Errc::invalid_request, all.substr(0, all.find('\n'))};  // Kafka tells the first
  }
  if (auto reporters = check_reporters(current, *next); !reporters) return reporters;
  if (auto listeners = check_listeners(current, *next); !listeners) return listeners;
  if (auto cleaner = check_cleaner(current, *next); !cleaner) return cleaner;
  return check_pools(current, *next);
}

Result<void> validate_broker_change(const BrokerConfig& current, std::string_view resource,
                                    const Properties& layer) {
  auto valid = validate_dynamic(current, layer, !resource.empty());
  if (valid) return ok();
  return Error{Errc::invalid_request,
               "Invalid config value for resource ConfigResource(type=BROKER, "
               "name='" +
                   std::string(resource) + "'): " + valid.error().message};
}

Result<void> validate_topic_change(std::string_view topic, const Properties& overrides) {
  auto valid = TopicConfig::validate(overrides);
  // Kafka judges a name or a contradiction otherwise than a value that cannot be read.
  if (valid || !valid.error().message.starts_with("Invalid value ")) return valid;
  return Error{Errc::invalid_request,
               "Invalid config value for resource ConfigResource(type=TOPIC, "
               "name='" +
                   std::string(topic) + "'): " + valid.error().message};
}

Result<void> check_passwords(const BrokerConfig& current, const Properties& layer,
                             bool per_broker) {
  for (const auto& [name, value] : layer) {
    const auto is_password = [&](const BrokerKey& key) {
      return key.type == Type::password && key.scope != Scope::read_only &&
             name.ends_with(key.name);
    };
    if (!std::ranges::any_of(broker_keys(), is_password)) continue;
    if (!per_broker)
      return Error{Errc::invalid_config, "Password config can be defined only at broker level"};
    if (!current.password_encoder_secret)
      return Error{Errc::invalid_config, "Password encoder secret not configured"};
    return Error{Errc::unknown_server_error,
                 name + " would have to be encrypted, which this version does not do yet"};
  }
  return ok();
}

int64_t alter_log_dirs_io_max_bytes_per_second(const BrokerConfig& broker) {
  int64_t rate = std::numeric_limits<int64_t>::max();
  const auto& own = broker.dynamic_properties();
  if (const auto set = own.find(k_alter_log_dirs_rate); set != own.end())
    std::from_chars(set->second.data(), set->second.data() + set->second.size(), rate);
  return rate;
}

Properties usable_dynamic(const Properties& layer, bool per_broker) {
  Properties usable;
  for (const auto& [name, value] : layer) {
    std::string_view fault;
    if (!check_value(name, value))
      fault = "its value is not valid";
    else if (is_read_only(name))
      fault = "it cannot change while the broker runs";
    else if (contains(k_listener_only, name))
      fault = "it can be set only with a listener prefix";
    else if (!per_broker && needs_broker(name))
      fault = "it can be set for one broker only";
    if (fault.empty())
      usable[name] = value;
    else
      LOG(ERROR) << "Ignoring " << name << " of the " << (per_broker ? "broker's" : "cluster's")
                 << " dynamic configs in ZooKeeper: " << fault;
  }
  return usable;
}

}  // namespace samsa::config
