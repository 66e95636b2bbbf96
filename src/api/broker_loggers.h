#pragma once
// The broker's one logger, "root", as Kafka's tools see and set loggers (KIP-412). Its levels are
// log4j's: TRACE and DEBUG raise glog's verbosity, WARN and above silence what is below them.

#include <string>
#include <vector>

#include "base/errc.h"
#include "config/alter.h"

namespace samsa::api {

std::string root_log_level();

// INVALID_CONFIG and INVALID_REQUEST in Kafka's words. Takes effect at once, in all threads.
Result<void> alter_log_levels(const std::vector<config::Alteration>& alterations,
                              bool validate_only);

}  // namespace samsa::api
