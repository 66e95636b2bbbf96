#pragma once
// The names and rules of topic configs, as the tools check them before they ask a broker.

#include <map>
#include <string>
#include <vector>

#include "base/errc.h"

namespace samsa::tools {

// Sorted.
const std::vector<std::string>& topic_config_names();
// Each on a line of its own after a tab, as help texts list them.
std::string topic_config_list();
// INVALID_CONFIG with Kafka's sentence.
Result<void> validate_topic_configs(const std::map<std::string, std::string>& configs);

}  // namespace samsa::tools
