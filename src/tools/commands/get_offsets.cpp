// kafka.tools.GetOffsetShell: offsets of a topic's partitions.

#include <charconv>
#include <iostream>
#include <set>

#include "tools/client/offsets.h"
#include "tools/commands/common.h"

namespace samsa::tools {

namespace {

cli::OptionParser make_parser() {
  using cli::ValueType;
  cli::OptionParser parser;
  parser
      .accepts("broker-list",
               "REQUIRED: The list of hostname and port of the server to connect to.")
      .takes("hostname:port,...,hostname:port");
  parser.accepts("topic", "REQUIRED: The topic to get offset from.").takes("topic");
  parser
      .accepts("partitions",
               "comma separated list of partition ids. If not specified, it will find offsets for "
               "all partitions")
      .takes("partition ids")
      .defaults_to("");
  parser
      .accepts("time",
               "timestamp of the offsets before that. [Note: No offset is returned, if the "
               "timestamp greater than recently commited record timestamp is given.]")
      .takes("timestamp/-1(latest)/-2(earliest)", ValueType::long_integer)
      .defaults_to("-1");
  parser.accepts("offsets", "DEPRECATED AND IGNORED: number of offsets returned")
      .takes("count", ValueType::integer)
      .defaults_to("1");
  parser
      .accepts("max-wait-ms",
               "DEPRECATED AND IGNORED: The max amount of time each fetch request waits.")
      .takes("ms", ValueType::integer)
      .defaults_to("1000");
  return parser;
}

// Nothing where a part is no number.
std::optional<std::set<int32_t>> parse_partitions(const std::string& list) {
  std::set<int32_t> ids;
  if (list.empty()) return ids;
  for (const std::string& part : split(list, ',')) {
    int32_t id = 0;
    auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), id);
    if (error != std::errc() || end != part.data() + part.size()) return std::nullopt;
    ids.insert(id);
  }
  return ids;
}

int complain(const std::string& message) {
  std::cerr << message << '\n';
  return 1;
}

int print_offsets(client::Cluster& cluster, const std::string& topic,
                  const std::set<int32_t>& requested, int64_t time) {
  auto image = cluster.metadata(std::nullopt, false, cluster.default_deadline());
  if (!image) {
    return cli::uncaught(cli::exception_name(image.error().code), image.error().text());
  }
  auto found = image->topics.find(topic);
  if (found == image->topics.end() || found->second.partitions.empty()) {
    return complain("Topic " + topic + " does not exist");
  }
  std::map<TopicPartition, int64_t> wanted;
  size_t chosen = 0;
  std::set<int32_t> missing = requested;
  std::vector<std::string> leaderless;
  for (const auto& [id, state] : found->second.partitions) {
    if (!requested.empty() && requested.count(id) == 0) continue;
    ++chosen;
    missing.erase(id);
    if (state.leader < 0) {
      leaderless.push_back(std::to_string(id));
    } else {
      wanted[{topic, id}] = time;
    }
  }
  if (chosen == 0) {
    return complain("Topic " + topic + " does not have any of the requested partitions " +
                    join_numbers(std::vector<int32_t>(requested.begin(), requested.end()), ","));
  }
  for (int32_t id : missing) std::cerr << "Error: partition " << id << " does not exist\n";
  for (const std::string& id : leaderless) {
    std::cerr << "Error: partition " << id << " does not have a leader. Skip getting offsets\n";
  }
  auto offsets = client::list_offsets(cluster, wanted, cluster.default_deadline());
  if (!offsets) {
    return cli::uncaught(cli::exception_name(offsets.error().code), offsets.error().text());
  }
  for (const auto& [tp, offset] : *offsets) {
    std::cout << topic << ':' << tp.partition << ':';
    if (offset.offset >= 0) std::cout << offset.offset;
    std::cout << '\n';
  }
  return 0;
}

}  // namespace

int get_offsets(Arguments arguments) {
  auto parser = make_parser();
  if (arguments.empty()) {
    return cli::usage_error(parser, "An interactive shell for getting topic offsets.");
  }
  auto options = parser.parse(arguments);
  if (!options) return cli::uncaught_refusal(options.error());
  if (auto problem = cli::require(*options, {"broker-list", "topic"})) {
    return cli::usage_error(parser, *problem);
  }
  if (auto problem = check_servers(options->text("broker-list"))) {
    return cli::usage_error(parser, *problem);
  }
  auto partitions = parse_partitions(options->text("partitions"));
  if (!partitions) {
    return complain(
        "--partitions expects a comma separated list of numeric partition ids, but "
        "received: " +
        options->text("partitions"));
  }
  client::Properties properties{{"bootstrap.servers", options->text("broker-list")},
                                {"client.id", "GetOffsetShell"}};
  auto cluster_options = client::ClusterOptions::from(properties, "Consumer");
  auto cluster = client::Cluster::make(*cluster_options);
  if (!cluster) {
    return cli::uncaught("org.apache.kafka.common.KafkaException", cluster.error().message);
  }
  return print_offsets(**cluster, options->text("topic"), *partitions, options->integer("time"));
}

}  // namespace samsa::tools
