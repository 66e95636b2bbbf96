#pragma once
// kafka-configs for users and clients.

#include "tools/client/cluster.h"
#include "tools/commands/configs.h"

namespace samsa::tools {

Result<void> describe_quotas(client::Cluster& cluster, const ConfigEntities& entities);
// SCRAM credentials of users among them.
Result<void> alter_quotas(client::Cluster& cluster, const ConfigEntities& entities,
                          const config::Properties& added, const std::vector<std::string>& deleted);

// As Java prints a double.
std::string format_double(double value);

}  // namespace samsa::tools
