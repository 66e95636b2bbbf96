// kafka-topics through brokers.

#include "tools/commands/topics.h"

#include <algorithm>
#include <iostream>
#include <set>

#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/list_partition_reassignments.h"
#include "tools/client/config_resources.h"
#include "tools/commands/java_order.h"

namespace samsa::tools {

namespace {

using client::Cluster;

Error broker_error(int16_t code, const std::optional<std::string>& message) {
  return {static_cast<Errc>(code), message.value_or("")};
}

Result<std::vector<std::string>> all_topics(Cluster& cluster) {
  auto image = cluster.metadata(std::nullopt, false, cluster.default_deadline());
  if (!image) return image.error();
  std::vector<std::string> names;
  for (const auto& [name, state] : image->topics) names.push_back(name);
  return names;
}

Result<std::vector<std::string>> chosen_topics(Cluster& cluster, const cli::Options& options,
                                               bool must_exist) {
  auto all = all_topics(cluster);
  if (!all) return all.error();
  return select_topics(*all, options, must_exist);
}

Result<protocol::CreateTopicsRequest> create_request(const TopicArguments& asked) {
  if (asked.replication_factor &&
      (*asked.replication_factor < 1 || *asked.replication_factor > INT16_MAX)) {
    return Error{k_refused, "The replication factor must be between 1 and 32767 inclusive"};
  }
  if (asked.partitions && *asked.partitions < 1) {
    return Error{k_refused, "The partitions must be greater than 0"};
  }
  protocol::CreateTopicsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = asked.name;
  topic.num_partitions = asked.partitions.value_or(-1);
  topic.replication_factor = static_cast<int16_t>(asked.replication_factor.value_or(-1));
  for (size_t i = 0; asked.assignment && i < asked.assignment->size(); ++i) {
    auto& entry = topic.assignments.emplace_back();
    entry.partition_index = static_cast<int32_t>(i);
    entry.broker_ids = (*asked.assignment)[i];
  }
  for (const auto& [name, value] : asked.configs) {
    auto& config = topic.configs.emplace_back();
    config.name = name;
    config.value = value;
  }
  return request;
}

Result<void> create_topic(Cluster& cluster, const cli::Options& options) {
  auto asked = parse_topic_arguments(options);
  if (!asked) return asked.error();
  const std::string& name = asked->name;
  warn_of_collisions(name);
  auto request = create_request(*asked);
  if (!request) return request.error();
  request->timeout_ms = static_cast<int32_t>(cluster.options().request_timeout.count());
  auto response = cluster.call_controller<protocol::CreateTopicsRequest>(
      *request, cluster.default_deadline(), [](const protocol::CreateTopicsResponse& answer) {
        return answer.topics.empty() ? Errc::none : static_cast<Errc>(answer.topics[0].error_code);
      });
  if (!response) return response.error();
  for (const auto& topic : response->topics) {
    const Errc code = static_cast<Errc>(topic.error_code);
    if (code == Errc::topic_already_exists && options.has("if-not-exists")) return ok();
    if (code != Errc::none) return broker_error(topic.error_code, topic.error_message);
  }
  std::cout << "Created topic " << name << ".\n";
  return ok();
}

Result<void> list_topics(Cluster& cluster, const cli::Options& options) {
  auto names = chosen_topics(cluster, options, false);
  if (!names) return names.error();
  std::cout << join(*names, "\n") << '\n';
  return ok();
}

Result<void> alter_topic(Cluster& cluster, const cli::Options& options) {
  auto asked = parse_topic_arguments(options);
  if (!asked) return asked.error();
  auto names = chosen_topics(cluster, options, !options.has("if-exists"));
  if (!names) return names.error();
  if (names->empty()) return ok();
  auto image = cluster.metadata(std::set<std::string>(names->begin(), names->end()), false,
                                cluster.default_deadline());
  if (!image) return image.error();
  protocol::CreatePartitionsRequest request;
  request.timeout_ms = static_cast<int32_t>(cluster.options().request_timeout.count());
  for (const std::string& name : *names) {
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.count = asked->partitions.value_or(0);
    topic.assignments.reset();
    if (!asked->assignment) continue;
    topic.assignments.emplace();
    for (size_t i = image->topics[name].partitions.size(); i < asked->assignment->size(); ++i) {
      topic.assignments->emplace_back().broker_ids = (*asked->assignment)[i];
    }
  }
  auto response = cluster.call_controller<protocol::CreatePartitionsRequest>(
      request, cluster.default_deadline(), [](const protocol::CreatePartitionsResponse& answer) {
        return answer.results.empty() ? Errc::none
                                      : static_cast<Errc>(answer.results[0].error_code);
      });
  if (!response) return response.error();
  for (const auto& result : response->results) {
    if (result.error_code != 0) return broker_error(result.error_code, result.error_message);
  }
  return ok();
}

using Reassignment =
    std::decay_t<decltype(protocol::ListPartitionReassignmentsResponse{}.topics[0].partitions[0])>;
using Reassignments = std::map<TopicPartition, Reassignment>;

Result<Reassignments> reassignments_of(Cluster& cluster, const client::ClusterImage& image) {
  protocol::ListPartitionReassignmentsRequest request;
  request.timeout_ms = static_cast<int32_t>(cluster.options().request_timeout.count());
  request.topics.emplace();
  for (const auto& [name, state] : image.topics) {
    auto& topic = request.topics->emplace_back();
    topic.name = name;
    for (const auto& [id, partition] : state.partitions) topic.partition_indexes.push_back(id);
  }
  auto response = cluster.call_controller<protocol::ListPartitionReassignmentsRequest>(
      request, cluster.default_deadline(),
      [](const protocol::ListPartitionReassignmentsResponse& answer) {
        return static_cast<Errc>(answer.error_code);
      });
  const Errc code = response ? static_cast<Errc>(response->error_code) : response.error().code;
  Reassignments found;
  if (code == Errc::unsupported_version || code == Errc::cluster_authorization_failed) {
    return found;
  }
  if (!response) return response.error();
  if (code != Errc::none) return broker_error(response->error_code, response->error_message);
  for (const auto& topic : response->topics) {
    for (const auto& partition : topic.partitions) {
      found[{topic.name, partition.partition_index}] = partition;
    }
  }
  return found;
}

TopicDescription describe(const std::string& name, const client::TopicState& state,
                          const client::ClusterImage& image, const Reassignments& moving) {
  TopicDescription description;
  description.name = name;
  for (const auto& [id, partition] : state.partitions) {
    PartitionDescription& p = description.partitions.emplace_back();
    p.partition = id;
    if (partition.leader >= 0 && image.nodes.count(partition.leader) != 0) {
      p.leader = partition.leader;
    }
    p.replicas = partition.replicas;
    p.isr = partition.isr;
    auto found = moving.find({name, id});
    if (found == moving.end()) continue;
    p.reassigning = true;
    p.adding = found->second.adding_replicas;
    p.removing = found->second.removing_replicas;
  }
  return description;
}

// The overrides in the order in which Java's HashMap holds all entries.
std::vector<std::string> overrides_of(const std::vector<client::ConfigEntry>& entries) {
  std::vector<std::string> names;
  std::map<std::string, std::string> texts;
  for (const client::ConfigEntry& entry : entries) {
    if (entry.is_default()) continue;
    names.push_back(entry.name);
    texts[entry.name] = entry.name + "=" + entry.value.value_or("null");
  }
  std::vector<std::string> ordered;
  for (const auto& name : in_java_order(names, hash_map_buckets(entries.size()))) {
    ordered.push_back(texts[name]);
  }
  return ordered;
}

Result<void> describe_topics(Cluster& cluster, const cli::Options& options) {
  auto names = chosen_topics(cluster, options, !options.has("if-exists"));
  if (!names) return names.error();
  if (names->empty()) return ok();
  auto configs = client::describe_configs(cluster, client::ResourceType::topic, *names, false);
  if (!configs) return configs.error();
  auto image = cluster.metadata(std::set<std::string>(names->begin(), names->end()), false,
                                cluster.default_deadline());
  if (!image) return image.error();
  auto moving = reassignments_of(cluster, *image);
  if (!moving) return moving.error();
  std::set<int32_t> live;
  for (const auto& [id, node] : image->nodes) live.insert(id);
  for (const std::string& name : in_java_order(*names, hash_map_buckets(names->size(), 1))) {
    const client::TopicState& state = image->topics[name];
    if (state.error != Errc::none) return Error{state.error};
    TopicDescription description = describe(name, state, *image, *moving);
    description.configs = overrides_of((*configs)[name]);
    for (const auto& entry : (*configs)[name]) {
      if (entry.name == "min.insync.replicas" && entry.value) {
        description.min_isr = std::atoi(entry.value->c_str());
      }
    }
    std::cout << format_description(description, options, live);
  }
  return ok();
}

Result<void> delete_topics(Cluster& cluster, const cli::Options& options) {
  auto names = chosen_topics(cluster, options, !options.has("if-exists"));
  if (!names) return names.error();
  if (names->empty()) return ok();
  protocol::DeleteTopicsRequest request;
  request.topic_names = *names;
  request.timeout_ms = static_cast<int32_t>(cluster.options().request_timeout.count());
  auto response = cluster.call_controller<protocol::DeleteTopicsRequest>(
      request, cluster.default_deadline(), [](const protocol::DeleteTopicsResponse& answer) {
        return answer.responses.empty() ? Errc::none
                                        : static_cast<Errc>(answer.responses[0].error_code);
      });
  if (!response) return response.error();
  for (const auto& result : response->responses) {
    if (result.error_code != 0) return broker_error(result.error_code, result.error_message);
  }
  return ok();
}

}  // namespace

Result<void> topics_with_brokers(const cli::Options& options) {
  auto cluster = connect_admin(options);
  if (!cluster) return cluster.error();
  if (options.has("create")) return create_topic(**cluster, options);
  if (options.has("alter")) return alter_topic(**cluster, options);
  if (options.has("list")) return list_topics(**cluster, options);
  if (options.has("describe")) return describe_topics(**cluster, options);
  return delete_topics(**cluster, options);
}

}  // namespace samsa::tools
