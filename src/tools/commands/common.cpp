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
  if (!cluster_options) return cluster_options.error();
  return client::Cluster::make(*cluster_options);
}

cli::Check check_servers(std::string_view list) {
  if (client::parse_servers(list)) return std::nullopt;
  return "Please provide valid host:port like host1:9091,host2:9092\n ";
}

std::optional<TopicFilter> TopicFilter::make(const std::string& list) {
  std::string pattern = trim(list);
  std::replace(pattern.begin(), pattern.end(), ',', '|');
  pattern.erase(std::remove(pattern.begin(), pattern.end(), ' '), pattern.end());
  if (pattern.size() > 1 && (pattern[0] == '"' || pattern[0] == '\'')) {
    pattern = pattern.substr(1, pattern.size() - 2);
  }
  try {
    TopicFilter filter;
    filter.pattern_.assign(pattern, std::regex::ECMAScript);
    return filter;
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
}

bool TopicFilter::allows(const std::string& topic, bool exclude_internal) const {
  return std::regex_match(topic, pattern_) && !(exclude_internal && is_internal_topic(topic));
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
