// kafka-console-consumer: topics to standard output.

#include "tools/commands/console_consumer.h"

#include <unistd.h>
#include <csignal>

#include <cerrno>
#include <iostream>

#include "tools/commands/interrupt.h"
#include "tools/commands/record_format.h"

namespace samsa::tools {

namespace {

constexpr std::string_view k_logger = "kafka.tools.ConsoleConsumer$";
constexpr size_t k_output_chunk = 64 * 1024;

// Standard output in large writes; what is collected goes out before anything is waited for.
class Output {
 public:
  std::string& buffer() { return buffer_; }
  bool full() const { return buffer_.size() >= k_output_chunk; }
  // False when nobody reads any more.
  bool flush() {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
      const ssize_t count = ::write(STDOUT_FILENO, rest.data(), rest.size());
      if (count < 0 && errno == EINTR && !interrupted()) continue;
      if (count < 0) break;
      rest.remove_prefix(static_cast<size_t>(count));
    }
    const bool written = rest.empty();
    buffer_.clear();
    return written;
  }

 private:
  std::string buffer_;
};

class ConsoleConsumer {
 public:
  ConsoleConsumer(client::Cluster& cluster, const client::ConsumerConfig& config,
                  const ConsoleConsumerPlan& plan, RecordFormatter& formatter)
      : network_(cluster.network()),
        consumer_(cluster, config),
        plan_(plan),
        formatter_(formatter) {}

  // The exit code.
  int run(bool skip_on_error) {
    if (auto subscribed = subscribe(); !subscribed) {
      cli::log_line("ERROR", "Unknown error when running consumer: ", k_logger);
      std::cerr << cli::exception_text(subscribed.error()) << '\n';
      return 1;
    }
    int code = 0;
    while (!interrupted() && (plan_.max_messages < 0 || count_ < plan_.max_messages)) {
      auto record = receive();
      if (!record) {
        output_.flush();
        cli::log_line("ERROR",
                      "Error processing message, terminating consumer process: ", k_logger);
        // Kafka's time-out of the console has no sentence.
        const bool idle = record.error().code == Errc::request_timed_out;
        std::cerr << (idle ? cli::exception_name(record.error().code)
                           : cli::exception_text(record.error()))
                  << '\n';
        break;
      }
      if (*record == nullptr) break;  // interrupted
      ++count_;
      auto formatted = formatter_.format(**record, output_.buffer());
      if (!formatted) {
        if (skip_on_error) {
          cli::log_line("ERROR", "Error processing message, skipping this message: ", k_logger);
          std::cerr << cli::exception_text(formatted.error()) << '\n';
          continue;
        }
        cli::log_line("ERROR", "Unknown error when running consumer: ", k_logger);
        std::cerr << cli::exception_text(formatted.error()) << '\n';
        code = 1;
        break;
      }
      if (output_.full() && !write()) break;
    }
    write();
    consumer_.close();
    std::cerr << "Processed a total of " << count_ << " messages\n";
    return exit_code(code);
  }

 private:
  bool write() {
    if (output_.flush()) return true;
    if (!interrupted()) std::cerr << "Unable to write to standard out, closing consumer.\n";
    return false;
  }

  Result<void> subscribe() {
    if (plan_.partition) {
      const TopicPartition tp{*plan_.topic, *plan_.partition};
      consumer_.assign({tp});
      if (plan_.offset < 0) {
        consumer_.seek_to(tp, plan_.offset);
      } else {
        consumer_.seek(tp, plan_.offset);
      }
    } else if (plan_.topic) {
      consumer_.subscribe({*plan_.topic});
    } else {
      auto pattern = client::JavaPattern::compile(*plan_.pattern);
      if (!pattern) return pattern.error();
      consumer_.subscribe_matching(std::move(*pattern));
    }
    return ok();
  }

  // Null when interrupted.
  Result<const client::ConsumedRecord*> receive() {
    const bool bounded = plan_.timeout_ms >= 0;
    const SteadyTime deadline = client::Cluster::now() + milliseconds(plan_.timeout_ms);
    // Brokers that do not answer are waited for no longer than records are.
    if (bounded) network_.give_up_at(deadline);
    auto at_once = consumer_.next(SteadyTime{});
    if (!at_once || *at_once != nullptr) return at_once;
    if (!write()) return nullptr;
    for (;;) {
      auto record =
          consumer_.next(bounded ? deadline : client::Cluster::now() + std::chrono::hours(1));
      if (!record || *record != nullptr || interrupted()) return record;
      if (bounded) return Error{Errc::request_timed_out, ""};
    }
  }

  client::Network& network_;
  client::Consumer consumer_;
  const ConsoleConsumerPlan& plan_;
  RecordFormatter& formatter_;
  Output output_;
  int64_t count_ = 0;
};

client::Properties formatter_properties(const cli::Options& options) {
  auto properties = parse_key_values(options.values("property"));
  if (!options.text("key-deserializer").empty()) {
    properties["key.deserializer"] = options.text("key-deserializer");
  }
  if (!options.text("value-deserializer").empty()) {
    properties["value.deserializer"] = options.text("value-deserializer");
  }
  return properties;
}

int failure(const Error& error) {
  cli::log_line("ERROR", "Unknown error when running consumer: ", k_logger);
  return cli::client_not_made("consumer", error);
}

int consume(const cli::Options& options, const ConsoleConsumerPlan& plan,
            RecordFormatter& formatter) {
  auto config = client::ConsumerConfig::from(plan.properties);
  if (!config) return failure(config.error());
  auto cluster_options = client::ClusterOptions::from(plan.properties, "Consumer");
  if (!cluster_options) return failure(cluster_options.error());
  auto& network = cluster_options->network;
  network.log_prefix =
      "[Consumer clientId=" + network.client_id + ", groupId=" + config->group_id + "] ";
  auto cluster = client::Cluster::make(*cluster_options);
  if (!cluster) return failure(cluster.error());
  (*cluster)->network().interrupt_on(catch_interrupts());
  std::signal(SIGPIPE, SIG_IGN);
  ConsoleConsumer consumer(**cluster, *config, plan, formatter);
  const int code = consumer.run(options.has("skip-message-on-error"));
  if (options.has("enable-systest-events")) std::cout << "shutdown_complete" << std::endl;
  return code;
}

}  // namespace

int console_consumer(Arguments arguments) {
  auto parser = console_consumer_parser();
  auto options = parser.parse(arguments);
  if (!options) return cli::refused_with_usage(parser, options.error());
  if (auto code = cli::help_or_version(parser, *options,
                                       "This tool helps to read data from Kafka topics and "
                                       "outputs it to standard output.")) {
    return *code;
  }
  auto formatter =
      RecordFormatter::make(options->text("formatter"), formatter_properties(*options));
  if (formatter == nullptr) {
    return cli::uncaught("java.lang.ClassNotFoundException", options->text("formatter"));
  }
  auto plan = plan_console_consumer(*options);
  if (!plan) {
    if (plan.error().code == k_no_file) return cli::uncaught_no_file(plan.error().message);
    if (plan.error().code != Errc::invalid_config) {
      return cli::usage_error(parser, plan.error().message);
    }
    std::cerr << plan.error().message << '\n';
    return 1;
  }
  return consume(*options, *plan, *formatter);
}

}  // namespace samsa::tools
