#include "admin/topics.h"

#include <algorithm>
#include <set>

#include "admin/zk_error.h"
#include "base/topic_name.h"
#include "config/topic_config.h"
#include "zk/schema/topics.h"

namespace samsa::admin {

using runtime::Task;
using zk::ZkCode;

namespace {

// Kafka's metrics replace '.' by '_', so two topics that differ only there would share theirs.
std::string metric_name(std::string name) {
  std::ranges::replace(name, '.', '_');
  return name;
}

}  // namespace

Error topic_exists(const std::string& name) {
  return {Errc::topic_already_exists, "Topic '" + name + "' already exists."};
}

namespace {

// As Scala prints a map of lists.
std::string print(const Assignment& assignment) {
  std::string text = "HashMap(";
  for (const auto& [partition, replicas] : assignment) {
    text += (text.ends_with('(') ? "" : ", ") + std::to_string(partition) + " -> ArrayBuffer(";
    for (const BrokerId id : replicas)
      text += (text.ends_with('(') ? "" : ", ") + std::to_string(id.value());
    text += ')';
  }
  return text + ')';
}

Result<void> check_given(const Assignment& given) {
  const auto refuse = [](std::string why) {
    return Error{Errc::invalid_replica_assignment, std::move(why)};
  };
  const size_t factor = given.empty() ? 0 : given.begin()->second.size();
  for (const auto& [partition, replicas] : given)
    if (replicas.size() != factor || factor == 0)
      return refuse("All partitions should have the same number of replicas");
  for (const auto& [partition, replicas] : given)
    if (std::set(replicas.begin(), replicas.end()).size() != replicas.size())
      return refuse("Duplicate replica assignment found: " + print(given));
  const auto last = static_cast<int32_t>(given.size()) - 1;
  if (given.begin()->first != 0 || given.rbegin()->first != last)
    return refuse("partitions should be a consecutive 0-based integer sequence");
  return ok();
}

}  // namespace

Result<Assignment> Topics::plan(const NewTopic& topic, const metadata::Image& image) {
  if (topic.assignment) {
    if (auto good = check_given(*topic.assignment); !good) return good.error();
    return *topic.assignment;
  }
  std::vector<BrokerId> brokers;
  for (const auto& [id, broker] : image.brokers()) brokers.push_back(id);
  thread_local std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<size_t> any(0, std::max<size_t>(brokers.size(), 1) - 1);
  return assign_replicas(brokers, topic.partitions, topic.replication_factor,
                         {.first_broker = any(random), .first_shift = any(random)});
}

Task<Result<Assignment>> Topics::create(NewTopic topic,
                                        std::shared_ptr<const metadata::Image> image,
                                        bool validate_only) {
  if (auto valid = validate_topic_name(topic.name); !valid) co_return valid.error();
  if (image->topic(topic.name)) co_return topic_exists(topic.name);
  for (const auto& [other, partitions] : image->topics())
    if (metric_name(other) == metric_name(topic.name))
      co_return Error{Errc::invalid_topic_exception,
                      "Topic '" + topic.name + "' collides with existing topics: " + other};
  auto assignment = plan(topic, *image);
  if (!assignment) co_return assignment.error();
  if (auto valid = config::TopicConfig::validate({topic.configs.begin(), topic.configs.end()});
      !valid)
    co_return valid.error();
  const auto known = co_await zookeeper_.exists(zk::topic_path(topic.name), false).wait();
  if (known) co_return topic_exists(topic.name);
  if (validate_only) co_return assignment;
  // Settings first: whoever sees the topic sees them, too.
  config::Properties settings(topic.configs.begin(), topic.configs.end());
  auto put = co_await configs_.put("topics/" + topic.name, std::move(settings));
  if (!put) co_return put.error();
  const zk::TopicZnode znode{.replicas = *assignment};
  const auto made =
      co_await zookeeper_
          .create(zk::topic_path(topic.name), znode.encode(), zk::CreateMode::persistent)
          .wait();
  if (made.code == ZkCode::node_exists) co_return topic_exists(topic.name);
  if (!made) co_return zk_error(made.code, zk::topic_path(topic.name));
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
    co_return zk_error(asked.code, zk::delete_topic_path(name));
  co_return ok();
}

Task<Result<Assignment>> Topics::add_partitions(MorePartitions asked, std::vector<BrokerId> brokers,
                                                bool validate_only) {
  const auto path = zk::topic_path(asked.topic);
  const auto deletion =
      co_await zookeeper_.exists(zk::delete_topic_path(asked.topic), false).wait();
  if (deletion) co_return Error{Errc::invalid_topic_exception, "The topic is queued for deletion."};
  std::optional<Assignment> written, added_before;
  for (;;) {
    const auto data = co_await zookeeper_.get(path, false).wait();
    if (data.code == ZkCode::no_node)
      co_return Error{Errc::unknown_topic_or_partition,
                      "The topic '" + asked.topic + "' does not exist."};
    if (!data) co_return zk_error(data.code, path);
    auto topic = zk::TopicZnode::decode(data.value.data);
    if (!topic) co_return topic.error();
    if (written == topic->replicas) co_return *added_before;
    auto added = plan_more_partitions(asked, *topic, brokers);
    if (!added || validate_only) co_return added;
    topic->replicas.insert(added->begin(), added->end());
    const auto set = co_await zookeeper_.set(path, topic->encode(), data.value.stat.version).wait();
    if (set) co_return added;
    // Either somebody changed the topic meanwhile, or it was ourselves in a call whose answer was
    // lost: look again.
    if (set.code != ZkCode::bad_version) co_return zk_error(set.code, path);
    written = topic->replicas;
    added_before = *added;
  }
}

}  // namespace samsa::admin
