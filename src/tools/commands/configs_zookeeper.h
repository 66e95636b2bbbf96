#pragma once
// kafka-configs through ZooKeeper.

#include "tools/commands/configs.h"

namespace samsa::tools {

// What may be set for the entity, in Kafka's words: what the tool refuses is an exception of which
// only the message is told, INVALID_CONFIG is its ConfigException.
Result<void> validate_entity_configs(const std::string& type, const std::string& name,
                                     const config::Properties& configs);

// Describes or alters, with the warning that this way is deprecated. NETWORK_EXCEPTION alone where
// there is no session with ZooKeeper.
Result<void> configs_with_zookeeper(const cli::Options& options);

}  // namespace samsa::tools
