// kafka-broker-api-versions: what each broker of the cluster understands.

#include <iostream>

#include "tools/commands/client_apis.h"
#include "tools/commands/common.h"

namespace samsa::tools {

namespace {

cli::OptionParser make_parser() {
  auto parser = cli::OptionParser::with_defaults();
  parser
      .accepts("command-config", "A property file containing configs to be passed to Admin Client.")
      .takes("command config property file");
  parser.accepts("bootstrap-server", "REQUIRED: The server to connect to.")
      .takes("server(s) to use for bootstrapping");
  return parser;
}

std::string range_text(client::VersionRange range) {
  if (range.min == range.max) return std::to_string(range.min);
  return std::to_string(range.min) + " to " + std::to_string(range.max);
}

// One API as NodeApiVersions prints it.
std::string api_text(const ClientApi& api, const client::ApiVersions& theirs) {
  std::string text = std::string(api.name) + "(" + std::to_string(api.key) + "): ";
  auto found = theirs.find(api.key);
  if (found == theirs.end()) return text + "UNSUPPORTED";
  text += range_text(found->second);
  const int16_t usable = std::min(api.versions.max, found->second.max);
  if (usable < found->second.min || usable < api.versions.min) {
    return text + " [unusable: node too " +
           (found->second.max < api.versions.min ? "old]" : "new]");
  }
  return text + " [usable: " + std::to_string(usable) + "]";
}

std::string format_versions(const client::ApiVersions& theirs) {
  std::map<int16_t, std::string> lines;
  for (const auto& [key, range] : theirs) {
    lines[key] = "UNKNOWN(" + std::to_string(key) + "): " + range_text(range);
  }
  for (const ClientApi& api : k_client_apis) lines[api.key] = api_text(api, theirs);
  std::string text = "(";
  for (const auto& [key, line] : lines) text += (text.size() > 1 ? ",\n\t" : "\n\t") + line;
  return text + "\n)";
}

// Unlike other tools, this one does not try again.
Result<client::ClusterImage> ask_each_once(client::Cluster& cluster) {
  protocol::MetadataRequest request;
  request.topics.reset();
  std::vector<std::string> failed;
  for (int32_t node = -1; cluster.network().knows(node); --node) {
    const SteadyTime deadline = client::Cluster::now() + cluster.options().request_timeout;
    auto answer = cluster.network().call(node, request, deadline);
    if (answer) return cluster.absorb(*answer);
    const client::HostPort& address = cluster.network().address_of(node);
    failed.push_back(address.host + ":" + std::to_string(address.port) +
                     " (id: " + std::to_string(node) + " rack: null)");
  }
  return Error{k_runtime, "Request METADATA failed on brokers List(" + join(failed, ", ") + ")"};
}

}  // namespace

int broker_api_versions(Arguments arguments) {
  auto parser = make_parser();
  auto options = parser.parse(arguments);
  if (!options) return cli::uncaught_refusal(options.error());
  if (auto code = cli::help_or_version(parser, *options,
                                       "This tool helps to retrieve broker version information.")) {
    return *code;
  }
  if (auto problem = cli::require(*options, {"bootstrap-server"})) {
    return cli::usage_error(parser, *problem);
  }
  auto cluster = connect_admin(*options);
  if (!cluster && cluster.error().code == k_no_file) {
    return cli::uncaught_no_file(cluster.error().message);
  }
  if (!cluster) {
    return cli::uncaught("org.apache.kafka.common.config.ConfigException", cluster.error().message);
  }
  client::Cluster& brokers = **cluster;
  auto image = ask_each_once(brokers);
  if (!image) return cli::uncaught("java.lang.RuntimeException", image.error().message);
  for (const auto& [id, node] : image->nodes) {
    auto versions = brokers.network().versions_of(id, brokers.default_deadline());
    std::cout << node.address.host << ':' << node.address.port << " (id: " << id
              << " rack: " << node.rack.value_or("null") << ") -> ";
    if (versions) {
      std::cout << format_versions(*versions) << '\n';
    } else {
      std::cout << "ERROR: " << cli::exception_text(versions.error()) << '\n';
    }
  }
  return 0;
}

}  // namespace samsa::tools
