#pragma once
// kafka-consumer-groups' changes of committed offsets.

#include "tools/commands/consumer_groups.h"

namespace samsa::tools {

struct GroupsCommand {
  const cli::Options& options;
  client::Cluster& cluster;

  SteadyTime deadline() const {
    return client::Cluster::now() + milliseconds(options.integer("timeout"));
  }
  // --group, or all that there are.
  Result<std::vector<std::string>> groups();
};

// INVALID_REQUEST: the command line is at fault.
Result<void> reset_group_offsets(GroupsCommand& command);
Result<void> delete_group_offsets(GroupsCommand& command);

}  // namespace samsa::tools
