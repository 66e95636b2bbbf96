// kafka-log-dirs: sizes of logs by broker and directory, as JSON.

#include <charconv>
#include <iostream>
#include <set>

#include "protocol/messages/describe_log_dirs.h"
#include "tools/commands/common.h"
#include "tools/dump/java_text.h"

namespace samsa::tools {

namespace {

cli::OptionParser make_parser() {
  auto parser = cli::OptionParser::with_defaults();
  parser.accepts("bootstrap-server", "REQUIRED: the server(s) to use for bootstrapping")
      .takes("The server(s) to use for bootstrapping");
  parser.accepts("command-config", "Property file containing configs to be passed to Admin Client.")
      .takes("Admin client property file");
  parser.accepts("describe", "Describe the specified log directories on the specified brokers.");
  parser
      .accepts("topic-list",
               "The list of topics to be queried in the form \"topic1,topic2,topic3\". All topics "
               "will be queried if no topic list is specified")
      .takes("Topic list")
      .defaults_to("");
  parser
      .accepts("broker-list",
               "The list of brokers to be queried in the form \"0,1,2\". All brokers in the "
               "cluster will be queried if no broker list is specified")
      .takes("Broker list");
  return parser;
}

std::string format_directory(
    const std::decay_t<decltype(protocol::DescribeLogDirsResponse{}.results[0])>& directory,
    const std::set<std::string>& topics) {
  std::vector<std::string> partitions;
  for (const auto& topic : directory.topics) {
    if (!topics.empty() && topics.count(topic.name) == 0) continue;
    for (const auto& partition : topic.partitions) {
      partitions.push_back(
          "{\"partition\":" +
          json_string(topic.name + "-" + std::to_string(partition.partition_index)) +
          ",\"size\":" + std::to_string(partition.partition_size) +
          ",\"offsetLag\":" + std::to_string(partition.offset_lag) +
          ",\"isFuture\":" + (partition.is_future_key ? "true" : "false") + "}");
    }
  }
  const std::string error =
      directory.error_code == 0
          ? "null"
          : json_string(cli::exception_name(static_cast<Errc>(directory.error_code)));
  return "{\"logDir\":" + json_string(directory.log_dir) + ",\"error\":" + error +
         ",\"partitions\":[" + join(partitions, ",") + "]}";
}

Result<std::vector<int32_t>> brokers_of(client::Cluster& cluster, const cli::Options& options) {
  std::vector<int32_t> brokers;
  if (auto list = options.value("broker-list")) {
    for (const std::string& part : split(*list, ',')) {
      if (part.empty()) continue;
      int32_t id = 0;
      auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), id);
      if (error != std::errc() || end != part.data() + part.size()) {
        return Error{k_refused, "For input string: \"" + part + "\""};
      }
      brokers.push_back(id);
    }
    return brokers;
  }
  auto image = cluster.metadata(std::set<std::string>{}, false, cluster.default_deadline());
  if (!image) return image.error();
  for (const auto& [id, node] : image->nodes) brokers.push_back(id);
  return brokers;
}

Result<void> describe(client::Cluster& cluster, const cli::Options& options) {
  auto brokers = brokers_of(cluster, options);
  if (!brokers) return brokers.error();
  std::set<std::string> topics;
  for (const std::string& topic : split(options.text("topic-list"), ',')) {
    if (!topic.empty()) topics.insert(topic);
  }
  std::cout << "Querying brokers for log directories information" << std::endl;
  std::vector<std::string> answers;
  for (int32_t id : *brokers) {
    protocol::DescribeLogDirsRequest request;
    request.topics.reset();
    auto response = client::call_broker(cluster, id, request, cluster.default_deadline());
    if (!response) return response.error();
    std::vector<std::string> directories;
    for (const auto& directory : response->results) {
      directories.push_back(format_directory(directory, topics));
    }
    answers.push_back("{\"broker\":" + std::to_string(id) + ",\"logDirs\":[" +
                      join(directories, ",") + "]}");
  }
  std::cout << "Received log directory information from brokers " << join_numbers(*brokers, ",")
            << "\n{\"version\":1,\"brokers\":[" << join(answers, ",") << "]}\n";
  return ok();
}

}  // namespace

int log_dirs(Arguments arguments) {
  auto parser = make_parser();
  auto options = parser.parse(arguments);
  if (!options) return cli::uncaught_refusal(options.error());
  if (auto code = cli::help_or_version(parser, *options,
                                       "This tool helps to query log directory usage on the "
                                       "specified brokers.")) {
    return *code;
  }
  if (auto problem = cli::require(*options, {"bootstrap-server", "describe"})) {
    return cli::usage_error(parser, *problem);
  }
  auto cluster = connect_admin(*options);
  if (!cluster) return cli::uncaught_admin(cluster.error());
  auto described = describe(**cluster, *options);
  if (described) return 0;
  return cli::uncaught(cli::exception_name(described.error().code), described.error().text());
}

}  // namespace samsa::tools
