#pragma once
// A topic's settings: its own values over the broker's defaults.

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/broker_config.h"
#include "config/key.h"

namespace samsa::config {

class TopicConfig {
 public:
  // Kafka's defaults; for tests.
  TopicConfig();

  // The broker's defaults with the topic's overrides, as /config/topics/T holds them. Fails with
  // INVALID_CONFIG in Kafka's words; keys that are not a topic's are passed over, as Kafka does
  // when it reads znodes.
  static Result<TopicConfig> from(const BrokerConfig& broker, const Properties& overrides);

  // What a request may set: names and values, alone and together.
  // "Unknown topic config name: x", "Invalid value x for configuration y: ...".
  static Result<void> validate(const Properties& overrides);

#define SAMSA_TOPIC_KEY(member, cpp_type, type, name, default_text, rule, broker_key) \
  cpp_type member{};
#include "config/topic_config.def"
#undef SAMSA_TOPIC_KEY

  bool compacts() const;
  bool deletes() const;
  const KafkaVersion& format() const { return *find_version(message_format_version); }
  // Segments of a compacted topic also roll when the oldest record must become cleanable.
  int64_t segment_time_ms() const;
  bool is_overridden(std::string_view name) const { return overridden_.contains(name); }
  // The value in force, as Kafka prints it. The name must be a topic's key.
  std::string text_of(std::string_view name) const;

 private:
  std::set<std::string, std::less<>> overridden_;
};

struct TopicKey : Key {
  std::string_view broker_key;  // the key of the broker that sets the default; empty for none
};
// All keys of a topic, sorted by name.
std::span<const TopicKey> topic_keys();
// Null if there is none of that name.
const TopicKey* find_topic_key(std::string_view name);

}  // namespace samsa::config
