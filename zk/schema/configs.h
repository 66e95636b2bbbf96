#pragma once
// /config/ENTITY and /config/changes, as Kafka 2.7 writes them. An entity is "topics/T",
// "brokers/0", "brokers/<default>", "clients/C", "users/U" or "users/U/clients/C"; names of clients
// and users stand there percent-encoded.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/errc.h"

namespace samsa::zk {

inline constexpr std::string_view k_config_path = "/config";
inline constexpr std::string_view k_config_changes_path = "/config/changes";
// ZooKeeper appends the number.
inline constexpr std::string_view k_config_change_prefix = "/config/changes/config_change_";

using ConfigMap = std::map<std::string, std::string, std::less<>>;

std::string config_path(std::string_view entity);

// In the order of Java's Properties, which is how Kafka comes to write them.
Bytes encode_config(const ConfigMap& config);
// Null data, and what is not a JSON object, is an empty set, as with Kafka; INVALID_REQUEST for a
// value that is not a string.
Result<ConfigMap> decode_config(BytesView json);

Bytes encode_config_change(std::string_view entity);
// The entity that changed; versions 1 and 2. Kafka's sentence for what it can't read.
Result<std::string> decode_config_change(BytesView json);
// "config_change_0000000012" -> 12; nothing for another name.
std::optional<int64_t> config_change_number(std::string_view name);

}  // namespace samsa::zk
