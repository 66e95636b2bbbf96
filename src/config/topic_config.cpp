#include "config/topic_config.h"

#include <glog/logging.h>

#include <algorithm>

#include "config/member.h"

namespace samsa::config {
namespace {

constexpr Type boolean = Type::boolean, text = Type::text, int32 = Type::int32, int64 = Type::int64,
               float64 = Type::float64, list = Type::list;

constexpr TopicKey k_keys[] = {
#define SAMSA_TOPIC_KEY(member, cpp_type, type, name, default_text, rule, broker_key) \
  {{name, type, default_text, rule}, broker_key},
#include "config/topic_config.def"
#undef SAMSA_TOPIC_KEY
};

const Member<TopicConfig> k_members[] = {
#define SAMSA_TOPIC_KEY(member, cpp_type, type, name, default_text, rule, broker_key) \
  &TopicConfig::member,
#include "config/topic_config.def"
#undef SAMSA_TOPIC_KEY
};

// What a broker's own keys say about the topic's key. Times that the broker may state in several
// units come from its helpers.
std::string broker_default(const BrokerConfig& broker, const TopicKey& key) {
  if (key.name == "segment.ms") return std::to_string(broker.roll_time_ms());
  if (key.name == "segment.jitter.ms") return std::to_string(broker.roll_jitter_time_ms());
  if (key.name == "flush.ms") return std::to_string(broker.flush_time_ms());
  if (key.name == "retention.ms") return std::to_string(broker.retention_time_ms());
  if (key.name == "message.format.version") return std::string(broker.message_format().version);
  if (key.broker_key.empty()) return key.default_text;
  return broker.text_of(key.broker_key).value_or(key.default_text);
}

Result<void> check_lags(const TopicConfig& config) {
  if (config.min_compaction_lag_ms <= config.max_compaction_lag_ms) return ok();
  return Error{Errc::invalid_config, "conflict topic config setting min.compaction.lag.ms (" +
                                         std::to_string(config.min_compaction_lag_ms) +
                                         ") > max.compaction.lag.ms (" +
                                         std::to_string(config.max_compaction_lag_ms) + ')'};
}

bool has_policy(const std::vector<std::string>& policies, std::string_view wanted) {
  return std::ranges::find(policies, wanted) != policies.end();
}

}  // namespace

std::span<const TopicKey> topic_keys() { return k_keys; }

const TopicKey* find_topic_key(std::string_view name) {
  const auto at = std::ranges::lower_bound(k_keys, name, {}, &TopicKey::name);
  return at != std::end(k_keys) && at->name == name ? &*at : nullptr;
}

TopicConfig::TopicConfig() {
  for (size_t i = 0; i < std::size(k_keys); ++i) {
    auto value = parse(k_keys[i], k_keys[i].default_text);
    CHECK(value) << k_keys[i].name << ": " << value.error();
    store(*this, k_members[i], *value);
  }
}

Result<TopicConfig> TopicConfig::from(const BrokerConfig& broker, const Properties& overrides) {
  TopicConfig config;
  for (size_t i = 0; i < std::size(k_keys); ++i) {
    const TopicKey& key = k_keys[i];
    const auto own = overrides.find(key.name);
    const bool is_own = own != overrides.end();
    auto value = parse(key, is_own ? own->second : broker_default(broker, key));
    if (!value) return value.error();
    store(config, k_members[i], *value);
    if (is_own) config.overridden_.emplace(key.name);
  }
  return config;
}

Result<void> TopicConfig::validate(const Properties& overrides) {
  for (const auto& [name, value] : overrides)
    if (!find_topic_key(name))
      return Error{Errc::invalid_config, "Unknown topic config name: " + name};
  // Together they are judged over Kafka's defaults, not over this broker's.
  TopicConfig config;
  for (size_t i = 0; i < std::size(k_keys); ++i) {
    const auto own = overrides.find(k_keys[i].name);
    if (own == overrides.end()) continue;
    auto value = parse(k_keys[i], own->second);
    if (!value) return value.error();
    store(config, k_members[i], *value);
  }
  return check_lags(config);
}

bool TopicConfig::compacts() const { return has_policy(cleanup_policy, "compact"); }

bool TopicConfig::deletes() const { return has_policy(cleanup_policy, "delete"); }

int64_t TopicConfig::segment_time_ms() const {
  return compacts() && max_compaction_lag_ms > 0 ? std::min(max_compaction_lag_ms, segment_ms)
                                                 : segment_ms;
}

std::string TopicConfig::text_of(std::string_view name) const {
  const TopicKey* key = find_topic_key(name);
  CHECK(key) << name;
  return to_text(load(*this, k_members[key - k_keys])).value_or("");
}

}  // namespace samsa::config
