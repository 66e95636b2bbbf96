// The command line of kafka-topics: options, their help and which go together.

#include <charconv>
#include <iostream>
#include <set>

#include "config/topic_config.h"
#include "tools/commands/topics.h"

namespace samsa::tools {

namespace {

constexpr std::string_view k_use_configs =
    " (the kafka-configs CLI supports altering topic configs with a --bootstrap-server option)";

const std::vector<std::string> k_actions = {"alter", "create", "describe", "list", "delete"};
const std::vector<std::string> k_reports = {"under-replicated-partitions",
                                            "under-min-isr-partitions", "at-min-isr-partitions",
                                            "unavailable-partitions"};

void accept_where_and_what(cli::OptionParser& parser) {
  parser
      .accepts("bootstrap-server",
               "REQUIRED: The Kafka server to connect to. In case of providing this, a direct "
               "Zookeeper connection won't be required.")
      .takes("server to connect to");
  parser
      .accepts("command-config",
               "Property file containing configs to be passed to Admin Client. This is used only "
               "with --bootstrap-server option for describing and altering broker configs.")
      .takes("command config property file");
  parser
      .accepts("zookeeper",
               "DEPRECATED, The connection string for the zookeeper connection in the form "
               "host:port. Multiple hosts can be given to allow fail-over.")
      .takes("hosts");
  parser.accepts("list", "List all available topics.");
  parser.accepts("create", "Create a new topic.");
  parser.accepts("delete", "Delete a topic");
  parser.accepts("alter",
                 "Alter the number of partitions, replica assignment, and/or configuration for "
                 "the topic.");
  parser.accepts("describe", "List details for the given topics.");
  parser
      .accepts("topic",
               "The topic to create, alter, describe or delete. It also accepts a regular "
               "expression, except for --create option. Put topic name in double quotes and use "
               "the '\\' prefix to escape regular expression symbols; e.g. \"test\\.topic\".")
      .takes("topic");
}

void accept_topic_properties(cli::OptionParser& parser) {
  parser
      .accepts("config",
               "A topic configuration override for the topic being created or altered. The "
               "following is a list of valid configurations: \n" +
                   topic_config_list() +
                   "\nSee the Kafka documentation for full details on the topic configs. It is "
                   "supported only in combination with --create if --bootstrap-server option is "
                   "used" +
                   std::string(k_use_configs) + ".")
      .takes("name=value")
      .many();
  parser
      .accepts("delete-config",
               "A topic configuration override to be removed for an existing topic (see the list "
               "of configurations under the --config option). Not supported with the "
               "--bootstrap-server option.")
      .takes("name")
      .many();
  parser
      .accepts("partitions",
               "The number of partitions for the topic being created or altered (WARNING: If "
               "partitions are increased for a topic that has a key, the partition logic or "
               "ordering of the messages will be affected). If not supplied for create, defaults "
               "to the cluster default.")
      .takes("# of partitions", cli::ValueType::integer);
  parser
      .accepts("replication-factor",
               "The replication factor for each partition in the topic being created. If not "
               "supplied, defaults to the cluster default.")
      .takes("replication factor", cli::ValueType::integer);
  parser
      .accepts("replica-assignment",
               "A list of manual partition-to-broker assignments for the topic being created or "
               "altered.")
      .takes(
          "broker_id_for_part1_replica1 : broker_id_for_part1_replica2 , "
          "broker_id_for_part2_replica1 : broker_id_for_part2_replica2 , ...");
}

void accept_filters(cli::OptionParser& parser) {
  parser.accepts("under-replicated-partitions",
                 "if set when describing topics, only show under replicated partitions");
  parser.accepts("unavailable-partitions",
                 "if set when describing topics, only show partitions whose leader is not "
                 "available");
  parser.accepts("under-min-isr-partitions",
                 "if set when describing topics, only show partitions whose isr count is less "
                 "than the configured minimum. Not supported with the --zookeeper option.");
  parser.accepts("at-min-isr-partitions",
                 "if set when describing topics, only show partitions whose isr count is equal to "
                 "the configured minimum. Not supported with the --zookeeper option.");
  parser.accepts("topics-with-overrides",
                 "if set when describing topics, only show topics that have overridden configs");
  parser.accepts("if-exists",
                 "if set when altering or deleting or describing topics, the action will only "
                 "execute if the topic exists.");
  parser.accepts("if-not-exists",
                 "if set when creating topics, the action will only execute if the topic does not "
                 "already exist.");
  parser.accepts("disable-rack-aware", "Disable rack aware replica assignment");
  parser.accepts("force", "Suppress console prompts");
  parser.accepts("exclude-internal",
                 "exclude internal topics when running list or describe command. The internal "
                 "topics will be listed by default");
}

std::vector<std::string> without(std::vector<std::string> all,
                                 const std::vector<std::string>& gone) {
  for (const std::string& name : gone) std::erase(all, name);
  return all;
}

std::vector<std::string> operator+(std::vector<std::string> all,
                                   const std::vector<std::string>& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

cli::Check check_required(const cli::Options& options) {
  const bool bootstrap = options.has("bootstrap-server");
  cli::Check problem;
  auto need = [&](std::initializer_list<std::string_view> names) {
    if (!problem) problem = cli::require(options, names);
  };
  if (options.has("describe") && options.has("if-exists")) need({"topic"});
  if (!options.has("list") && !options.has("describe")) need({"topic"});
  if (options.has("create") && !options.has("replica-assignment") && !bootstrap) {
    need({"partitions", "replication-factor"});
  }
  if (bootstrap && options.has("alter")) {
    if (!problem && options.has("config")) {
      return "Option combination \"[bootstrap-server],[config]\" can't be used with option "
             "\"[alter]\"" +
             std::string(k_use_configs);
    }
    need({"partitions"});
  }
  return problem;
}

cli::Check check_invalid(const cli::Options& options) {
  cli::Check problem;
  auto refuse = [&](std::string_view used, const std::vector<std::string>& others) {
    if (!problem) problem = cli::exclude(options, used, others);
  };
  refuse("config", without(k_actions, {"alter", "create"}));
  refuse("delete-config",
         without(k_actions, {"alter"}) + std::vector<std::string>{"bootstrap-server"});
  refuse("partitions", without(k_actions, {"alter", "create"}));
  refuse("replication-factor", without(k_actions, {"create"}));
  refuse("replica-assignment", without(k_actions, {"create", "alter"}));
  if (options.has("create")) refuse("replica-assignment", {"partitions", "replication-factor"});
  const auto no_describe = without(k_actions, {"describe"});
  const std::vector<std::string> overrides = {"topics-with-overrides"};
  const std::vector<std::string> zookeeper = {"zookeeper"};
  for (const std::string& report : k_reports) {
    const bool brokers_only = report.find("min-isr") != std::string::npos;
    refuse(report, no_describe + without(k_reports, {report}) + overrides +
                       (brokers_only ? zookeeper : std::vector<std::string>{}));
  }
  refuse("topics-with-overrides", no_describe + k_reports);
  refuse("if-exists", without(k_actions, {"alter", "delete", "describe"}));
  refuse("if-not-exists", without(k_actions, {"create"}));
  refuse("exclude-internal", without(k_actions, {"list", "describe"}));
  return problem;
}

}  // namespace

cli::OptionParser topics_parser() {
  auto parser = cli::OptionParser::with_defaults();
  accept_where_and_what(parser);
  accept_topic_properties(parser);
  accept_filters(parser);
  return parser;
}

cli::Check check_topic_action(const cli::Options& options) {
  const auto given = std::count_if(k_actions.begin(), k_actions.end(),
                                   [&](const std::string& action) { return options.has(action); });
  if (given == 1) return std::nullopt;
  return "Command must include exactly one action: --list, --describe, --create, --alter or "
         "--delete";
}

cli::Check check_topics(const cli::Options& options) {
  auto problem = check_required(options);
  return problem ? problem : check_invalid(options);
}

Result<ReplicaAssignment> parse_replica_assignment(const std::string& text) {
  ReplicaAssignment assignment;
  for (const std::string& list : split(text, ',')) {
    std::vector<int32_t> replicas;
    std::vector<std::string> duplicates;
    for (const std::string& part : split(list, ':')) {
      const std::string digits = trim(part);
      int32_t id = 0;
      auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
      if (error != std::errc() || end != digits.data() + digits.size()) {
        return Error{k_refused, "For input string: \"" + digits + "\""};
      }
      if (std::count(replicas.begin(), replicas.end(), id) > 0) duplicates.push_back(digits);
      replicas.push_back(id);
    }
    if (!duplicates.empty()) {
      return Error{k_command_failed, "Partition replica lists may not contain duplicate entries: " +
                                         join(duplicates, ",")};
    }
    if (!assignment.empty() && replicas.size() != assignment.front().size()) {
      return Error{k_admin_operation,
                   "Partition " + std::to_string(assignment.size()) +
                       " has different replication factor: " + join_numbers(replicas, ", ")};
    }
    assignment.push_back(std::move(replicas));
  }
  return assignment;
}

namespace {

Result<config::Properties> parse_added_topic_configs(const cli::Options& options) {
  config::Properties configs;
  for (const std::string& argument : options.values("config")) {
    auto pieces = split(argument, '=');
    if (pieces.size() != 2) {
      return Error{k_refused,
                   "requirement failed: Invalid topic config: all configs to be added must be in "
                   "the format \"key=val\"."};
    }
    configs[trim(pieces[0])] = trim(pieces[1]);
  }
  if (auto valid = config::TopicConfig::validate(configs); !valid) return valid.error();
  warn_of_format_version(configs);
  return configs;
}

}  // namespace

Result<TopicArguments> parse_topic_arguments(const cli::Options& options) {
  TopicArguments topic;
  const auto number = [&](std::string_view option) -> std::optional<int32_t> {
    if (!options.has(option)) return std::nullopt;
    return static_cast<int32_t>(options.integer(option));
  };
  topic.name = options.text("topic");
  topic.partitions = number("partitions");
  topic.replication_factor = number("replication-factor");
  if (!options.text("replica-assignment").empty()) {
    auto assignment = parse_replica_assignment(options.text("replica-assignment"));
    if (!assignment) return assignment.error();
    topic.assignment = std::move(*assignment);
  }
  auto configs = parse_added_topic_configs(options);
  if (!configs) return configs.error();
  topic.configs = std::move(*configs);
  for (const std::string& argument : options.values("delete-config")) {
    topic.deleted_configs.push_back(trim(argument));
    if (config::find_topic_key(topic.deleted_configs.back()) == nullptr) {
      return Error{Errc::invalid_config,
                   "Unknown topic config name: " + topic.deleted_configs.back()};
    }
  }
  return topic;
}

void warn_of_collisions(const std::string& topic) {
  if (topic.find_first_of("._") == std::string::npos) return;
  std::cout << "WARNING: Due to limitations in metric names, topics with a period ('.') or "
               "underscore ('_') could collide. To avoid issues it is best to use either, but "
               "not both.\n";
}

Result<std::vector<std::string>> select_topics(const std::vector<std::string>& all,
                                               const cli::Options& options, bool must_exist) {
  std::optional<TopicFilter> filter;
  if (options.has("topic")) {
    auto made = TopicFilter::make(options.text("topic"));
    if (!made) return made.error();
    filter = std::move(*made);
  }
  const bool exclude_internal = options.has("exclude-internal");
  std::vector<std::string> chosen;
  for (const std::string& topic : std::set<std::string>(all.begin(), all.end())) {
    const bool fits = filter ? filter->allows(topic, exclude_internal)
                             : !(exclude_internal && is_internal_topic(topic));
    if (fits) chosen.push_back(topic);
  }
  if (must_exist && filter && chosen.empty()) {
    return Error{k_refused, "Topic '" + options.text("topic") + "' does not exist as expected"};
  }
  return chosen;
}

}  // namespace samsa::tools
