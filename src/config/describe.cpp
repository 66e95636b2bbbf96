#include "config/describe.h"

#include <algorithm>

#include "config/dynamic.h"

namespace samsa::config {
namespace {

struct Layer {
  const Properties& properties;
  Source source;
};

// A broker's default as Kafka keeps it beside the set ones; nothing for null.
std::optional<std::string> default_of(std::string_view name) {
  const BrokerKey* key = find_broker_key(name);
  if (!key || !key->default_text) return {};
  const auto value = parse(*key, key->default_text);
  return value ? to_text(*value) : std::nullopt;
}

// Everything that could give the key its value: layer by layer, in each layer the strongest name
// first. What stands before the key's own name belongs to another question and is dropped.
std::vector<Synonym> synonyms_of(const BrokerConfig& broker, std::string_view name,
                                 bool sensitive) {
  const std::vector<std::string> names = broker_synonyms(name, true);
  std::vector<Synonym> found;
  const auto add = [&](const std::string& synonym, const std::string& value, Source source) {
    found.push_back({synonym, sensitive ? std::nullopt : std::optional(value), source});
  };
  const Layer layers[] = {{broker.dynamic_properties(), Source::dynamic_broker},
                          {broker.dynamic_default_properties(), Source::dynamic_default_broker},
                          {broker.static_properties(), Source::static_broker}};
  for (const Layer& layer : layers)
    for (const std::string& synonym : names)
      if (const auto at = layer.properties.find(synonym); at != layer.properties.end())
        add(synonym, at->second, layer.source);
  for (const std::string& synonym : names)
    if (synonym != "zookeeper.connect")
      if (const auto value = default_of(synonym)) add(synonym, *value, Source::default_value);
  found.erase(found.begin(), std::ranges::find(found, name, &Synonym::name));
  return found;
}

Type type_of(std::string_view name) {
  if (const BrokerKey* key = find_broker_key(name)) return key->type;
  for (const std::string_view rate :
       {"leader.replication.throttled.rate", "follower.replication.throttled.rate",
        "replica.alter.log.dirs.io.max.bytes.per.second"})
    if (name == rate) return Type::int64;
  for (const std::string& synonym : broker_synonyms(name, true))
    if (const BrokerKey* key = find_broker_key(synonym)) return key->type;
  return Type::unknown;
}

ConfigEntry broker_entry(const BrokerConfig& broker, std::string_view name,
                         std::optional<std::string> value) {
  ConfigEntry entry;
  entry.name = name;
  entry.type = type_of(name);
  // A key of unknown type may hold a secret.
  entry.sensitive = entry.type == Type::password || entry.type == Type::unknown;
  if (!entry.sensitive) entry.value = std::move(value);
  entry.synonyms = synonyms_of(broker, name, entry.sensitive);
  if (!entry.synonyms.empty()) entry.source = entry.synonyms.front().source;
  const BrokerKey* key = find_broker_key(name);
  entry.read_only = !key || key->scope == Scope::read_only;
  return entry;
}

}  // namespace

std::vector<ConfigEntry> describe_topic(const BrokerConfig& broker, const TopicConfig& topic,
                                        const Properties& overrides) {
  std::vector<ConfigEntry> entries;
  for (const TopicKey& key : topic_keys()) {
    ConfigEntry entry;
    entry.name = key.name;
    entry.type = key.type;
    entry.value = topic.text_of(key.name);
    if (overrides.contains(key.name))
      entry.synonyms.push_back({entry.name, entry.value, Source::topic});
    if (!key.broker_key.empty())
      std::ranges::move(synonyms_of(broker, key.broker_key, false),
                        std::back_inserter(entry.synonyms));
    if (!entry.synonyms.empty()) entry.source = entry.synonyms.front().source;
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<ConfigEntry> describe_broker(const BrokerConfig& broker) {
  std::vector<ConfigEntry> entries;
  for (const BrokerKey& key : broker_keys())
    entries.push_back(broker_entry(broker, key.name, broker.text_of(key.name)));
  Properties others;
  for (const Properties* layer : {&broker.static_properties(), &broker.dynamic_default_properties(),
                                  &broker.dynamic_properties()})
    for (const auto& [name, value] : *layer)
      if (!find_broker_key(name)) others[name] = value;
  for (const auto& [name, value] : others) entries.push_back(broker_entry(broker, name, value));
  return entries;
}

std::vector<ConfigEntry> describe_cluster_default(const BrokerConfig& broker) {
  std::vector<ConfigEntry> entries;
  for (const auto& [name, value] : broker.dynamic_default_properties()) {
    ConfigEntry entry = broker_entry(broker, name, value);
    std::erase_if(entry.synonyms,
                  [](const Synonym& s) { return s.source != Source::dynamic_default_broker; });
    entry.source = entry.synonyms.empty() ? Source::default_value : entry.synonyms.front().source;
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace samsa::config
