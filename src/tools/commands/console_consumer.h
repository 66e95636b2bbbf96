#pragma once
// console-consumer's command line.

#include "tools/client/consumer.h"
#include "tools/commands/common.h"

namespace samsa::tools {

struct ConsoleConsumerPlan {
  client::Properties properties;
  std::optional<std::string> topic;
  std::optional<std::string> pattern;
  std::optional<int32_t> partition;
  // An offset, or k_earliest_timestamp or k_latest_timestamp.
  int64_t offset = client::k_latest_timestamp;
  int64_t max_messages = -1;
  // -1: for ever.
  int64_t timeout_ms = -1;
};

cli::OptionParser console_consumer_parser();
// The error is to be printed with the help, except for code INVALID_CONFIG, which is printed alone.
Result<ConsoleConsumerPlan> plan_console_consumer(const cli::Options& options);

}  // namespace samsa::tools
