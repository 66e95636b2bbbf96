// kafka-console-producer: standard input into a topic, line by line.

#include "tools/commands/console_producer.h"

#include <strings.h>
#include <unistd.h>

#include <iostream>

#include "tools/client/producer.h"
#include "tools/commands/interrupt.h"

namespace samsa::tools {

namespace {

constexpr std::string_view k_callback_logger =
    "org.apache.kafka.clients.producer.internals.ErrorLoggingCallback";

bool is_true(const std::string& text) { return ::strcasecmp(trim(text).c_str(), "true") == 0; }

void log_failure(const std::string& topic, const std::optional<size_t>& key_size, size_t value_size,
                 const Error& error) {
  const std::string key = key_size ? std::to_string(*key_size) + " bytes" : "null";
  cli::log_line("ERROR",
                "Error when sending message to topic " + topic + " with key: " + key +
                    ", value: " + std::to_string(value_size) + " bytes with error:",
                k_callback_logger);
  std::cerr << cli::exception_text(error) << '\n';
}

class ConsoleProducer {
 public:
  ConsoleProducer(client::Cluster& cluster, const client::ProducerConfig& config,
                  const cli::Options& options)
      : cluster_(cluster),
        producer_(cluster, config),
        reader_(parse_key_values(options.values("property"))),
        topic_(options.text("topic")),
        sync_(options.has("sync")) {}

  // Until the end of the input, an interrupt or an error.
  int run() {
    prompt();
    while (!cluster_.network().interrupted()) {
      const SteadyTime long_time = client::Cluster::now() + std::chrono::hours(1);
      if (!producer_.poll(long_time, STDIN_FILENO)) continue;
      if (!read_input()) break;
      auto taken = take_lines();
      if (!taken) return fail(taken.error());
    }
    if (!cluster_.network().interrupted() && !input_.empty()) {
      auto taken = take(input_);
      if (!taken) return fail(taken.error());
      prompt();
    }
    finish();
    return 0;
  }

 private:
  static void prompt() { std::cout << '>' << std::flush; }

  void finish() {
    cluster_.network().interrupt_on(nullptr);
    producer_.flush();
  }

  int fail(const Error& error) {
    finish();
    std::cerr << error.message << '\n';
    return 1;
  }

  // False at the end.
  bool read_input() {
    char chunk[65536];
    const ssize_t count = ::read(STDIN_FILENO, chunk, sizeof chunk);
    if (count > 0) input_.append(chunk, static_cast<size_t>(count));
    return count > 0;
  }

  Result<void> take_lines() {
    size_t from = 0;
    for (size_t end; (end = input_.find('\n', from)) != std::string::npos; from = end + 1) {
      auto taken = take(std::string_view(input_).substr(from, end - from));
      if (!taken) return taken;
      if (cluster_.network().interrupted()) break;
      prompt();
    }
    input_.erase(0, from);
    return ok();
  }

  Result<void> take(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    auto record = reader_.read(line);
    if (!record) {
      return Error{record.error().code,
                   "org.apache.kafka.common.KafkaException: " + record.error().message};
    }
    client::OutgoingRecord outgoing;
    outgoing.topic = topic_;
    outgoing.key = record->key;
    outgoing.value = record->value;
    return sync_ ? send_and_wait(outgoing) : send(outgoing);
  }

  Result<void> send(const client::OutgoingRecord& record) {
    std::optional<size_t> key_size;
    if (record.key) key_size = record.key->size();
    const size_t value_size = record.value->size();
    auto taken = producer_.send(
        record, [this, key_size, value_size](const Result<client::Delivery>& outcome) {
          if (!outcome) log_failure(topic_, key_size, value_size, outcome.error());
        });
    if (!taken && !cluster_.network().interrupted()) {
      log_failure(topic_, key_size, value_size, taken.error());
    }
    return ok();
  }

  Result<void> send_and_wait(const client::OutgoingRecord& record) {
    std::optional<Error> failure;
    auto taken = producer_.send(record, [&](const Result<client::Delivery>& outcome) {
      if (!outcome) failure = outcome.error();
    });
    if (!taken) failure = taken.error();
    // Nothing else is under way, so all of it is this record. The batch's own time is not waited
    // out, unlike Kafka's linger: the answer is the same, sooner.
    if (taken) producer_.flush();
    if (!failure) return ok();
    return Error{failure->code,
                 "java.util.concurrent.ExecutionException: " + cli::exception_text(*failure)};
  }

  client::Cluster& cluster_;
  client::Producer producer_;
  LineReader reader_;
  std::string topic_;
  bool sync_;
  std::string input_;
};

}  // namespace

LineReader::LineReader(const client::Properties& properties) {
  auto find = [&](std::string_view key) -> const std::string* {
    auto found = properties.find(key);
    return found == properties.end() ? nullptr : &found->second;
  };
  if (auto* value = find("parse.key")) parse_key_ = is_true(*value);
  if (auto* value = find("key.separator")) key_separator_ = *value;
  if (auto* value = find("ignore.error")) ignore_error_ = is_true(*value);
}

Result<LineRecord> LineReader::read(std::string_view line) {
  ++line_number_;
  if (!parse_key_) return LineRecord{std::nullopt, std::string(line)};
  const size_t at = line.find(key_separator_);
  if (at == std::string_view::npos) {
    if (ignore_error_) return LineRecord{std::nullopt, std::string(line)};
    return Error{k_refused,
                 "No key found on line " + std::to_string(line_number_) + ": " + std::string(line)};
  }
  return LineRecord{std::string(line.substr(0, at)),
                    std::string(line.substr(at + key_separator_.size()))};
}

int console_producer(Arguments arguments) {
  auto parser = console_producer_parser();
  auto options = parser.parse(arguments);
  if (!options) return cli::refused_with_usage(parser, options.error());
  if (auto code = cli::help_or_version(
          parser, *options,
          "This tool helps to read data from standard input and publish it to Kafka.")) {
    return *code;
  }
  if (auto problem = cli::require(*options, {"topic"})) return cli::usage_error(parser, *problem);
  const std::string servers = options->has("bootstrap-server") ? options->text("bootstrap-server")
                                                               : options->text("broker-list");
  if (auto problem = check_servers(servers)) return cli::usage_error(parser, *problem);
  if (options->text("line-reader") != "kafka.tools.ConsoleProducer$LineMessageReader" &&
      options->text("line-reader") != "org.apache.kafka.tools.LineMessageReader") {
    std::cerr << "java.lang.ClassNotFoundException: " << options->text("line-reader") << '\n';
    return 1;
  }
  auto properties = console_producer_properties(*options);
  if (!properties) {
    if (properties.error().code == k_no_file) {
      return cli::uncaught_no_file(properties.error().message);
    }
    std::cerr << properties.error().message << '\n';
    return 1;
  }
  auto config = client::ProducerConfig::from(*properties);
  if (!config) return cli::client_not_made("producer", config.error());
  auto cluster_options = client::ClusterOptions::from(*properties, "Producer");
  if (!cluster_options) return cli::client_not_made("producer", cluster_options.error());
  auto cluster = client::Cluster::make(*cluster_options);
  if (!cluster) return cli::client_not_made("producer", cluster.error());
  (*cluster)->network().interrupt_on(catch_interrupts());
  const int code = ConsoleProducer(**cluster, *config, *options).run();
  return exit_code(code);
}

}  // namespace samsa::tools
