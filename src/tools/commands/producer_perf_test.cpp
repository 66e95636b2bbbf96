// kafka-producer-perf-test.

#include <charconv>
#include <iostream>
#include <random>

#include "base/file.h"
#include "tools/client/producer.h"
#include "tools/commands/common.h"
#include "tools/commands/interrupt.h"
#include "tools/commands/perf_stats.h"

namespace samsa::tools {

namespace {

constexpr int64_t k_window_ms = 5'000;

constexpr std::string_view k_usage =
    "usage: producer-performance [-h] --topic TOPIC --num-records NUM-RECORDS\n"
    "                            [--payload-delimiter PAYLOAD-DELIMITER]\n"
    "                            --throughput THROUGHPUT\n"
    "                            [--producer-props PROP-NAME=PROP-VALUE [PROP-NAME=PROP-VALUE "
    "...]]\n"
    "                            [--producer.config CONFIG-FILE]\n"
    "                            [--print-metrics]\n"
    "                            [--transactional-id TRANSACTIONAL-ID]\n"
    "                            [--transaction-duration-ms TRANSACTION-DURATION]\n"
    "                            (--record-size RECORD-SIZE |\n"
    "                            --payload-file PAYLOAD-FILE)\n";

constexpr std::string_view k_help =
    "\nThis tool is used to verify the producer performance.\n"
    "\noptional arguments:\n"
    "  -h, --help             show this help message and exit\n"
    "  --topic TOPIC          produce messages to this topic\n"
    "  --num-records NUM-RECORDS\n"
    "                         number of messages to produce\n"
    "  --payload-delimiter PAYLOAD-DELIMITER\n"
    "                         provides delimiter to be  used when --payload-file\n"
    "                         is provided. Defaults to new  line. Note that this\n"
    "                         parameter will  be  ignored  if  --payload-file is\n"
    "                         not provided. (default: \\n)\n"
    "  --throughput THROUGHPUT\n"
    "                         throttle    maximum    message    throughput    to\n"
    "                         *approximately* THROUGHPUT messages/sec.  Set this\n"
    "                         to -1 to disable throttling.\n"
    "  --producer-props PROP-NAME=PROP-VALUE [PROP-NAME=PROP-VALUE ...]\n"
    "                         kafka producer  related  configuration  properties\n"
    "                         like   bootstrap.servers,client.id    etc.   These\n"
    "                         configs take precedence over  those  passed via --\n"
    "                         producer.config.\n"
    "  --producer.config CONFIG-FILE\n"
    "                         producer config properties file.\n"
    "  --print-metrics        print  out  metrics  at  the   end  of  the  test.\n"
    "                         (default: false)\n"
    "  --transactional-id TRANSACTIONAL-ID\n"
    "                         The  transactionalId   to   use   if  transaction-\n"
    "                         duration-ms  is  >  0.  Useful  when  testing  the\n"
    "                         performance of concurrent  transactions. (default:\n"
    "                         performance-producer-default-transactional-id)\n"
    "  --transaction-duration-ms TRANSACTION-DURATION\n"
    "                         The   max   age    of    each   transaction.   The\n"
    "                         commitTransaction will be  called  after this time\n"
    "                         has elapsed.  Transactions  are  only  enabled  if\n"
    "                         this value is positive. (default: 0)\n"
    "\n  either --record-size or --payload-file must be specified but not both.\n\n"
    "  --record-size RECORD-SIZE\n"
    "                         message size in bytes. Note  that you must provide\n"
    "                         exactly one of --record-size or --payload-file.\n"
    "  --payload-file PAYLOAD-FILE\n"
    "                         file to  read  the  message  payloads  from.  This\n"
    "                         works only for UTF-8  encoded text files. Payloads\n"
    "                         will be read from this file  and a payload will be\n"
    "                         randomly  selected  when  sending  messages.  Note\n"
    "                         that you must  provide  exactly  one  of --record-\n"
    "                         size or --payload-file.\n";

struct Plan {
  std::string topic;
  int64_t records = 0;
  int64_t throughput = -1;
  client::Properties properties;
  std::vector<std::string> payloads;
};

using Values = std::map<std::string, std::vector<std::string>>;

Error refusal(std::string message) { return {k_refused, std::move(message)}; }

// argparse4j's reading: one argument each, but any number of properties.
Result<Values> read_arguments(Arguments arguments) {
  static const std::set<std::string> known = {"--topic",
                                              "--num-records",
                                              "--record-size",
                                              "--payload-file",
                                              "--payload-delimiter",
                                              "--throughput",
                                              "--producer-props",
                                              "--producer.config",
                                              "--print-metrics",
                                              "--transactional-id",
                                              "--transaction-duration-ms"};
  Values values;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i];
    const size_t equals = name.find('=');
    std::optional<std::string> inline_value;
    if (name.starts_with("--") && equals != std::string::npos) {
      inline_value = name.substr(equals + 1);
      name.resize(equals);
    }
    if (known.count(name) == 0) return refusal("unrecognized arguments: '" + arguments[i] + "'");
    auto& into = values[name];
    if (name == "--print-metrics") continue;
    if (inline_value) {
      into.push_back(*inline_value);
      continue;
    }
    const bool many = name == "--producer-props";
    const size_t before = into.size();
    while (i + 1 < arguments.size() && (many || into.size() == before)) {
      // A negative number is an argument.
      const std::string& next = arguments[i + 1];
      if (next.starts_with("--")) break;
      into.push_back(next);
      ++i;
    }
    if (into.size() == before) {
      return refusal("argument " + name + ": expected " +
                     (many ? "at least one argument" : "one argument"));
    }
  }
  return values;
}

Result<int64_t> number(const Values& values, const std::string& name, std::string_view type) {
  auto found = values.find(name);
  if (found == values.end()) return refusal("argument " + name + " is required");
  const std::string& text = found->second.back();
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool fits = type == "Long" || (value >= INT32_MIN && value <= INT32_MAX);
  if (error != std::errc() || end != text.data() + text.size() || !fits) {
    return refusal("argument " + name + ": could not convert '" + text + "' to " +
                   std::string(type));
  }
  return value;
}

Result<std::vector<std::string>> make_payloads(const Values& values) {
  if (values.count("--record-size") != 0) {
    auto size = number(values, "--record-size", "Integer");
    if (!size) return size.error();
    std::mt19937 random{0};
    if (*size < 0) return Error{k_negative_size, std::to_string(*size)};
    std::string payload(static_cast<size_t>(*size), 'A');
    for (char& c : payload) c = static_cast<char>('A' + random() % 26);
    return std::vector<std::string>{payload};
  }
  const std::string path = values.at("--payload-file").back();
  auto text = read_file(path);
  std::cout << "Reading payloads from: " << std::filesystem::absolute(path).string() << '\n';
  if (!text || text->empty()) return refusal("File does not exist or empty file provided.");
  auto given = values.find("--payload-delimiter");
  const std::string delimiter =
      given == values.end() || given->second.back() == "\\n" ? "\n" : given->second.back();
  std::vector<std::string> payloads;
  for (size_t from = 0; from < text->size();) {
    const size_t end = std::min(text->find(delimiter, from), text->size());
    payloads.push_back(text->substr(from, end - from));
    from = end + delimiter.size();
  }
  std::cout << "Number of messages read: " << payloads.size() << '\n';
  return payloads;
}

Result<Plan> make_plan(const Values& values) {
  Plan plan;
  if (values.count("--topic") == 0) return refusal("argument --topic is required");
  auto records = number(values, "--num-records", "Long");
  if (!records) return records.error();
  auto throughput = number(values, "--throughput", "Integer");
  if (!throughput) return throughput.error();
  if (values.count("--record-size") + values.count("--payload-file") != 1) {
    return refusal("one of the arguments --record-size --payload-file is required");
  }
  if (values.count("--producer-props") + values.count("--producer.config") == 0) {
    return refusal("Either  --producer-props  or --producer.config\nmust be specified.");
  }
  if (values.count("--print-metrics") != 0) {
    return refusal("argument --print-metrics: this tool keeps no metrics");
  }
  if (values.count("--transaction-duration-ms") != 0) {
    return refusal("transactions are not supported by this tool");
  }
  // What Kafka's statistics make of it.
  if (*records < 0) return Error{k_negative_size, std::to_string(*records + 1)};
  if (*records == 0) return Error{k_arithmetic, "/ by zero"};
  plan.topic = values.at("--topic").back();
  plan.records = *records;
  plan.throughput = *throughput;
  auto payloads = make_payloads(values);
  if (!payloads) return payloads.error();
  plan.payloads = std::move(*payloads);
  auto config = values.find("--producer.config");
  if (config != values.end()) {
    auto file = load_properties(config->second.back());
    if (!file) return file.error();
    plan.properties = *file;
  }
  auto properties = values.find("--producer-props");
  if (properties == values.end()) return plan;
  for (const std::string& property : properties->second) {
    const size_t equals = property.find('=');
    if (equals == std::string::npos || equals + 1 == property.size()) {
      return refusal("Invalid property: " + property);
    }
    plan.properties[property.substr(0, equals)] = property.substr(equals + 1);
  }
  return plan;
}

int64_t now_ms() { return Clock::system().wall_ms(); }

void run(client::Cluster& cluster, const client::ProducerConfig& config, const Plan& plan) {
  client::Producer producer(cluster, config);
  std::mt19937 random{0};
  const int64_t start = now_ms();
  const SteadyTime steady_start = client::Cluster::now();
  ProducerStats stats(plan.records, k_window_ms, start);
  for (int64_t i = 0; i < plan.records && !interrupted(); ++i) {
    const std::string& payload = plan.payloads[random() % plan.payloads.size()];
    client::OutgoingRecord record;
    record.topic = plan.topic;
    record.value = payload;
    const int64_t sent_ms = now_ms();
    record.timestamp_ms = sent_ms;
    const int64_t iteration = stats.next_iteration();
    const auto size = static_cast<int64_t>(payload.size());
    auto taken = producer.send(
        record, [&stats, iteration, sent_ms, size](const Result<client::Delivery>& outcome) {
          const int64_t now = now_ms();
          std::cout << stats.record(iteration, now - sent_ms, size, now) << std::flush;
          if (!outcome) std::cerr << cli::exception_text(outcome.error()) << '\n';
        });
    if (!taken) std::cerr << cli::exception_text(taken.error()) << '\n';
    if (plan.throughput > 0) {
      const auto due =
          steady_start + std::chrono::nanoseconds((i + 1) * 1'000'000'000 / plan.throughput);
      while (client::Cluster::now() < due && !interrupted()) producer.poll(due);
    }
  }
  cluster.network().interrupt_on(nullptr);
  producer.flush();
  std::cout << stats.total(now_ms());
}

int construction_failure(const Error& error) {
  if (error.code == k_no_file) return cli::uncaught_no_file(error.message);
  std::cout.flush();
  std::cerr << "Exception in thread \"main\" ";
  return cli::client_not_made("producer", error);
}

}  // namespace

int producer_perf_test(Arguments arguments) {
  if (arguments.empty()) {
    std::cout << k_usage << k_help;
    return 0;
  }
  if (arguments[0] == "-h" || arguments[0] == "--help") {
    std::cout << k_usage << k_help;
    return 0;
  }
  auto values = read_arguments(arguments);
  auto plan = values ? make_plan(*values) : Result<Plan>(values.error());
  if (!plan && plan.error().code != k_refused) {
    if (plan.error().code == k_no_file) return cli::uncaught_no_file(plan.error().message);
    return cli::uncaught(cli::exception_name(plan.error().code), plan.error().message);
  }
  if (!plan) {
    std::cerr << k_usage << "producer-performance: error: " << plan.error().message << '\n';
    return 1;
  }
  auto config = client::ProducerConfig::from(plan->properties);
  if (!config) return construction_failure(config.error());
  auto cluster_options = client::ClusterOptions::from(plan->properties, "Producer");
  if (!cluster_options) return construction_failure(cluster_options.error());
  auto cluster = client::Cluster::make(*cluster_options);
  if (!cluster) return construction_failure(cluster.error());
  (*cluster)->network().interrupt_on(catch_interrupts());
  run(**cluster, *config, *plan);
  return exit_code(0);
}

}  // namespace samsa::tools
