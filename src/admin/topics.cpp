#include "admin/topics.h"

#include <algorithm>
#include <set>

#include "config/topic_config.h"
#include "zk/schema/json.h"
#include "zk/schema/topics.h"

namespace samsa::admin {

using runtime::Task;
using zk::ZkCode;

namespace {

std::string config_path(const std::string& topic) { return "/config/topics/" + topic; }

Bytes encode_configs(const std::map<std::string, std::string>& configs) {
  Bytes out = R"({"version":1,"config":{)";
  bool first = true;
  for (const auto& [key, value] : configs)
    out += (std::exchange(first, false) ? "" : ",") + zk::json_string(key) + ':' +
           zk::json_string(value);
  return out + "}}";
}

Error unexpected(ZkCode code, const std::string& path) {
  return {Errc::unknown_server_error,
          "ZooKeeper answered " + std::string(to_string(code)) + " for " + path};
}

// Kafka's metrics replace '.' by '_', so two topics that differ only there would share theirs.
std::string metric_name(std::string name) {
  std::ranges::replace(name, '.', '_');
  return name;
}

}  // namespace

Result<void> validate_topic_name(const std::string& name) {
  constexpr size_t k_length_max = 249;
  const auto refuse = [](std::string why) { return Error{Errc::invalid_topic_exception, why}; };
  if (name.empty()) return refuse("Topic name is illegal, it can't be empty");
  if (name == "." || name == "..") return refuse("Topic name cannot be \".\" or \"..\"");
  if (name.size() > k_length_max)
    return refuse("Topic name is illegal, it can't be longer than 249 characters, topic name: " +
                  name);
  const auto is_legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (!std::ranges::all_of(name, is_legal))
    return refuse("Topic name \"" + name +
                  "\" is illegal, it contains a character other than ASCII alphanumerics, '.', '_' "
                  "and '-'");
  return ok();
}

Assignment assign_replicas(const std::vector<BrokerId>& brokers, int32_t partitions,
                           int32_t replication_factor, size_t first_broker, size_t first_shift) {
  Assignment assignment;
  const size_t n = brokers.size();
  size_t shift = first_shift;
  for (int32_t partition = 0; partition < partitions; ++partition) {
    const auto p = static_cast<size_t>(partition);
    if (p > 0 && p % n == 0) ++shift;
    const size_t leader = (p + first_broker) % n;
    auto& replicas = assignment[partition];
    replicas.push_back(brokers[leader]);
    for (size_t j = 0; j + 1 < static_cast<size_t>(replication_factor); ++j) {
      const size_t step = 1 + (shift + j) % (n - 1);
      replicas.push_back(brokers[(leader + step) % n]);
    }
  }
  return assignment;
}

Result<Assignment> Topics::plan(const NewTopic& topic, const metadata::Image& image) {
  if (topic.assignment) {
    const size_t factor = topic.assignment->empty() ? 0 : topic.assignment->begin()->second.size();
    for (const auto& [partition, replicas] : *topic.assignment) {
      const std::set<BrokerId> distinct(replicas.begin(), replicas.end());
      if (distinct.size() != replicas.size())
        return Error{
            Errc::invalid_replica_assignment,
            "Duplicate replica assignment found for partition " + std::to_string(partition)};
      if (replicas.size() != factor || factor == 0)
        return Error{Errc::invalid_replica_assignment,
                     "All partitions should have the same number of replicas"};
    }
    return *topic.assignment;
  }
  std::vector<BrokerId> brokers;
  for (const auto& [id, broker] : image.brokers()) brokers.push_back(id);
  if (topic.partitions <= 0)
    return Error{Errc::invalid_partitions, "Number of partitions must be larger than 0."};
  if (topic.replication_factor <= 0)
    return Error{Errc::invalid_replication_factor, "Replication factor must be larger than 0."};
  if (static_cast<size_t>(topic.replication_factor) > brokers.size())
    return Error{Errc::invalid_replication_factor,
                 "Replication factor: " + std::to_string(topic.replication_factor) +
                     " larger than available brokers: " + std::to_string(brokers.size()) + "."};
  thread_local std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<size_t> any(0, brokers.size() - 1);
  return assign_replicas(brokers, topic.partitions, topic.replication_factor, any(random),
                         any(random));
}

Task<Result<Assignment>> Topics::create(NewTopic topic,
                                        std::shared_ptr<const metadata::Image> image,
                                        bool validate_only) {
  if (auto valid = validate_topic_name(topic.name); !valid) co_return valid.error();
  const auto exists = [&](const std::string& name) {
    return Error{Errc::topic_already_exists, "Topic '" + name + "' already exists."};
  };
  if (image->topic(topic.name)) co_return exists(topic.name);
  for (const auto& [other, partitions] : image->topics())
    if (metric_name(other) == metric_name(topic.name))
      co_return Error{Errc::invalid_topic_exception,
                      "Topic '" + topic.name + "' collides with existing topics: " + other};
  auto assignment = plan(topic, *image);
  if (!assignment) co_return assignment.error();
  if (auto valid = config::TopicConfig::validate({topic.configs.begin(), topic.configs.end()});
      !valid)
    co_return valid.error();
  if (validate_only) co_return assignment;
  const auto known = co_await zookeeper_.exists(zk::topic_path(topic.name), false).wait();
  if (known) co_return exists(topic.name);
  // Settings first: whoever sees the topic sees them, too.
  const std::string settings = config_path(topic.name);
  const Bytes configs = encode_configs(topic.configs);
  const auto set = co_await zookeeper_.set(settings, configs, zk::k_any_version).wait();
  if (set.code == ZkCode::no_node) {
    const auto made =
        co_await zookeeper_.create(settings, configs, zk::CreateMode::persistent).wait();
    if (!made && made.code != ZkCode::node_exists) co_return unexpected(made.code, settings);
  } else if (!set) {
    co_return unexpected(set.code, settings);
  }
  const zk::TopicZnode znode{.replicas = *assignment};
  const auto made =
      co_await zookeeper_
          .create(zk::topic_path(topic.name), znode.encode(), zk::CreateMode::persistent)
          .wait();
  if (made.code == ZkCode::node_exists) co_return exists(topic.name);
  if (!made) co_return unexpected(made.code, zk::topic_path(topic.name));
  co_return assignment;
}

Task<Result<void>> Topics::remove(std::string name) {
  const auto known = co_await zookeeper_.exists(zk::topic_path(name), false).wait();
  if (known.code == ZkCode::no_node)
    co_return Error{Errc::unknown_topic_or_partition,
                    "Topic `" + name + "` to delete does not exist"};
  const auto asked =
      co_await zookeeper_.create(zk::delete_topic_path(name), {}, zk::CreateMode::persistent)
          .wait();
  if (!asked && asked.code != ZkCode::node_exists)
    co_return unexpected(asked.code, zk::delete_topic_path(name));
  co_return ok();
}

Task<Result<std::map<std::string, std::string>>> Topics::configs(std::string name) {
  std::map<std::string, std::string> configs;
  const auto data = co_await zookeeper_.get(config_path(name), false).wait();
  if (data.code == ZkCode::no_node) co_return configs;
  if (!data) co_return unexpected(data.code, config_path(name));
  auto object = zk::parse_object(data.value.data);
  if (!object) co_return object.error();
  if (const auto* entries = object->if_contains("config"); entries && entries->is_object())
    for (const auto& [key, value] : entries->as_object())
      if (value.is_string()) configs[std::string(key)] = std::string(value.as_string());
  co_return configs;
}

}  // namespace samsa::admin
