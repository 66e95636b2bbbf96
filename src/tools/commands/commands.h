#pragma once
// The sub-commands of `samsa`: each takes its arguments, returns the exit code.

#include <span>
#include <string>

namespace samsa::tools {

using Arguments = std::span<const std::string>;

int topics(Arguments arguments);
int console_producer(Arguments arguments);
int console_consumer(Arguments arguments);
int consumer_groups(Arguments arguments);
int configs(Arguments arguments);
int broker_api_versions(Arguments arguments);
int dump_log(Arguments arguments);
int delete_records(Arguments arguments);
int get_offsets(Arguments arguments);
int log_dirs(Arguments arguments);
int log_retention(Arguments arguments);
int producer_perf_test(Arguments arguments);
int consumer_perf_test(Arguments arguments);

}  // namespace samsa::tools
