// kafka-topics through ZooKeeper: the deprecated way, in which the tool itself does what else the
// controller's broker does.

#include <algorithm>
#include <iostream>
#include <random>

#include "admin/configs.h"
#include "admin/partitions.h"
#include "admin/topics.h"
#include "admin/zk_error.h"
#include "base/topic_name.h"
#include "config/topic_config.h"
#include "tools/commands/java_order.h"
#include "tools/commands/topics.h"
#include "tools/zookeeper/cluster.h"

namespace samsa::tools {

namespace {

using zookeeper::Session;
using Brokers = std::vector<admin::Candidate>;

Error refuse(std::string why) { return {k_refused, std::move(why)}; }

std::vector<BrokerId> ids_of(const Brokers& brokers) {
  std::vector<BrokerId> ids;
  for (const auto& broker : brokers) ids.push_back(broker.id);
  return ids;
}

// Brokers for an assignment, with their racks unless the operator said to look away.
Result<Brokers> candidates(Session& session, bool rack_aware) {
  auto brokers = zookeeper::brokers(session);
  if (!brokers) return brokers.error();
  const auto with_rack = std::ranges::count_if(
      *brokers, [](const admin::Candidate& broker) { return broker.rack.has_value(); });
  if (rack_aware && with_rack != 0 && static_cast<size_t>(with_rack) < brokers->size()) {
    return refuse(
        "Not all brokers have rack information. Add --disable-rack-aware in command line to make "
        "replica assignment without rack information.");
  }
  if (!rack_aware) {
    for (auto& broker : *brokers) broker.rack.reset();
  }
  return brokers;
}

admin::Spread random_spread(size_t brokers) {
  std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<size_t> any(0, std::max<size_t>(brokers, 1) - 1);
  return {.first_broker = any(random), .first_shift = any(random)};
}

admin::Assignment numbered(const ReplicaAssignment& lists, size_t from) {
  admin::Assignment assignment;
  for (size_t i = from; i < lists.size(); ++i) {
    auto& replicas = assignment[static_cast<int32_t>(i)];
    for (const int32_t id : lists[i]) replicas.emplace_back(id);
  }
  return assignment;
}

// All that topic creation looks at: which brokers and topics there are.
Result<std::shared_ptr<const metadata::Image>> read_image(Session& session) {
  auto brokers = zookeeper::brokers(session);
  if (!brokers) return brokers.error();
  auto topics = zookeeper::topics(session);
  if (!topics) return topics.error();
  metadata::Update update;
  for (auto& [id, rack] : *brokers) update.brokers.push_back({.id = id, .rack = rack});
  for (auto& topic : *topics) update.partitions.push_back({{topic, 0}, {}});
  metadata::ImageHolder holder;
  holder.apply(update);
  return holder.get();
}

Result<std::vector<std::string>> chosen_topics(Session& session, const cli::Options& options,
                                               bool must_exist) {
  auto all = zookeeper::topics(session);
  if (!all) return all.error();
  return select_topics(*all, options, must_exist);
}

Result<void> create_topic(Session& session, const cli::Options& options) {
  auto asked = parse_topic_arguments(options);
  if (!asked) return asked.error();
  warn_of_collisions(asked->name);
  admin::NewTopic topic{.name = asked->name, .configs = {}};
  topic.configs.insert(asked->configs.begin(), asked->configs.end());
  if (asked->assignment) {
    topic.assignment = numbered(*asked->assignment, 0);
  } else {
    auto brokers = candidates(session, !options.has("disable-rack-aware"));
    if (!brokers) return brokers.error();
    auto planned = admin::assign_to_racks(*brokers, asked->partitions.value_or(0),
                                          asked->replication_factor.value_or(0),
                                          random_spread(brokers->size()));
    if (!planned) return planned.error();
    topic.assignment = std::move(*planned);
  }
  auto image = read_image(session);
  if (!image) return image.error();
  admin::Configs configs{session.client()};
  admin::Topics topics{session.client(), configs};
  auto created = session.run(topics.create(std::move(topic), *image, false));
  if (!created) {
    const bool exists = created.error().code == Errc::topic_already_exists;
    if (exists && options.has("if-not-exists")) return ok();
    return created.error();
  }
  std::cout << "Created topic " << asked->name << ".\n";
  return ok();
}

Result<void> list_topics(Session& session, const cli::Options& options) {
  auto names = chosen_topics(session, options, false);
  if (!names) return names.error();
  auto marked = zookeeper::marked_for_deletion(session);
  if (!marked) return marked.error();
  for (const std::string& name : *names) {
    std::cout << name << (marked->contains(name) ? " - marked for deletion\n" : "\n");
  }
  return ok();
}

Result<void> alter_configs(Session& session, const std::string& topic,
                           const TopicArguments& asked) {
  std::cout << "WARNING: Altering topic configuration from this script has been deprecated and may "
               "be removed in future releases.\n"
               "         Going forward, please use kafka-configs.sh for this functionality\n";
  admin::Configs store{session.client()};
  auto configs = session.run(store.read("topics/" + topic));
  if (!configs) return configs.error();
  for (const auto& [key, value] : asked.configs) (*configs)[key] = value;
  for (const std::string& key : asked.deleted_configs) configs->erase(key);
  if (auto valid = validate_topic_name(topic); !valid) return valid;
  if (auto valid = config::TopicConfig::validate(*configs); !valid) return valid;
  auto changed = session.run(store.change("topics/" + topic, std::move(*configs)));
  if (!changed) return changed;
  std::cout << "Updated config for topic " << topic << ".\n";
  return ok();
}

// The partitions to add, as the tool of Kafka 2.7 plans them: it never asks whether a reassignment
// is under way, and takes as many as are assigned by hand.
Result<admin::Assignment> plan_growth(const std::string& topic, const TopicArguments& asked,
                                      const zk::TopicZnode& existing, const Brokers& brokers) {
  const auto first = existing.replicas.find(0);
  if (first == existing.replicas.end() || first->second.empty()) {
    return refuse("Unexpected existing replica assignment for topic '" + topic +
                  "', partition id 0 is missing.");
  }
  const auto old_count = static_cast<int32_t>(existing.replicas.size());
  if (*asked.partitions <= old_count) {
    return Error{Errc::invalid_partitions,
                 "The number of partitions for a topic can only be increased. Topic " + topic +
                     " currently has " + std::to_string(old_count) + " partitions, " +
                     std::to_string(*asked.partitions) + " would not be an increase."};
  }
  const size_t factor = first->second.size();
  if (asked.assignment && asked.assignment->size() > existing.replicas.size()) {
    auto given = numbered(*asked.assignment, existing.replicas.size());
    auto good = admin::check_assignment(given, factor, ids_of(brokers));
    if (!good) return good.error();
    return given;
  }
  const auto leader = std::ranges::find_if(brokers, [&](const admin::Candidate& broker) {
    return broker.id.value() >= first->second.front().value();
  });
  const size_t start = leader == brokers.end() ? 0 : static_cast<size_t>(leader - brokers.begin());
  return admin::assign_to_racks(
      brokers, *asked.partitions - old_count, static_cast<int32_t>(factor),
      {.first_partition = old_count, .first_broker = start, .first_shift = start});
}

Result<void> add_partitions(Session& session, const std::string& topic,
                            const TopicArguments& asked) {
  if (is_internal_topic(topic)) {
    return refuse("The number of partitions for the internal topic " + topic +
                  " cannot be changed.");
  }
  std::cout << "WARNING: If partitions are increased for a topic that has a key, the partition "
               "logic or ordering of the messages will be affected\n";
  auto existing = zookeeper::topic(session, topic);
  if (!existing) return existing.error();
  if (!*existing) {
    return Error{Errc::invalid_topic_exception, "The topic " + topic + " does not exist"};
  }
  auto brokers = candidates(session, true);
  if (!brokers) return brokers.error();
  zk::TopicZnode znode = std::move(**existing);
  auto added = plan_growth(topic, asked, znode, *brokers);
  if (!added) return added.error();
  znode.replicas.insert(added->begin(), added->end());
  const std::string path = zk::topic_path(topic);
  auto set = session.wait(session.client().set(path, znode.encode(), zk::k_any_version));
  if (!set) return admin::zk_error(set.code, path);
  std::cout << "Adding partitions succeeded!\n";
  return ok();
}

Result<void> alter_topics(Session& session, const cli::Options& options) {
  auto all = zookeeper::topics(session);
  if (!all) return all.error();
  auto asked = parse_topic_arguments(options);
  if (!asked) return asked.error();
  auto names = select_topics(*all, options, !options.has("if-exists"));
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (options.has("config") || options.has("delete-config")) {
      if (auto altered = alter_configs(session, name, *asked); !altered) return altered;
    }
    if (asked->partitions) {
      if (auto added = add_partitions(session, name, *asked); !added) return added;
    }
  }
  return ok();
}

std::vector<int32_t> numbers_of(const std::vector<BrokerId>& ids) {
  std::vector<int32_t> numbers;
  for (const BrokerId id : ids) numbers.push_back(id.value());
  return numbers;
}

Result<TopicDescription> describe(Session& session, const std::string& topic,
                                  const zk::TopicZnode& znode) {
  TopicDescription description{.name = topic};
  auto states = zookeeper::partition_states(session, topic, znode);
  if (!states) return states.error();
  for (const auto& [index, replicas] : znode.replicas) {
    PartitionDescription& partition = description.partitions.emplace_back();
    partition.partition = index;
    partition.replicas = numbers_of(replicas);
    const auto state = states->find(index);
    if (state == states->end()) continue;
    if (state->second.leader != k_no_broker) partition.leader = state->second.leader.value();
    partition.isr = numbers_of(state->second.isr);
  }
  admin::Configs store{session.client()};
  auto configs = session.run(store.read("topics/" + topic));
  if (!configs) return configs.error();
  std::vector<std::string> names;
  for (const auto& [key, value] : *configs) names.push_back(key);
  for (const auto& key : in_java_order(names, hash_map_buckets(names.size()))) {
    description.configs.push_back(key + "=" + configs->at(key));
  }
  return description;
}

Result<void> describe_topics(Session& session, const cli::Options& options) {
  auto names = chosen_topics(session, options, !options.has("if-exists"));
  if (!names) return names.error();
  auto brokers = zookeeper::brokers(session);
  if (!brokers) return brokers.error();
  auto marked = zookeeper::marked_for_deletion(session);
  if (!marked) return marked.error();
  std::set<int32_t> live;
  for (const BrokerId id : ids_of(*brokers)) live.insert(id.value());
  for (const std::string& name : *names) {
    auto znode = zookeeper::topic(session, name);
    if (!znode) return znode.error();
    if (!*znode) {
      std::cout << "Topic " << name << " doesn't exist!\n";
      continue;
    }
    auto description = describe(session, name, **znode);
    if (!description) return description.error();
    description->marked_for_deletion = marked->contains(name);
    std::cout << format_description(*description, options, live);
  }
  return ok();
}

Result<void> delete_topics(Session& session, const cli::Options& options) {
  auto names = chosen_topics(session, options, !options.has("if-exists"));
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (is_internal_topic(name)) {
      return refuse("Topic " + name +
                    " is a kafka internal topic and is not allowed to be marked for deletion.");
    }
    auto marked = session.wait(
        session.client().create(zk::delete_topic_path(name), {}, zk::CreateMode::persistent));
    if (marked.code == zk::ZkCode::node_exists) {
      std::cout << "Topic " << name << " is already marked for deletion.\n";
      continue;
    }
    if (!marked) return refuse("Error while deleting topic " + name);
    std::cout << "Topic " << name
              << " is marked for deletion.\n"
                 "Note: This will have no impact if delete.topic.enable is not set to true.\n";
  }
  return ok();
}

}  // namespace

Result<void> topics_with_zookeeper(const cli::Options& options) {
  auto session = Session::open(options.text("zookeeper"));
  if (!session) return session.error();
  if (options.has("create")) return create_topic(**session, options);
  if (options.has("alter")) return alter_topics(**session, options);
  if (options.has("list")) return list_topics(**session, options);
  if (options.has("describe")) return describe_topics(**session, options);
  return delete_topics(**session, options);
}

}  // namespace samsa::tools
