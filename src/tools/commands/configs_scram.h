#pragma once
// kafka-configs for users' SCRAM credentials, through brokers.

#include "tools/client/cluster.h"
#include "tools/commands/configs.h"

namespace samsa::tools {

bool is_scram_mechanism(std::string_view config);

Result<void> describe_scram(client::Cluster& cluster, const ConfigEntities& entities);
// The keys are mechanisms.
Result<void> alter_scram(client::Cluster& cluster, const std::string& user,
                         const config::Properties& added, const std::vector<std::string>& deleted);

}  // namespace samsa::tools
