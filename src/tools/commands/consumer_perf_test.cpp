// kafka-consumer-perf-test.

#include <ctime>
#include <iostream>
#include <random>

#include "tools/client/consumer.h"
#include "tools/commands/common.h"
#include "tools/commands/interrupt.h"

namespace samsa::tools {

namespace {

constexpr double k_mebibyte = 1024.0 * 1024.0;

void accept_what(cli::OptionParser& parser) {
  parser
      .accepts("broker-list",
               "DEPRECATED, use --bootstrap-server instead; ignored if --bootstrap-server is "
               "specified.  The broker list string in the form HOST1:PORT1,HOST2:PORT2.")
      .takes("broker-list");
  parser
      .accepts("bootstrap-server",
               "REQUIRED unless --broker-list(deprecated) is specified. The server(s) to connect "
               "to.")
      .takes("server to connect to")
      .unless("broker-list");
  parser.accepts("topic", "REQUIRED: The topic to consume from.").takes("topic");
  std::mt19937 random{std::random_device{}()};
  parser.accepts("group", "The group id to consume on.")
      .takes("gid")
      .defaults_to("perf-consumer-" + std::to_string(random() % 100'000));
  parser.accepts(
      "from-latest",
      "If the consumer does not already have an established offset to consume from, start "
      "with the latest message present in the log rather than the earliest message.");
  parser.accepts("consumer.config", "Consumer config properties file.").takes("config file");
}

void accept_how(cli::OptionParser& parser) {
  using cli::ValueType;
  parser.accepts("fetch-size", "The amount of data to fetch in a single request.")
      .takes("size", ValueType::integer)
      .defaults_to("1048576");
  parser.accepts("socket-buffer-size", "The size of the tcp RECV size.")
      .takes("size", ValueType::integer)
      .defaults_to("2097152");
  parser.accepts("threads", "DEPRECATED AND IGNORED: Number of processing threads.")
      .takes("count", ValueType::integer)
      .defaults_to("10");
  parser.accepts("num-fetch-threads", "DEPRECATED AND IGNORED: Number of fetcher threads.")
      .takes("count", ValueType::integer)
      .defaults_to("1");
  parser.accepts("print-metrics", "Print out the metrics.");
  parser.accepts("show-detailed-stats",
                 "If set, stats are reported for each reporting interval as configured by "
                 "reporting-interval");
  parser.accepts("timeout", "The maximum allowed time in milliseconds between returned records.")
      .may_take("milliseconds", ValueType::long_integer)
      .defaults_to("10000");
  parser.accepts("messages", "REQUIRED: The number of messages to send or consume")
      .takes("count", ValueType::long_integer);
  parser.accepts("reporting-interval", "Interval in milliseconds at which to print progress info.")
      .takes("interval_ms", ValueType::integer)
      .defaults_to("5000");
  parser
      .accepts("date-format",
               "The date format to use for formatting the time field. See "
               "java.text.SimpleDateFormat for options.")
      .takes("date format")
      .defaults_to("yyyy-MM-dd HH:mm:ss:SSS");
  parser.accepts("hide-header", "If set, skips printing the header for the stats");
}

// The default format of --date-format; others are not taken.
std::string format_time(int64_t ms) {
  const time_t seconds = ms / 1000;
  tm local{};
  ::localtime_r(&seconds, &local);
  char text[64];
  const size_t size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  std::snprintf(text + size, sizeof text - size, ":%03d", static_cast<int>(ms % 1000));
  return text;
}

std::string fixed(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.4f", value);
  return text;
}

struct Progress {
  int64_t bytes = 0;
  int64_t messages = 0;
  int64_t at_ms = 0;
  int64_t join_ms = 0;
};

std::string detailed_line(const Progress& now, const Progress& last) {
  const double elapsed = static_cast<double>(now.at_ms - last.at_ms);
  const double mebibytes = static_cast<double>(now.bytes - last.bytes) / k_mebibyte;
  const auto messages = static_cast<double>(now.messages - last.messages);
  const int64_t join = now.join_ms - last.join_ms;
  const int64_t fetch = now.at_ms - last.at_ms - join;
  const double by_fetch = fetch <= 0 ? 0.0 : 1000.0 / static_cast<double>(fetch);
  return format_time(now.at_ms) + ", 0, " + fixed(static_cast<double>(now.bytes) / k_mebibyte) +
         ", " + fixed(1000.0 * mebibytes / elapsed) + ", " + std::to_string(now.messages) + ", " +
         fixed(messages / elapsed * 1000.0) + ", " + std::to_string(join) + ", " +
         std::to_string(fetch) + ", " + fixed(mebibytes * by_fetch) + ", " +
         fixed(messages * by_fetch) + "\n";
}

std::string total_line(const Progress& end, int64_t start_ms) {
  const double mebibytes = static_cast<double>(end.bytes) / k_mebibyte;
  const auto messages = static_cast<double>(end.messages);
  const double seconds = static_cast<double>(end.at_ms - start_ms) / 1000.0;
  const int64_t fetch = end.at_ms - start_ms - end.join_ms;
  const double fetch_seconds = static_cast<double>(fetch) / 1000.0;
  return format_time(start_ms) + ", " + format_time(end.at_ms) + ", " + fixed(mebibytes) + ", " +
         fixed(mebibytes / seconds) + ", " + std::to_string(end.messages) + ", " +
         fixed(messages / seconds) + ", " + std::to_string(end.join_ms) + ", " +
         std::to_string(fetch) + ", " + fixed(mebibytes / fetch_seconds) + ", " +
         fixed(messages / fetch_seconds) + "\n";
}

int64_t now_ms() { return Clock::system().wall_ms(); }

void run(client::Cluster& cluster, const client::ConsumerConfig& config,
         const cli::Options& options) {
  client::Consumer consumer(cluster, config);
  const int64_t start = now_ms();
  consumer.subscribe({options.text("topic")});
  const int64_t wanted = options.integer("messages");
  const int64_t timeout = options.integer("timeout");
  const int64_t interval = options.integer("reporting-interval");
  Progress now{0, 0, start, 0}, reported = now;
  int64_t last_consumed = start;
  while (now.messages < wanted && !interrupted() && now.at_ms - last_consumed <= timeout) {
    auto record = consumer.next(client::Cluster::now() + milliseconds(100));
    if (!record) {
      std::cerr << cli::exception_text(record.error()) << '\n';
      break;
    }
    now.at_ms = now_ms();
    if (*record == nullptr) continue;
    last_consumed = now.at_ms;
    ++now.messages;
    now.bytes += static_cast<int64_t>((*record)->key.value_or("").size() +
                                      (*record)->value.value_or("").size());
    if (now.at_ms - reported.at_ms < interval) continue;
    now.join_ms = consumer.rebalance_time().count();
    if (options.has("show-detailed-stats")) std::cout << detailed_line(now, reported);
    reported = now;
  }
  if (now.messages < wanted) {
    std::cout << "WARNING: Exiting before consuming the expected number of messages: timeout ("
              << timeout
              << " ms) exceeded. You can use the --timeout option to increase the timeout.\n";
  }
  now.at_ms = now_ms();
  now.join_ms = consumer.rebalance_time().count();
  consumer.close();
  if (!options.has("show-detailed-stats")) std::cout << total_line(now, start);
}

Result<client::Properties> make_properties(const cli::Options& options) {
  auto properties = properties_of(options, "consumer.config");
  if (!properties) return properties;
  auto& p = *properties;
  p["bootstrap.servers"] = options.has("bootstrap-server") ? options.text("bootstrap-server")
                                                           : options.text("broker-list");
  p["group.id"] = options.text("group");
  p["receive.buffer.bytes"] = options.text("socket-buffer-size");
  p["max.partition.fetch.bytes"] = options.text("fetch-size");
  p["auto.offset.reset"] = options.has("from-latest") ? "latest" : "earliest";
  p["check.crcs"] = "false";
  return properties;
}

int construction_failure(const Error& error) {
  if (error.code == k_no_file) return cli::uncaught_no_file(error.message);
  std::cout.flush();
  std::cerr << "Exception in thread \"main\" ";
  return cli::client_not_made("consumer", error);
}

}  // namespace

int consumer_perf_test(Arguments arguments) {
  auto parser = cli::OptionParser::with_defaults();
  accept_what(parser);
  accept_how(parser);
  auto options = parser.parse(arguments);
  if (!options) return cli::refused_with_usage(parser, options.error());
  if (options->has("threads") || options->has("num-fetch-threads")) {
    std::cout << "WARNING: option [threads] and [num-fetch-threads] have been deprecated and will "
                 "be ignored by the test\n";
  }
  if (auto code = cli::help_or_version(
          parser, *options,
          "This tool helps in performance test for the full zookeeper consumer")) {
    return *code;
  }
  if (auto problem = cli::require(*options, {"topic", "messages"})) {
    return cli::usage_error(parser, *problem);
  }
  if (options->has("print-metrics")) {
    return cli::usage_error(parser, "Option [print-metrics]: this tool keeps no metrics");
  }
  if (options->integer("reporting-interval") <= 0) {
    return cli::uncaught("java.lang.IllegalArgumentException",
                         "Reporting interval must be greater than 0.");
  }
  auto properties = make_properties(*options);
  if (!properties) return construction_failure(properties.error());
  auto config = client::ConsumerConfig::from(*properties);
  if (!config) return construction_failure(config.error());
  auto cluster_options = client::ClusterOptions::from(*properties, "Consumer");
  if (!cluster_options) return construction_failure(cluster_options.error());
  auto cluster = client::Cluster::make(*cluster_options);
  if (!cluster) return construction_failure(cluster.error());
  (*cluster)->network().interrupt_on(catch_interrupts());
  if (!options->has("hide-header")) {
    std::cout << (options->has("show-detailed-stats")
                      ? "time, threadId, data.consumed.in.MB, MB.sec, "
                      : "start.time, end.time, data.consumed.in.MB, MB.sec, ")
              << "data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, "
                 "fetch.MB.sec, fetch.nMsg.sec\n";
  }
  run(**cluster, *config, *options);
  return exit_code(0);
}

}  // namespace samsa::tools
