// The command line of kafka-configs.

#include <algorithm>
#include <charconv>
#include <iostream>

#include "tools/commands/config_names.h"
#include "tools/commands/configs.h"

namespace samsa::tools {

namespace {

struct EntityFlag {
  std::string_view option;
  std::string_view type;
};
constexpr EntityFlag k_named_flags[] = {{"topic", "topics"},
                                        {"client", "clients"},
                                        {"user", "users"},
                                        {"broker", "brokers"},
                                        {"broker-logger", "broker-loggers"}};
constexpr EntityFlag k_default_flags[] = {
    {"client-defaults", "clients"}, {"user-defaults", "users"}, {"broker-defaults", "brokers"}};

template <size_t N>
std::string list_names(const std::string_view (&names)[N]) {
  std::string list;
  for (std::string_view name : names) list += "\n\t" + std::string(name);
  return list + "\n";
}

std::string add_config_help() {
  return "Key Value pairs of configs to add. Square brackets can be used to group values which "
         "contain commas: 'k1=v1,k2=[v1,v2,v2],k3=v3'. The following is a list of valid "
         "configurations: For entity-type 'topics': \n" +
         topic_config_list() +
         "\nFor entity-type 'brokers': " + list_names(k_dynamic_broker_configs) +
         "For entity-type 'users': " + list_names(k_user_configs) +
         "For entity-type 'clients': " + list_names(k_client_configs) +
         "Entity types 'users' and 'clients' may be specified together to update config for "
         "clients of a specific user.";
}

void accept_actions(cli::OptionParser& parser) {
  parser
      .accepts("zookeeper",
               "DEPRECATED. The connection string for the zookeeper connection in the form "
               "host:port. Multiple URLS can be given to allow fail-over. Replaced by "
               "--bootstrap-server, REQUIRED unless --bootstrap-server is given.")
      .takes("urls");
  parser
      .accepts("bootstrap-server",
               "The Kafka server to connect to. This is required for describing and altering "
               "broker configs.")
      .takes("server to connect to");
  parser
      .accepts("command-config",
               "Property file containing configs to be passed to Admin Client. This is used only "
               "with --bootstrap-server option for describing and altering broker configs.")
      .takes("command config property file");
  parser.accepts("alter", "Alter the configuration for the entity.");
  parser.accepts("describe", "List configs for the given entity.");
  parser.accepts("all",
                 "List all configs for the given topic, broker, or broker-logger entity (includes "
                 "static configuration when the entity type is brokers)");
  parser.accepts("add-config", add_config_help()).takes();
  parser
      .accepts("add-config-file",
               "Path to a properties file with configs to add. See add-config for a list of valid "
               "configurations.")
      .takes();
  parser.accepts("delete-config", "config keys to remove 'k1,k2'").takes().many(',');
  parser.accepts("force", "Suppress console prompts");
  parser
      .accepts("zk-tls-config-file",
               "Identifies the file where ZooKeeper client TLS connectivity properties are "
               "defined.  Any properties other than zookeeper.clientCnxnSocket, "
               "zookeeper.ssl.cipher.suites, zookeeper.ssl.client.enable, "
               "zookeeper.ssl.crl.enable, zookeeper.ssl.enabled.protocols, "
               "zookeeper.ssl.endpoint.identification.algorithm, zookeeper.ssl.keystore.location, "
               "zookeeper.ssl.keystore.password, zookeeper.ssl.keystore.type, "
               "zookeeper.ssl.ocsp.enable, zookeeper.ssl.protocol, "
               "zookeeper.ssl.truststore.location, zookeeper.ssl.truststore.password, "
               "zookeeper.ssl.truststore.type are ignored.")
      .takes("ZooKeeper TLS configuration");
}

void accept_entities(cli::OptionParser& parser) {
  parser.accepts("entity-type", "Type of entity (topics/clients/users/brokers/broker-loggers)")
      .takes()
      .many();
  parser
      .accepts("entity-name", "Name of entity (topic name/client id/user principal name/broker id)")
      .takes()
      .many();
  parser.accepts("entity-default",
                 "Default entity name for clients/users/brokers (applies to corresponding entity "
                 "type in command line)");
  parser.accepts("topic", "The topic's name.").takes();
  parser.accepts("client", "The client's ID.").takes();
  parser.accepts("client-defaults", "The config defaults for all clients.");
  parser.accepts("user", "The user's principal name.").takes();
  parser.accepts("user-defaults", "The config defaults for all users.");
  parser.accepts("broker", "The broker's ID.").takes();
  parser.accepts("broker-defaults", "The config defaults for all brokers.");
  parser.accepts("broker-logger", "The broker's ID for its logger config.").takes();
}

bool is_integer(const std::string& text) {
  int32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool any_flag(const cli::Options& options) {
  auto given = [&](const EntityFlag& flag) { return options.has(flag.option); };
  return std::any_of(std::begin(k_named_flags), std::end(k_named_flags), given) ||
         std::any_of(std::begin(k_default_flags), std::end(k_default_flags), given);
}

cli::Check check_types(const cli::Options& options, const ConfigEntities& entities) {
  std::vector<std::string> allowed = {"topics", "clients", "users", "brokers"};
  const bool bootstrap = options.has("bootstrap-server");
  if (bootstrap) allowed.push_back("broker-loggers");
  for (size_t i = 0; i < entities.types.size(); ++i) {
    const std::string& type = entities.types[i];
    if (std::count(entities.types.begin(), entities.types.begin() + static_cast<long>(i), type)) {
      return "Duplicate entity type(s) specified: " + type;
    }
  }
  for (const std::string& type : entities.types) {
    if (std::count(allowed.begin(), allowed.end(), type) == 0) {
      return "Invalid entity type " + type + ", the entity type must be one of " +
             join(allowed, ",") + " with the " +
             (bootstrap ? "--bootstrap-server" : "--zookeeper") + " argument";
    }
  }
  if (entities.types.empty()) return "At least one entity type must be specified";
  auto is_client = [](const std::string& type) { return type == "users" || type == "clients"; };
  if (entities.types.size() > 1 &&
      !std::all_of(entities.types.begin(), entities.types.end(), is_client)) {
    return "Only 'users' and 'clients' entity types may be specified together";
  }
  const bool by_position =
      options.has("entity-name") || options.has("entity-type") || options.has("entity-default");
  if (by_position && any_flag(options)) {
    return "--entity-{type,name,default} should not be used in conjunction with specific entity "
           "flags";
  }
  return std::nullopt;
}

cli::Check check_alter(const cli::Options& options, const ConfigEntities& entities, bool has_name,
                       bool has_default) {
  const std::string& type = entities.types.front();
  const bool may_be_default = type == "users" || type == "clients" || type == "brokers";
  if (may_be_default && !has_name && !has_default) {
    return "an entity-name or default entity must be specified with --alter of users, clients or "
           "brokers";
  }
  if (!may_be_default && !has_name) {
    return "an entity name must be specified with --alter of " + join(entities.types, ",");
  }
  const bool add = options.has("add-config"), file = options.has("add-config-file");
  if (add && file) return "Only one of --add-config or --add-config-file must be specified";
  if (!add && !file && !options.has("delete-config")) {
    return "At least one of --add-config, --add-config-file, or --delete-config must be specified "
           "with --alter";
  }
  return std::nullopt;
}

cli::Check check_names(const cli::Options& options, const ConfigEntities& entities) {
  auto named = [](const std::string& name) { return !name.empty(); };
  const auto& names = entities.names;
  const bool has_name = std::any_of(names.begin(), names.end(), named);
  const bool has_default = !std::all_of(names.begin(), names.end(), named);
  const std::string& type = entities.types.front();
  if (!options.has("bootstrap-server") && !options.has("zookeeper")) {
    return "One of the required --bootstrap-server or --zookeeper arguments must be specified";
  }
  if (options.has("bootstrap-server") && options.has("zookeeper")) {
    return "Only one of --bootstrap-server or --zookeeper must be specified";
  }
  if (options.has("all") && options.has("zookeeper")) {
    return "--bootstrap-server must be specified for --all";
  }
  if (type == "brokers" || type == "broker-loggers") {
    for (const std::string& name : names) {
      if (!name.empty() && !is_integer(name)) {
        return "The entity name for " + type +
               " must be a valid integer broker id, but it is: " + name;
      }
    }
  }
  if (options.has("describe") && type == "broker-loggers" && !has_name) {
    return "an entity name must be specified with --describe of broker-loggers";
  }
  if (options.has("alter")) return check_alter(options, entities, has_name, has_default);
  return std::nullopt;
}

}  // namespace

cli::OptionParser configs_parser() {
  auto parser = cli::OptionParser::with_defaults();
  accept_actions(parser);
  accept_entities(parser);
  return parser;
}

ConfigEntities entities_of(const cli::Options& options) {
  ConfigEntities entities;
  entities.types = options.values("entity-type");
  const auto names = options.values("entity-name");
  size_t next = 0;
  for (const std::string& given : options.order()) {
    if (given == "entity-name" && next < names.size()) entities.names.push_back(names[next++]);
    if (given == "entity-default") entities.names.emplace_back();
  }
  for (const EntityFlag& flag : k_named_flags) {
    if (!options.has(flag.option)) continue;
    entities.types.emplace_back(flag.type);
    entities.names.push_back(options.text(flag.option));
  }
  for (const EntityFlag& flag : k_default_flags) {
    if (!options.has(flag.option)) continue;
    entities.types.emplace_back(flag.type);
    entities.names.emplace_back();
  }
  return entities;
}

std::optional<ConfigsProblem> check_configs(const cli::Options& options) {
  if (options.has("alter") == options.has("describe")) {
    return ConfigsProblem{"Command must include exactly one action: --describe, --alter", true};
  }
  if (auto problem = cli::exclude(options, "describe", {"alter", "add-config", "delete-config"})) {
    return ConfigsProblem{*problem, true};
  }
  const ConfigEntities entities = entities_of(options);
  auto problem = check_types(options, entities);
  if (!problem) problem = check_names(options, entities);
  if (problem) return ConfigsProblem{*problem, false};
  return std::nullopt;
}

Result<config::Properties> parse_added_configs(const std::string& text) {
  std::vector<std::string> entries(1);
  int depth = 0;
  for (char c : text) {
    if (c == '[') ++depth;
    if (c == ']' && depth > 0) --depth;
    if (c == ',' && depth == 0) {
      entries.emplace_back();
    } else {
      entries.back() += c;
    }
  }
  config::Properties configs;
  for (const std::string& entry : entries) {
    const size_t equals = entry.find('=');
    const size_t bracket = entry.find('[');
    const bool again = equals != std::string::npos &&
                       entry.find('=', equals + 1) < std::min(bracket, entry.size());
    if (equals == std::string::npos || again) {
      return Error{k_refused,
                   "requirement failed: Invalid entity config: all configs to be added must be in "
                   "the format \"key=val\"."};
    }
    std::string value = entry.substr(equals + 1);
    std::erase_if(value, [](char c) { return c == '[' || c == ']'; });
    configs[trim(entry.substr(0, equals))] = trim(value);
  }
  return configs;
}

Result<config::Properties> configs_to_add(const cli::Options& options) {
  config::Properties configs;
  if (options.has("add-config-file")) {
    auto file = load_properties(options.text("add-config-file"));
    if (!file) return file.error();
    configs.insert(file->begin(), file->end());
  }
  if (options.has("add-config")) {
    auto added = parse_added_configs(options.text("add-config"));
    if (!added) return added.error();
    for (auto& [key, value] : *added) configs[key] = value;
  }
  warn_of_format_version(configs);
  return configs;
}

}  // namespace samsa::tools
