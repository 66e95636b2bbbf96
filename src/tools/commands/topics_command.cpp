// kafka-topics from its arguments to its exit code.

#include <iostream>

#include "tools/commands/topics.h"

namespace samsa::tools {

namespace {

// The exception as log4j prints it.
std::string thrown(const Error& error) {
  if (error.code == k_refused) return "java.lang.IllegalArgumentException: " + error.text();
  // A value is judged here, before a broker could.
  if (error.code == Errc::invalid_config && error.message.starts_with("Invalid value ")) {
    return "org.apache.kafka.common.config.ConfigException: " + error.message;
  }
  return cli::exception_text(error);
}

// Whether the refusal is of a value that is read when the action runs.
bool of_action(std::string_view exception, const std::string& message) {
  if (exception.ends_with("ConversionException")) return true;
  if (!exception.ends_with("MultipleArgumentsForOptionException")) return false;
  const auto about = [&](std::string_view option) {
    return message.find("option " + std::string(option) + ",") != std::string::npos;
  };
  return !about("bootstrap-server") && !about("command-config") && !about("zookeeper");
}

int failed(const std::string& message, const std::string& exception) {
  std::cout << "Error while executing topic command : " << message << std::endl;
  cli::log_line("ERROR", exception + "\n", "kafka.admin.TopicCommand$");
  return 1;
}

}  // namespace

int topics(Arguments arguments) {
  auto parser = topics_parser();
  auto parsed = parser.parse(arguments);
  if (!parsed) {
    // Values are read where they are needed, mostly inside the part that catches.
    const std::string_view exception = cli::refusal_exception(parsed.error());
    if (!of_action(exception, parsed.error().message)) return cli::uncaught_refusal(parsed.error());
    return failed(parsed.error().text(), std::string(exception) + ": " + parsed.error().text());
  }
  const cli::Options& options = *parsed;
  if (arguments.empty()) {
    return cli::usage_error(parser, "Create, delete, describe, or change a topic.");
  }
  if (auto code = cli::help_or_version(
          parser, options, "This tool helps to create, delete, describe, or change a topic.")) {
    return *code;
  }
  if (auto problem = check_topic_action(options)) return cli::usage_error(parser, *problem);
  if (options.has("bootstrap-server") == options.has("zookeeper")) {
    return cli::uncaught("java.lang.IllegalArgumentException",
                         "Only one of --bootstrap-server or --zookeeper must be specified");
  }
  if (auto problem = check_topics(options)) return cli::usage_error(parser, *problem);
  auto done =
      options.has("zookeeper") ? topics_with_zookeeper(options) : topics_with_brokers(options);
  if (done) return 0;
  if (done.error().code == k_no_file) return cli::uncaught_no_file(done.error().message);
  if (done.error().code == k_no_admin) return cli::uncaught_admin(done.error());
  if (options.has("zookeeper") && done.error().code == Errc::network_exception) {
    return cli::uncaught("kafka.zookeeper.ZooKeeperClientTimeoutException", done.error().message);
  }
  return failed(done.error().text(), thrown(done.error()));
}

}  // namespace samsa::tools
