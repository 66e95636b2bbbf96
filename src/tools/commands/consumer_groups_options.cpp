// The command line of kafka-consumer-groups.

#include <algorithm>
#include <iostream>

#include "tools/commands/consumer_groups.h"

namespace samsa::tools {

namespace {

const std::vector<std::string> k_selection = {"group", "all-groups"};

void accept_actions(cli::OptionParser& parser) {
  parser.accepts("bootstrap-server", "REQUIRED: The server(s) to connect to.")
      .takes("server to connect to");
  parser.accepts("group", "The consumer group we wish to act on.").takes("consumer group").many();
  parser
      .accepts("topic",
               "The topic whose consumer group information should be deleted or topic whose should "
               "be included in the reset offset process. In `reset-offsets` case, partitions can "
               "be specified using this format: `topic1:0,1,2`, where 0,1,2 are the partition to "
               "be included in the process. Reset-offsets also supports multiple topic inputs.")
      .takes("topic")
      .many();
  parser.accepts("all-topics",
                 "Consider all topics assigned to a group in the `reset-offsets` process.");
  parser.accepts("list", "List all consumer groups.");
  parser.accepts("describe",
                 "Describe consumer group and list offset lag (number of messages not yet "
                 "processed) related to given group.");
  parser.accepts("all-groups", "Apply to all consumer groups.");
  parser.accepts("delete",
                 "Pass in groups to delete topic partition offsets and ownership information over "
                 "the entire consumer group. For instance --group g1 --group g2");
  parser
      .accepts("timeout",
               "The timeout that can be set for some use cases. For example, it can be used when "
               "describing the group to specify the maximum amount of time in milliseconds to wait "
               "before the group stabilizes (when the group is just created, or is going through "
               "some changes).")
      .takes("timeout (ms)", cli::ValueType::long_integer)
      .defaults_to("5000");
  parser
      .accepts("command-config",
               "Property file containing configs to be passed to Admin Client and Consumer.")
      .takes("command config property file");
  parser.accepts("delete-offsets",
                 "Delete offsets of consumer group. Supports one consumer group at the time, and "
                 "multiple topics.");
}

void accept_reset(cli::OptionParser& parser) {
  using cli::ValueType;
  parser.accepts(
      "reset-offsets",
      "Reset offsets of consumer group. Supports one consumer group at the time, and instances "
      "should be inactive\nHas 2 execution options: --dry-run (the default) to plan which offsets "
      "to reset, and --execute to update the offsets. Additionally, the --export option is used to "
      "export the results to a CSV format.\nYou must choose one of the following reset "
      "specifications: --to-datetime, --by-period, --to-earliest, --to-latest, --shift-by, "
      "--from-file, --to-current.\nTo define the scope use --all-topics or --topic. One scope must "
      "be specified unless you use '--from-file'.");
  parser.accepts("dry-run",
                 "Only show results without executing changes on Consumer Groups. Supported "
                 "operations: reset-offsets.");
  parser.accepts("execute", "Execute operation. Supported operations: reset-offsets.");
  parser.accepts("export",
                 "Export operation execution to a CSV file. Supported operations: reset-offsets.");
  parser.accepts("to-offset", "Reset offsets to a specific offset.")
      .takes("offset", ValueType::long_integer);
  parser.accepts("from-file", "Reset offsets to values defined in CSV file.")
      .takes("path to CSV file");
  parser
      .accepts("to-datetime",
               "Reset offsets to offset from datetime. Format: 'YYYY-MM-DDTHH:mm:SS.sss'")
      .takes("datetime");
  parser
      .accepts("by-duration",
               "Reset offsets to offset by duration from current timestamp. Format: 'PnDTnHnMnS'")
      .takes("duration");
  parser.accepts("to-earliest", "Reset offsets to earliest offset.");
  parser.accepts("to-latest", "Reset offsets to latest offset.");
  parser.accepts("to-current", "Reset offsets to current offset.");
  parser
      .accepts("shift-by",
               "Reset offsets shifting current offset by 'n', where 'n' can be positive or "
               "negative.")
      .takes("number-of-offsets", ValueType::long_integer);
}

void accept_views(cli::OptionParser& parser) {
  const std::string example =
      "\nExample: --bootstrap-server localhost:9092 --describe --group group1 ";
  parser
      .accepts("members",
               "Describe members of the group. This option may be used with '--describe' and "
               "'--bootstrap-server' options only." +
                   example + "--members")
      .only_with({"describe"});
  parser
      .accepts("verbose",
               "Provide additional information, if any, when describing the group. This option may "
               "be used with '--offsets'/'--members'/'--state' and '--bootstrap-server' options "
               "only." +
                   example + "--members --verbose")
      .only_with({"describe"});
  parser
      .accepts("offsets",
               "Describe the group and list all topic partitions in the group along with their "
               "offset lag. This is the default sub-action of and may be used with '--describe' "
               "and '--bootstrap-server' options only." +
                   example + "--offsets")
      .only_with({"describe"});
  parser
      .accepts("state",
               "When specified with '--describe', includes the state of the group." + example +
                   "--state\nWhen specified with '--list', it displays the state of all groups. It "
                   "can also be used to list groups with specific states.\nExample: "
                   "--bootstrap-server localhost:9092 --list --state stable,empty\nThis option may "
                   "be used with '--describe', '--list' and '--bootstrap-server' options only.")
      .may_take()
      .only_with({"describe", "list"});
}

cli::Check check_describe(const cli::Options& options) {
  if (!options.has("group") && !options.has("all-groups")) {
    return "Option [describe] takes one of these options: [group], [all-groups]";
  }
  const int views = options.has("members") + options.has("offsets") + options.has("state");
  if (views > 1) {
    return "Option [describe] takes at most one of these options: [members], [offsets], [state]";
  }
  if (options.has("state") && options.value("state")) {
    return "Option [describe] does not take a value for [state]";
  }
  return std::nullopt;
}

cli::Check check_reset(const cli::Options& options) {
  if (options.has("dry-run") && options.has("execute")) {
    return "Option [reset-offsets] only accepts one of [execute] and [dry-run]";
  }
  if (!options.has("dry-run") && !options.has("execute")) {
    std::cerr
        << "WARN: No action will be performed as the --execute option is missing."
           "In a future major release, the default behavior of this command will be to prompt "
           "the user before executing the reset rather than doing a dry run. You should add "
           "the --dry-run option explicitly if you are scripting this command and want to "
           "keep the current default behavior without prompting.\n";
  }
  if (!options.has("group") && !options.has("all-groups")) {
    return "Option [reset-offsets] takes one of these options: [group], [all-groups]";
  }
  for (const std::string& scenario : reset_scenarios()) {
    auto others = reset_scenarios();
    std::erase(others, scenario);
    if (auto problem = cli::exclude(options, scenario, others)) return problem;
  }
  return std::nullopt;
}

}  // namespace

const std::vector<std::string>& reset_scenarios() {
  static const std::vector<std::string> scenarios = {"to-offset",   "to-datetime", "by-duration",
                                                     "to-earliest", "to-latest",   "to-current",
                                                     "shift-by",    "from-file"};
  return scenarios;
}

cli::OptionParser consumer_groups_parser() {
  auto parser = cli::OptionParser::with_defaults();
  accept_actions(parser);
  accept_reset(parser);
  accept_views(parser);
  return parser;
}

cli::Check check_consumer_groups(const cli::Options& options) {
  cli::Check problem = cli::require(options, {"bootstrap-server"});
  if (!problem && options.has("describe")) problem = check_describe(options);
  if (!problem && options.has("delete")) {
    if (!options.has("group") && !options.has("all-groups")) {
      return "Option [delete] takes one of these options: [group], [all-groups]";
    }
    if (options.has("topic")) {
      return "The consumer does not support topic-specific offset deletion from a consumer group.";
    }
  }
  if (!problem && options.has("delete-offsets") &&
      (!options.has("group") || !options.has("topic"))) {
    return "Option [delete-offsets] takes the following options: [group], [topic]";
  }
  if (!problem && options.has("reset-offsets")) problem = check_reset(options);
  if (!problem) problem = cli::exclude(options, "group", {"all-groups"});
  if (!problem) problem = cli::exclude(options, "group", {"list"});
  if (!problem) problem = cli::exclude(options, "topic", {"list", "describe"});
  return problem;
}

}  // namespace samsa::tools
