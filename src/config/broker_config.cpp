#include "config/broker_config.h"

#include <glog/logging.h>

#include <algorithm>
#include <charconv>

#include "config/dynamic.h"
#include "config/member.h"
#include "config/topic_config.h"

namespace samsa::config {
namespace {

constexpr Type boolean = Type::boolean, text = Type::text, int32 = Type::int32, int16 = Type::int16,
               int64 = Type::int64, float64 = Type::float64, list = Type::list, klass = Type::klass,
               password = Type::password;
constexpr Scope read_only = Scope::read_only, per_broker = Scope::per_broker,
                cluster_wide = Scope::cluster_wide;

constexpr BrokerKey k_keys[] = {
#define SAMSA_BROKER_KEY(member, cpp_type, type, name, default_text, rule, scope) \
  {{name, type, default_text, rule}, scope},
#include "config/broker_config.def"
#undef SAMSA_BROKER_KEY
};

const Member<BrokerConfig> k_members[] = {
#define SAMSA_BROKER_KEY(member, cpp_type, type, name, default_text, rule, scope) \
  &BrokerConfig::member,
#include "config/broker_config.def"
#undef SAMSA_BROKER_KEY
};

constexpr std::string_view k_required = "zookeeper.connect";

// The default as a value. Parsed once: making a configuration must stay cheap.
const std::vector<Value>& default_values() {
  static const std::vector<Value> values = [] {
    std::vector<Value> parsed;
    for (const BrokerKey& key : k_keys) {
      auto value = key.default_text ? parse(key, key.default_text) : Result<Value>{Value{}};
      CHECK(value) << key.name << ": " << value.error();
      parsed.push_back(std::move(*value));
    }
    return parsed;
  }();
  return values;
}

// A layer over others: its keys replace their synonyms too, so that a dynamic log.roll.hours beats
// a static log.roll.ms.
void lay_over(Properties& below, const Properties& layer) {
  for (const auto& [name, value] : layer) {
    for (const std::string& synonym : broker_synonyms(name, false)) below.erase(synonym);
    below[name] = value;
  }
}

}  // namespace

namespace {

// HOST:PORT,…/CHROOT; the port may be left out.
Result<void> check_zookeeper_connect(std::string_view connect) {
  const auto wrong = [&](std::string_view why) {
    return Error{Errc::invalid_config,
                 std::string(k_required) + "=" + std::string(connect) + ": " + std::string(why) +
                     ". It lists ZooKeeper's servers as host:port, with commas between them."};
  };
  const auto servers = split_list(connect.substr(0, connect.find('/')));
  if (std::ranges::all_of(servers, &std::string::empty)) return wrong("it names no server");
  for (const std::string& server : servers) {
    const size_t colon = server.rfind(':');
    if (colon == std::string::npos || server.ends_with(']')) continue;
    const std::string_view port = std::string_view(server).substr(colon + 1);
    int32_t number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || end != port.data() + port.size() || number < 1 || number > 65535)
      return wrong(std::string(port) + " is no port");
  }
  return ok();
}

}  // namespace

std::span<const BrokerKey> broker_keys() { return k_keys; }

const BrokerKey* find_broker_key(std::string_view name) {
  const auto at = std::ranges::lower_bound(k_keys, name, {}, &BrokerKey::name);
  return at != std::end(k_keys) && at->name == name ? &*at : nullptr;
}

BrokerConfig::BrokerConfig() {
  for (size_t i = 0; i < std::size(k_keys); ++i) store(*this, k_members[i], default_values()[i]);
  if (auto resolved = resolve(); !resolved) LOG(FATAL) << resolved.error();
}

Result<BrokerConfig> BrokerConfig::from(const Properties& properties) {
  BrokerConfig empty;
  empty.static_ = properties;
  return empty.with_dynamic({}, {});
}

Result<BrokerConfig> BrokerConfig::with_dynamic(Properties cluster_default,
                                                Properties this_broker) const {
  Properties effective = static_;
  lay_over(effective, cluster_default);
  lay_over(effective, this_broker);
  BrokerConfig config;
  config.static_ = static_;
  config.dynamic_default_ = std::move(cluster_default);
  config.dynamic_ = std::move(this_broker);

  std::vector<std::string> mistakes = config.assign(effective);
  if (const auto servers = effective.find(k_required); servers != effective.end())
    if (auto usable = check_zookeeper_connect(servers->second); !usable)
      mistakes.push_back(usable.error().message);
  if (mistakes.empty()) {
    if (auto resolved = config.resolve(); !resolved) mistakes.push_back(resolved.error().message);
  }
  if (mistakes.empty()) mistakes = config.conflicts();
  if (mistakes.empty()) {
    // Topics take the broker's values for theirs, under the topics' stricter rules.
    auto topics = TopicConfig::from(config, {});
    if (topics) return config;
    mistakes.push_back(topics.error().message);
  }
  std::string message;
  for (const std::string& mistake : mistakes)
    message.append(message.empty() ? "" : "\n").append(mistake);
  return Error{Errc::invalid_config, std::move(message)};
}

std::vector<std::string> BrokerConfig::assign(const Properties& effective) {
  std::vector<std::string> mistakes;
  for (size_t i = 0; i < std::size(k_keys); ++i) {
    const auto given = effective.find(k_keys[i].name);
    if (given == effective.end()) {
      if (k_keys[i].name == k_required)
        mistakes.push_back("Missing required configuration \"" + std::string(k_required) +
                           "\" which has no default value.");
      continue;
    }
    auto value = parse(k_keys[i], given->second);
    if (value)
      store(*this, k_members[i], *value);
    else
      mistakes.push_back(value.error().message);
  }
  return mistakes;
}

const Endpoint* BrokerConfig::endpoint(std::string_view listener_name) const {
  const auto at = std::ranges::find(endpoints_, listener_name, &Endpoint::listener_name);
  return at == endpoints_.end() ? nullptr : &*at;
}

int64_t BrokerConfig::retention_time_ms() const {
  int64_t ms = int64_t{log_retention_hours} * 3'600'000;
  if (log_retention_minutes) ms = int64_t{*log_retention_minutes} * 60'000;
  if (log_retention_ms) ms = *log_retention_ms;
  return ms < 0 ? -1 : ms;
}

int64_t BrokerConfig::roll_time_ms() const {
  return log_roll_ms.value_or(int64_t{log_roll_hours} * 3'600'000);
}

int64_t BrokerConfig::roll_jitter_time_ms() const {
  return log_roll_jitter_ms.value_or(int64_t{log_roll_jitter_hours} * 3'600'000);
}

int64_t BrokerConfig::flush_time_ms() const {
  return log_flush_interval_ms.value_or(log_flush_scheduler_interval_ms);
}

int32_t BrokerConfig::zookeeper_connect_time_ms() const {
  return zookeeper_connection_timeout_ms.value_or(zookeeper_session_timeout_ms);
}

std::optional<std::string_view> BrokerConfig::listener_override(std::string_view listener_name,
                                                                std::string_view key) const {
  std::string name = "listener.name.";
  for (const char c : listener_name) name += static_cast<char>(std::tolower(c));
  name.append(".").append(key);
  for (const Properties* layer : {&dynamic_, &dynamic_default_, &static_})
    if (const auto at = layer->find(name); at != layer->end()) return at->second;
  return {};
}

std::optional<std::string> BrokerConfig::text_of(std::string_view name) const {
  const BrokerKey* key = find_broker_key(name);
  CHECK(key) << name;
  return to_text(load(*this, k_members[key - k_keys]));
}

}  // namespace samsa::config
