// kafka-configs through brokers.

#include "tools/commands/configs.h"

#include <algorithm>
#include <charconv>
#include <iostream>

#include "base/java_hash.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "tools/client/config_resources.h"
#include "tools/commands/configs_quotas.h"
#include "tools/commands/configs_zookeeper.h"
#include "tools/commands/java_order.h"

namespace samsa::tools {

namespace {

using client::ConfigEntry;
using client::ConfigSource;
using client::ResourceType;

ResourceType resource_type(const std::string& type) {
  if (type == "topics") return ResourceType::topic;
  return type == "brokers" ? ResourceType::broker : ResourceType::broker_logger;
}

// As the map of Kafka's admin client has them.
std::vector<ConfigEntry> in_map_order(const std::vector<ConfigEntry>& entries) {
  std::vector<int32_t> hashes;
  for (const ConfigEntry& entry : entries) hashes.push_back(java_string_hash(entry.name));
  std::vector<ConfigEntry> ordered;
  for (const size_t index : java_order(hashes, hash_map_buckets(entries.size()))) {
    ordered.push_back(entries[index]);
  }
  return ordered;
}

// The entries that say something of this entity alone; all of them with --all.
Result<std::vector<ConfigEntry>> entries_of(client::Cluster& cluster, const std::string& type,
                                            const std::string& name, bool all, bool synonyms) {
  auto found = client::describe_configs(cluster, resource_type(type), {name}, synonyms);
  if (!found) return found.error();
  std::vector<ConfigEntry> entries = in_map_order((*found)[name]);
  if (all || type == "broker-loggers") return entries;
  const ConfigSource own = type == "topics" ? ConfigSource::dynamic_topic
                           : name.empty()   ? ConfigSource::dynamic_default_broker
                                            : ConfigSource::dynamic_broker;
  std::erase_if(entries, [&](const ConfigEntry& entry) { return entry.source != own; });
  return entries;
}

std::string format_entry(const ConfigEntry& entry) {
  std::vector<std::string> synonyms;
  for (const auto& synonym : entry.synonyms) {
    synonyms.push_back(std::string(name_of(synonym.source)) + ":" + synonym.name + "=" +
                       synonym.value.value_or("null"));
  }
  return "  " + entry.name + "=" + entry.value.value_or("null") +
         " sensitive=" + (entry.sensitive ? "true" : "false") + " synonyms={" +
         join(synonyms, ", ") + "}\n";
}

Result<std::vector<std::string>> names_to_describe(client::Cluster& cluster,
                                                   const ConfigEntities& entities) {
  if (!entities.names.empty()) return std::vector<std::string>{entities.names.front()};
  std::optional<std::set<std::string>> topics;
  if (entities.types.front() != "topics") topics.emplace();
  auto image = cluster.metadata(topics, false, cluster.default_deadline());
  if (!image) return image.error();
  std::vector<std::string> names;
  if (entities.types.front() == "topics") {
    for (const auto& [name, state] : image->topics) names.push_back(name);
    return in_java_order(names, hash_map_buckets(names.size()));
  }
  for (const auto& [id, node] : image->nodes) names.push_back(std::to_string(id));
  names.emplace_back();
  return names;
}

Result<void> describe_resources(client::Cluster& cluster, const cli::Options& options,
                                const ConfigEntities& entities) {
  const std::string& type = entities.types.front();
  const bool all = options.has("all");
  auto names = names_to_describe(cluster, entities);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (name.empty()) {
      std::cout << "Default configs for " << type << " in the cluster are:\n";
    } else {
      std::cout << (all ? "All" : "Dynamic") << " configs for " << type.substr(0, type.size() - 1)
                << ' ' << name << " are:\n";
    }
    auto entries = entries_of(cluster, type, name, all, true);
    if (!entries) return entries.error();
    for (const ConfigEntry& entry : *entries) std::cout << format_entry(entry);
  }
  return ok();
}

struct Change {
  std::string type;
  std::string name;
  config::Properties added;
  std::vector<std::string> deleted;
};

// What the tool itself refuses.
Error invalid(std::string message) { return {k_refused, std::move(message)}; }

// Broker's own configs go to that broker, all else to any.
template <class Request>
Result<typename Request::Response> send_change(client::Cluster& cluster, const Change& change,
                                               const Request& request) {
  const SteadyTime deadline = cluster.default_deadline();
  if (change.type == "topics" || change.name.empty()) return cluster.call_any(request, deadline);
  int32_t node = -1;
  std::from_chars(change.name.data(), change.name.data() + change.name.size(), node);
  return client::call_broker(cluster, node, request, deadline);
}

template <class Response>
Result<void> verdict(const Result<Response>& response) {
  if (!response) return response.error();
  for (const auto& resource : response->responses) {
    if (resource.error_code != 0) {
      return Error{static_cast<Errc>(resource.error_code), resource.error_message.value_or("")};
    }
  }
  return ok();
}

Result<void> alter_incrementally(client::Cluster& cluster, const Change& change) {
  protocol::IncrementalAlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = static_cast<int8_t>(resource_type(change.type));
  resource.resource_name = change.name;
  for (const auto& [key, value] : change.added) {
    auto& config = resource.configs.emplace_back();
    config.name = key;
    config.config_operation = 0;  // set
    config.value = value;
  }
  for (const std::string& key : change.deleted) {
    auto& config = resource.configs.emplace_back();
    config.name = key;
    config.config_operation = 1;  // delete
    config.value = "";
  }
  return verdict(send_change(cluster, change, request));
}

// Brokers' configs are written as a whole, as Kafka 2.7's tool does it.
Result<void> alter_broker(client::Cluster& cluster, const Change& change,
                          const std::vector<ConfigEntry>& old) {
  std::map<std::string, std::optional<std::string>> configs;
  for (const ConfigEntry& entry : old) configs[entry.name] = entry.value;
  for (const auto& [key, value] : change.added) configs[key] = value;
  for (const std::string& key : change.deleted) configs.erase(key);
  std::vector<std::string> sensitive;
  for (const auto& [key, value] : configs) {
    if (!value) sensitive.push_back(key);
  }
  if (!sensitive.empty()) {
    return invalid(
        "All sensitive broker config entries must be specified for --alter, missing "
        "entries: Set(" +
        join(sensitive, ", ") + ")");
  }
  protocol::AlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = static_cast<int8_t>(ResourceType::broker);
  resource.resource_name = change.name;
  for (const auto& [key, value] : configs) {
    auto& config = resource.configs.emplace_back();
    config.name = key;
    config.value = value;
  }
  return verdict(send_change(cluster, change, request));
}

Result<void> alter_resource(client::Cluster& cluster, const Change& change) {
  const bool logger = change.type == "broker-loggers";
  auto old = entries_of(cluster, change.type, change.name, false, logger);
  if (!old) return old.error();
  auto unknown = [&](const std::string& key) {
    return std::none_of(old->begin(), old->end(),
                        [&](const ConfigEntry& entry) { return entry.name == key; });
  };
  std::vector<std::string> wrong;
  std::copy_if(change.deleted.begin(), change.deleted.end(), std::back_inserter(wrong), unknown);
  for (const auto& [key, value] : change.added) {
    if (logger && unknown(key)) wrong.push_back(key);
  }
  if (!wrong.empty()) {
    return invalid(std::string(logger ? "Invalid broker logger(s): " : "Invalid config(s): ") +
                   join(wrong, ","));
  }
  if (change.type == "brokers") return alter_broker(cluster, change, *old);
  return alter_incrementally(cluster, change);
}

Result<void> alter(client::Cluster& cluster, const cli::Options& options,
                   const ConfigEntities& entities) {
  auto added = configs_to_add(options);
  if (!added) return added.error();
  Change change{entities.types.front(), entities.names.front(), *added, {}};
  for (const std::string& key : options.values("delete-config")) {
    change.deleted.push_back(trim(key));
  }
  const bool quotas = change.type == "users" || change.type == "clients";
  auto altered = quotas ? alter_quotas(cluster, entities, change.added, change.deleted)
                        : alter_resource(cluster, change);
  if (!altered) return altered;
  if (change.name.empty()) {
    std::cout << "Completed updating default config for " << change.type << " in the cluster.\n";
  } else {
    std::cout << "Completed updating config for " << change.type.substr(0, change.type.size() - 1)
              << ' ' << change.name << ".\n";
  }
  return ok();
}

Result<void> run(const cli::Options& options) {
  auto cluster = connect_admin(options);
  if (!cluster) return cluster.error();
  const ConfigEntities entities = entities_of(options);
  if (options.has("alter")) {
    if (entities.types.size() != entities.names.size()) {
      return Error{k_refused, "An entity name must be specified for every entity type"};
    }
    return alter(**cluster, options, entities);
  }
  const std::string& type = entities.types.front();
  if (type == "users" || type == "clients") return describe_quotas(**cluster, entities);
  return describe_resources(**cluster, options, entities);
}

std::string all_of(Arguments arguments) {
  return join(std::vector<std::string>(arguments.begin(), arguments.end()), " ");
}

std::string zookeeper_exception(const Error& error) {
  if (error.code == Errc::network_exception) {
    return "kafka.zookeeper.ZooKeeperClientTimeoutException: " + error.message;
  }
  if (error.code == Errc::invalid_config) {
    return "org.apache.kafka.common.config.ConfigException: " + error.message;
  }
  return cli::exception_text(error);
}

}  // namespace

int configs(Arguments arguments) {
  auto parser = configs_parser();
  auto options = parser.parse(arguments);
  if (!options) {
    std::cerr << options.error().message << '\n';
    return 1;
  }
  if (auto code = cli::help_or_version(parser, *options,
                                       "This tool helps to manipulate and describe entity config "
                                       "for a topic, client, user or broker")) {
    return *code;
  }
  if (auto problem = check_configs(*options)) {
    if (problem->usage) return cli::usage_error(parser, problem->message);
    std::cerr << problem->message << '\n';
    return 1;
  }
  const bool zookeeper = options->has("zookeeper");
  auto done = zookeeper ? configs_with_zookeeper(*options) : run(*options);
  if (done) return 0;
  std::cout.flush();
  const Error& error = done.error();
  if (error.code == k_refused) {
    std::cerr << error.text() << '\n';
    return 1;
  }
  std::cerr << "Error while executing config command with args '" << all_of(arguments) << "'\n";
  if (error.code == k_no_file) {
    std::cerr << "java.nio.file.NoSuchFileException: " << error.message << '\n';
    return 1;
  }
  if (error.code == k_no_admin) {
    std::cerr << cli::admin_trace(error) << '\n';
    return 1;
  }
  if (zookeeper) {
    std::cerr << zookeeper_exception(error) << '\n';
    return 1;
  }
  const std::string exception = cli::exception_text(error);
  std::cerr << "java.util.concurrent.ExecutionException: " << exception
            << "\nCaused by: " << exception << '\n';
  return 1;
}

}  // namespace samsa::tools
