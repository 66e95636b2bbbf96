#pragma once
// What may be changed while the broker runs, and how requests to change it are judged.

#include "base/errc.h"
#include "config/broker_config.h"
#include "config/key.h"
#include "config/topic_config.h"

namespace samsa::config {

// Judges the new whole of one layer: this broker's values, or the cluster's defaults.
// INVALID_CONFIG or INVALID_REQUEST in Kafka's words, e.g. "Cannot update these configs
// dynamically: Set(log.dirs)".
Result<void> validate_dynamic(const BrokerConfig& current, const Properties& layer,
                              bool per_broker);

// As far as that can be told without a broker: names, scopes and single values.
Result<void> validate_layer(const Properties& layer, bool per_broker);

// The values alone; unknown names are for plug-ins to judge.
Result<void> check_dynamic_values(const Properties& layer);

// The same as (Incremental)AlterConfigs answers it, for a resource name (empty: the cluster's
// defaults) and the whole set of values that it would then have.
Result<void> validate_broker_change(const BrokerConfig& current, std::string_view resource,
                                    const Properties& layer);
Result<void> validate_topic_change(std::string_view topic, const Properties& overrides);

// Passwords are kept encrypted in ZooKeeper, which needs password.encoder.secret (KIP-226).
// INVALID_CONFIG in Kafka's words where that is missing; UNKNOWN_SERVER_ERROR where it is there, as
// this broker does not encrypt yet.
Result<void> check_passwords(const BrokerConfig& current, const Properties& layer, bool per_broker);

// What of a layer read from a znode may be used; each value left out is logged.
Properties usable_dynamic(const Properties& layer, bool per_broker);

// This broker's replica.alter.log.dirs.io.max.bytes.per.second, which only a znode can set.
int64_t alter_log_dirs_io_max_bytes_per_second(const BrokerConfig& broker);

// "listener.name.NAME.KEY" -> KEY; other names unchanged.
std::string_view base_name(std::string_view name);
// Keys that say the same as this one, the strongest first; at least the name itself.
std::vector<std::string> broker_synonyms(std::string_view name, bool listener_overrides);

}  // namespace samsa::config
