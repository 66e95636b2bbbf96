#pragma once
// The properties that Kafka's clients know, and what is possible for them.

#include <string_view>

#include "tools/client/cluster.h"

namespace samsa::tools::client {

// What no client could be made with: INVALID_CONFIG with the sentence of Kafka's ConfigException,
// or k_kafka with that of its KafkaException for a class that is not there. The role is
// "AdminClient", "Producer" or "Consumer".
Result<void> check_properties(const Properties& properties, std::string_view role);
// A line on standard error for each property that the role's client does not know.
void warn_of_unknown_properties(const Properties& properties, std::string_view role);

}  // namespace samsa::tools::client
