// samsa SUBCOMMAND ARGUMENT…: Kafka's command-line tools.

#include <glog/logging.h>

#include <iostream>
#include <string>
#include <vector>

#include "tools/commands/commands.h"

namespace {

struct Command {
  std::string_view name;
  int (*run)(samsa::tools::Arguments);
  std::string_view purpose;
};

constexpr Command k_commands[] = {
    {"topics", samsa::tools::topics, "create, list, describe, alter and delete topics"},
    {"console-producer", samsa::tools::console_producer, "standard input into a topic"},
    {"console-consumer", samsa::tools::console_consumer, "topics to standard output"},
    {"consumer-groups", samsa::tools::consumer_groups, "consumer groups and their offsets"},
    {"configs", samsa::tools::configs, "dynamic configs"},
    {"broker-api-versions", samsa::tools::broker_api_versions, "what brokers understand"},
    {"dump-log", samsa::tools::dump_log, "the content of log segments"},
    {"delete-records", samsa::tools::delete_records, "records up to an offset"},
    {"get-offsets", samsa::tools::get_offsets, "offsets of a topic's partitions"},
    {"log-dirs", samsa::tools::log_dirs, "sizes of logs by directory"},
    {"log-retention", samsa::tools::log_retention, "why old segments are still there"},
    {"producer-perf-test", samsa::tools::producer_perf_test, "how fast one can produce"},
    {"consumer-perf-test", samsa::tools::consumer_perf_test, "how fast one can consume"},
};

int usage() {
  std::cerr << "Usage: samsa COMMAND [ARGUMENT]...\n";
  for (const Command& command : k_commands) {
    std::cerr << "  " << command.name << std::string(22 - command.name.size(), ' ')
              << command.purpose << '\n';
  }
  std::cerr << "Every command explains itself with --help.\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  // What the shared rooms log is for a broker's operator, not for a tool's user.
  FLAGS_minloglevel = google::GLOG_FATAL;
  if (argc < 2) return usage();
  const std::vector<std::string> arguments(argv + 2, argv + argc);
  for (const Command& command : k_commands) {
    if (command.name != argv[1]) continue;
    const int code = command.run(arguments);
    std::cout.flush();
    return code;
  }
  std::cerr << "samsa: there is no command \"" << argv[1] << "\"\n";
  return usage();
}
