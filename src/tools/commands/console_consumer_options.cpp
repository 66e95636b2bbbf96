#include <algorithm>
#include <charconv>
#include <random>
#include <set>

#include "tools/commands/console_consumer.h"

namespace samsa::tools {

namespace {

constexpr std::string_view k_property_help =
    "The properties to initialize the message formatter. Default properties include:\n"
    " print.timestamp=true|false\n print.key=true|false\n print.offset=true|false\n"
    " print.partition=true|false\n print.headers=true|false\n print.value=true|false\n"
    " key.separator=<key.separator>\n line.separator=<line.separator>\n"
    " headers.separator=<line.separator>\n null.literal=<null.literal>\n"
    " key.deserializer=<key.deserializer>\n value.deserializer=<value.deserializer>\n"
    " header.deserializer=<header.deserializer>\n\n"
    "Users can also pass in customized properties for their formatter; more specifically, users "
    "can pass in properties keyed with 'key.deserializer.', 'value.deserializer.' and "
    "'headers.deserializer.' prefixes to configure their deserializers.";

void accept_source(cli::OptionParser& parser) {
  parser.accepts("topic", "The topic id to consume on.").takes("topic");
  parser
      .accepts("whitelist",
               "Regular expression specifying whitelist of topics to include for consumption.")
      .takes("whitelist");
  parser
      .accepts("partition",
               "The partition to consume from. Consumption starts from the end of the partition "
               "unless '--offset' is specified.")
      .takes("partition", cli::ValueType::integer);
  parser
      .accepts("offset",
               "The offset id to consume from (a non-negative number), or 'earliest' which means "
               "from beginning, or 'latest' which means from end")
      .takes("consume offset")
      .defaults_to("latest");
  parser
      .accepts("consumer-property",
               "A mechanism to pass user-defined properties in the form key=value to the consumer.")
      .takes("consumer_prop")
      .many();
  parser
      .accepts("consumer.config",
               "Consumer config properties file. Note that [consumer-property] takes precedence "
               "over this config.")
      .takes("config file");
  parser.accepts("bootstrap-server", "REQUIRED: The server(s) to connect to.")
      .takes("server to connect to");
  parser.accepts("group", "The consumer group id of the consumer.").takes("consumer group id");
  parser
      .accepts("isolation-level",
               "Set to read_committed in order to filter out transactional messages which are not "
               "committed. Set to read_uncommitted to read all messages.")
      .takes()
      .defaults_to("read_uncommitted");
}

void accept_output(cli::OptionParser& parser) {
  parser
      .accepts("formatter", "The name of a class to use for formatting kafka messages for display.")
      .takes("class")
      .defaults_to("kafka.tools.DefaultMessageFormatter");
  parser.accepts("property", k_property_help).takes("prop").many();
  parser.accepts("from-beginning",
                 "If the consumer does not already have an established offset to consume from, "
                 "start with the earliest message present in the log rather than the latest "
                 "message.");
  parser
      .accepts("max-messages",
               "The maximum number of messages to consume before exiting. If not set, consumption "
               "is continual.")
      .takes("num_messages", cli::ValueType::integer);
  parser
      .accepts("timeout-ms",
               "If specified, exit if no message is available for consumption for the specified "
               "interval.")
      .takes("timeout_ms", cli::ValueType::integer);
  parser.accepts("skip-message-on-error",
                 "If there is an error when processing a message, skip it instead of halt.");
  parser.accepts("key-deserializer").takes("deserializer for key");
  parser.accepts("value-deserializer").takes("deserializer for values");
  parser.accepts("enable-systest-events",
                 "Log lifecycle events of the consumer in addition to logging consumed messages. "
                 "(This is specific for system tests.)");
}

Error refusal(std::string message) { return {k_refused, std::move(message)}; }

Result<int64_t> parse_offset(const cli::Options& options) {
  if (!options.has("offset")) {
    return options.has("from-beginning") ? client::k_earliest_timestamp
                                         : client::k_latest_timestamp;
  }
  std::string text = options.text("offset");
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return static_cast<char>(std::tolower(c)); });
  if (text == "earliest") return client::k_earliest_timestamp;
  if (text == "latest") return client::k_latest_timestamp;
  int64_t offset = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (error != std::errc() || end != text.data() + text.size() || offset < 0) {
    return refusal("The provided offset value '" + text +
                   "' is incorrect. Valid values are 'earliest', 'latest', or a non-negative "
                   "long.");
  }
  return offset;
}

// The group of the options and files, which must agree; a random one where there is none.
Result<bool> choose_group(const cli::Options& options, const client::Properties& file,
                          const client::Properties& extra, client::Properties& into) {
  std::vector<std::string> groups;
  auto add = [&](const std::string& group) {
    if (std::count(groups.begin(), groups.end(), group) == 0) groups.push_back(group);
  };
  if (options.has("group")) add(options.text("group"));
  for (const client::Properties* properties : {&file, &extra}) {
    auto found = properties->find("group.id");
    if (found != properties->end()) add(found->second);
  }
  if (groups.size() > 1) {
    return refusal(
        "The group ids provided in different places (directly using '--group', via "
        "'--consumer-property', or via '--consumer.config') do not match. Detected "
        "group ids: '" +
        join(groups, "', '") + "'");
  }
  if (groups.size() == 1) {
    into["group.id"] = groups.front();
    return true;
  }
  std::mt19937 random{std::random_device{}()};
  into["group.id"] = "console-consumer-" + std::to_string(random() % 100'000);
  into.try_emplace("enable.auto.commit", "false");
  return false;
}

Result<void> choose_reset(const cli::Options& options, client::Properties& properties) {
  auto found = properties.find("auto.offset.reset");
  const bool from_beginning = options.has("from-beginning");
  if (found == properties.end()) {
    properties["auto.offset.reset"] = from_beginning ? "earliest" : "latest";
  } else if (from_beginning && found->second != "earliest") {
    return Error{Errc::invalid_config,
                 "Can't simultaneously specify --from-beginning and 'auto.offset.reset=" +
                     found->second + "', please remove one option"};
  }
  return ok();
}

Result<void> check_source(const cli::Options& options) {
  if (options.has("topic") == options.has("whitelist")) {
    return refusal("Exactly one of whitelist/topic is required.");
  }
  if (options.has("partition")) {
    if (!options.has("topic")) {
      return refusal("The topic is required when partition is specified.");
    }
    if (options.has("from-beginning") && options.has("offset")) {
      return refusal("Options from-beginning and offset cannot be specified together.");
    }
  } else if (options.has("offset")) {
    return refusal("The partition is required when offset is specified.");
  }
  return ok();
}

}  // namespace

cli::OptionParser console_consumer_parser() {
  auto parser = cli::OptionParser::with_defaults();
  accept_source(parser);
  accept_output(parser);
  return parser;
}

Result<ConsoleConsumerPlan> plan_console_consumer(const cli::Options& options) {
  ConsoleConsumerPlan plan;
  auto file = properties_of(options, "consumer.config");
  if (!file) return file.error();
  const auto extra = parse_key_values(options.values("consumer-property"));
  auto checked = check_source(options);
  if (!checked) return checked.error();
  auto offset = parse_offset(options);
  if (!offset) return offset.error();
  plan.offset = *offset;
  if (auto problem = cli::require(options, {"bootstrap-server"})) return refusal(*problem);
  plan.properties = *file;
  auto group_given = choose_group(options, *file, extra, plan.properties);
  if (!group_given) return group_given.error();
  if (*group_given && options.has("partition")) {
    return refusal("Options group and partition cannot be specified together.");
  }
  for (const auto& [key, value] : extra) plan.properties[key] = value;
  auto reset = choose_reset(options, plan.properties);
  if (!reset) return reset.error();
  plan.properties["bootstrap.servers"] = options.text("bootstrap-server");
  if (options.has("isolation-level") ||
      plan.properties.find("isolation.level") == plan.properties.end()) {
    plan.properties["isolation.level"] = options.text("isolation-level");
  }
  plan.properties.try_emplace("client.id", "consumer-" + plan.properties["group.id"] + "-1");
  if (options.has("topic")) plan.topic = options.text("topic");
  if (options.has("whitelist")) plan.pattern = options.text("whitelist");
  if (options.has("partition")) plan.partition = static_cast<int32_t>(options.integer("partition"));
  if (options.has("max-messages")) plan.max_messages = options.integer("max-messages");
  if (options.has("timeout-ms")) plan.timeout_ms = options.integer("timeout-ms");
  return plan;
}

}  // namespace samsa::tools
