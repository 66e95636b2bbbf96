#include "tools/commands/configs_zookeeper.h"

#include <algorithm>
#include <iostream>

#include "admin/configs.h"
#include "base/topic_name.h"
#include "config/dynamic.h"
#include "config/topic_config.h"
#include "tools/commands/config_entity.h"
#include "tools/commands/java_order.h"
#include "tools/security/password_encoder.h"
#include "tools/security/scram_credential.h"
#include "tools/zookeeper/cluster.h"
#include "zk/schema/brokers.h"

namespace samsa::tools {

namespace {

using zookeeper::Session;

// Replication quotas: the only configs of brokers that may change here while brokers run.
constexpr std::string_view k_changeable_meanwhile[] = {
    "leader.replication.throttled.rate", "follower.replication.throttled.rate",
    "replica.alter.log.dirs.io.max.bytes.per.second"};

constexpr config::Key k_quota_keys[] = {
    {"producer_byte_rate", config::Type::int64},
    {"consumer_byte_rate", config::Type::int64},
    {"request_percentage", config::Type::float64},
    {"controller_mutation_rate", config::Type::float64},
};

Error refuse(std::string why) { return {k_refused, std::move(why)}; }

template <class Range>
bool contains(const Range& range, std::string_view name) {
  return std::ranges::find(range, name) != std::end(range);
}

Result<void> validate_quotas(const config::Properties& configs, bool with_credentials) {
  std::vector<std::string> unknown;
  for (const auto& [name, value] : configs) {
    const bool credential = with_credentials && contains(security::k_scram_mechanisms, name);
    if (!credential &&
        std::ranges::find(k_quota_keys, name, &config::Key::name) == std::end(k_quota_keys)) {
      unknown.push_back(name);
    }
  }
  if (!unknown.empty()) {
    return refuse("requirement failed: Unknown Dynamic Configuration: HashSet(" +
                  join(unknown, ", ") + ").");
  }
  for (const config::Key& key : k_quota_keys) {
    const auto found = configs.find(key.name);
    if (found == configs.end()) continue;
    if (auto parsed = config::parse(key, found->second); !parsed) return parsed.error();
  }
  return ok();
}

Result<void> validate_topic(const config::Properties& configs) {
  for (const auto& [name, value] : configs) {
    if (config::find_topic_key(name) == nullptr) {
      return refuse("Unknown topic config name: " + name);
    }
  }
  auto valid = config::TopicConfig::validate(configs);
  // One setting against another, which Kafka tells like a name.
  if (!valid && !valid.error().message.starts_with("Invalid value ")) {
    return refuse(valid.error().message);
  }
  return valid;
}

// Names and values of broker configs that ZooKeeper may be given before the brokers start.
Result<void> check_brokers_down(Session& session, const ConfigEntity& entity,
                                const std::vector<std::string>& names) {
  const std::string must =
      "requirement failed: --bootstrap-server option must be specified to update broker configs "
      "Set(" +
      join(names, ", ") + ").";
  const std::string info =
      " is running. Broker configuration updates using ZooKeeper are supported for bootstrapping "
      "before brokers are started to enable encrypted password configs to be stored in ZooKeeper.";
  const std::string broker = entity.root.name.value_or("");
  if (broker == k_default_entity) {
    auto running = zookeeper::brokers(session);
    if (!running) return running.error();
    if (running->empty()) return ok();
    return refuse(must + " for default cluster if any broker" + info);
  }
  auto running = zookeeper::read_all(session, {std::string(zk::k_broker_ids_path) + "/" + broker});
  if (!running) return running.error();
  if (!running->front()) return ok();
  return refuse(must + " when broker " + broker + info);
}

Result<void> prepare_broker_configs(Session& session, const ConfigEntity& entity,
                                    config::Properties& added) {
  std::vector<std::string> names;
  for (const auto& [name, value] : added) {
    if (!contains(k_changeable_meanwhile, name)) names.push_back(name);
  }
  if (names.empty()) return ok();
  if (auto down = check_brokers_down(session, entity, names); !down) return down;
  const auto encoder = security::PasswordEncoderConfig::take_from(added);
  if (!encoder) return encoder.error();
  auto valid = config::validate_layer(added, entity.root.name != k_default_entity);
  if (!valid) return Error{Errc::invalid_config, valid.error().message};
  return security::encode_passwords(*encoder, added);
}

Result<void> prepare_credentials(config::Properties& added) {
  for (const std::string_view mechanism : security::k_scram_mechanisms) {
    const auto given = added.find(mechanism);
    if (given == added.end()) continue;
    auto encoded = security::encode_scram_argument(mechanism, given->second);
    if (!encoded) return encoded.error();
    given->second = std::move(*encoded);
  }
  return ok();
}

Result<void> check_topic(Session& session, const std::string& topic) {
  if (auto valid = validate_topic_name(topic); !valid) return valid;
  auto known = zookeeper::topic(session, topic);
  if (!known) return known.error();
  if (*known) return ok();
  return Error{Errc::unknown_topic_or_partition, "Topic '" + topic + "' does not exist."};
}

Result<void> alter(Session& session, const cli::Options& options) {
  auto added = configs_to_add(options);
  if (!added) return added.error();
  std::vector<std::string> deleted;
  for (const std::string& key : options.values("delete-config")) deleted.push_back(trim(key));
  auto entity = config_entity(entities_of(options), true);
  if (!entity) return entity.error();
  const std::string& type = entity->root.type;
  if (type == "users") {
    if (auto done = prepare_credentials(*added); !done) return done;
  }
  if (type == "brokers") {
    if (auto done = prepare_broker_configs(session, *entity, *added); !done) return done;
  }
  admin::Configs store{session.client()};
  auto configs = session.run(store.read(entity->path()));
  if (!configs) return configs.error();
  std::vector<std::string> unknown;
  std::ranges::copy_if(deleted, std::back_inserter(unknown),
                       [&](const std::string& key) { return !configs->contains(key); });
  if (!unknown.empty()) return refuse("Invalid config(s): " + join(unknown, ","));
  for (const auto& [key, value] : *added) (*configs)[key] = value;
  for (const std::string& key : deleted) configs->erase(key);
  if (type == "topics") {
    if (auto exists = check_topic(session, entity->full_name()); !exists) return exists;
  }
  auto valid = validate_entity_configs(type, entity->full_name(), *configs);
  if (!valid) return valid;
  auto changed = session.run(store.change(entity->path(), std::move(*configs)));
  if (!changed) return changed;
  std::cout << "Completed updating config for entity: " << entity->text() << ".\n";
  return ok();
}

// The entities that this one stands for where names are left open.
Result<std::vector<ConfigEntity>> all_of(Session& session, const ConfigEntity& entity) {
  std::vector<ConfigEntity> roots{entity};
  if (!entity.root.name) {
    roots.clear();
    auto names = zookeeper::children(session, "/config/" + entity.root.type);
    if (!names) return names.error();
    for (const std::string& name : *names) {
      roots.push_back(entity);
      roots.back().root.name = name;
      // Kafka forgets the client's name where the user's is open.
      if (entity.child) roots.back().child->name.reset();
    }
  }
  if (!entity.child) return roots;
  std::vector<ConfigEntity> all;
  for (const ConfigEntity& root : roots) {
    if (root.child->name) {
      all.push_back(root);
      continue;
    }
    auto names = zookeeper::children(session, "/config/" + root.path());
    if (!names) return names.error();
    for (const std::string& name : *names) {
      all.push_back(root);
      all.back().child->name = name;
    }
  }
  return all;
}

Result<void> describe(Session& session, const cli::Options& options) {
  auto asked = config_entity(entities_of(options), false);
  if (!asked) return asked.error();
  const bool all_users = asked->root.type == "users" && !asked->root.name && !asked->child;
  auto entities = all_of(session, *asked);
  if (!entities) return entities.error();
  admin::Configs store{session.client()};
  for (const ConfigEntity& entity : *entities) {
    auto configs = session.run(store.read(entity.path()));
    if (!configs) return configs.error();
    // A user's znode may be there for the sake of its clients alone.
    if (configs->empty() && all_users) continue;
    std::vector<std::string> names, texts;
    for (const auto& [key, value] : *configs) names.push_back(key);
    for (const auto& key : in_java_order(names, properties_buckets(names.size()))) {
      texts.push_back(key + "=" + configs->at(key));
    }
    std::cout << "Configs for " << entity.text() << " are " << join(texts, ",") << '\n';
  }
  return ok();
}

}  // namespace

Result<void> validate_entity_configs(const std::string& type, const std::string& name,
                                     const config::Properties& configs) {
  if (type == "topics") return validate_topic(configs);
  if (type == "clients") return validate_quotas(configs, false);
  if (type == "users") {
    const bool client = name == k_default_entity || name.find("/clients") != std::string::npos;
    return validate_quotas(configs, !client);
  }
  return config::check_dynamic_values(configs);
}

Result<void> configs_with_zookeeper(const cli::Options& options) {
  std::cout << "Warning: --zookeeper is deprecated and will be removed in a future version of "
               "Kafka.\n"
               "Use --bootstrap-server instead to specify a broker to connect to.\n"
            << std::flush;
  if (options.has("zk-tls-config-file")) {
    auto tls = load_properties(options.text("zk-tls-config-file"));
    if (!tls) return tls.error();
    if ((*tls)["zookeeper.ssl.client.enable"] == "true") {
      return refuse("This tool cannot speak TLS with ZooKeeper");
    }
  }
  auto session = Session::open(options.text("zookeeper"));
  if (!session) return session.error();
  return options.has("alter") ? alter(**session, options) : describe(**session, options);
}

}  // namespace samsa::tools
