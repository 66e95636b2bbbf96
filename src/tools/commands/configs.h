#pragma once
// kafka-configs: its command line.

#include <string>
#include <vector>

#include "config/key.h"
#include "tools/commands/common.h"

namespace samsa::tools {

cli::OptionParser configs_parser();

// What is to be configured: --entity-type and --entity-name by position, or --topic NAME and its
// like. An empty name is the default entity.
struct ConfigEntities {
  std::vector<std::string> types;
  std::vector<std::string> names;
};
ConfigEntities entities_of(const cli::Options& options);

// Kafka's rules of what goes together. `usage` says that the message is printed with the help.
struct ConfigsProblem {
  std::string message;
  bool usage = false;
};
std::optional<ConfigsProblem> check_configs(const cli::Options& options);

// --add-config and --add-config-file: "k1=v1,k2=[v1,v2]".
Result<config::Properties> configs_to_add(const cli::Options& options);
Result<config::Properties> parse_added_configs(const std::string& text);

}  // namespace samsa::tools
