#pragma once
// Kafka's release names, as inter.broker.protocol.version and message.format.version take them.

#include <cstdint>
#include <string_view>

namespace samsa::config {

struct KafkaVersion {
  std::string_view version;        // "2.7-IV2"
  std::string_view short_version;  // "2.7"
  int8_t magic;                    // of the record batches it writes: 0, 1 or 2
};

// "2.7", "2.7-IV2", "2.7.1" and the like; null for what Kafka 2.7 does not know. The pointers point
// into one table in order of age, so they compare by age.
const KafkaVersion* find_version(std::string_view text);
// For code that asks "is it at least": the text must be a version that exists.
bool is_at_least(std::string_view version, std::string_view minimum);

}  // namespace samsa::config
