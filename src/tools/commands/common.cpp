#include "tools/commands/common.h"

#include <algorithm>
#include <iostream>

#include "base/file.h"
#include "config/properties.h"
#include "config/topic_config.h"

namespace samsa::tools {

client::Properties parse_key_values(const std::vector<std::string>& arguments) {
  client::Properties properties;
  for (const std::string& argument : arguments) {
    size_t equals = argument.find('=');
    properties[argument.substr(0, equals)] =
        equals == std::string::npos ? "" : argument.substr(equals + 1);
  }
  return properties;
}

Result<client::Properties> load_properties(const std::string& path) {
  auto text = read_file(path);
  if (!text) return Error{k_no_file, path};
  return config::parse_properties(*text, path);
}

Result<client::Properties> properties_of(const cli::Options& options, std::string_view option) {
  if (!options.has(option)) return client::Properties{};
  return load_properties(options.text(option));
}

Result<std::unique_ptr<client::Cluster>> connect_admin(const cli::Options& options) {
  auto properties = properties_of(options, "command-config");
  if (!properties) return properties.error();
  (*properties)["bootstrap.servers"] = options.text("bootstrap-server");
  auto cluster_options = client::ClusterOptions::from(*properties, "AdminClient");
  if (!cluster_options) return Error{k_no_admin, cluster_options.error().message};
  auto cluster = client::Cluster::make(*cluster_options);
  if (!cluster) return Error{k_no_admin, cluster.error().message};
  return cluster;
}

cli::Check check_servers(std::string_view list) {
  if (client::parse_servers(list)) return std::nullopt;
  return "Please provide valid host:port like host1:9091,host2:9092\n ";
}

Result<TopicFilter> TopicFilter::make(const std::string& list) {
  std::string pattern = trim(list);
  std::replace(pattern.begin(), pattern.end(), ',', '|');
  std::erase(pattern, ' ');
  // Property files may bring quotes.
  pattern.erase(0, std::min(pattern.find_first_not_of("\"'"), pattern.size()));
  pattern.erase(pattern.find_last_not_of("\"'") + 1);
  auto compiled = client::JavaPattern::compile(pattern);
  if (!compiled) return Error{k_runtime, pattern + " is an invalid regex."};
  TopicFilter filter;
  filter.pattern_ = std::move(*compiled);
  return filter;
}

bool TopicFilter::allows(const std::string& topic, bool exclude_internal) const {
  return pattern_.matches(topic) && !(exclude_internal && is_internal_topic(topic));
}

bool is_internal_topic(std::string_view name) {
  return name == "__consumer_offsets" || name == "__transaction_state";
}

std::string topic_config_list() {
  std::string list;
  for (const config::TopicKey& key : config::topic_keys()) {
    list.append(list.empty() ? "\t" : "\n\t").append(key.name);
  }
  return list;
}

void warn_of_format_version(const config::Properties& configs) {
  const auto version = configs.find("message.format.version");
  if (version == configs.end()) return;
  std::cout << "WARNING: The configuration message.format.version=" << version->second
            << " is specified. This configuration will be ignored if the version is newer than "
               "the inter.broker.protocol.version specified in the broker.\n";
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) joined += separator;
    joined += parts[i];
  }
  return joined;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  // Java's split drops empty parts at the end.
  while (parts.size() > 1 && parts.back().empty()) parts.pop_back();
  return parts;
}

std::string trim(std::string_view text) {
  size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1));
}

std::string pad(std::string_view text, size_t width) {
  std::string padded(text);
  if (padded.size() < width) padded.append(width - padded.size(), ' ');
  return padded;
}

}  // namespace samsa::tools
