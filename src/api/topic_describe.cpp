#include "api/topic_describe.h"

#include <glog/logging.h>

#include <algorithm>

#include "admin/topics.h"
#include "api/lookup.h"
#include "config/holder.h"

namespace samsa::api {
namespace {

using metadata::Image;
using protocol::MetadataResponse;
using runtime::Task;

bool has_listener(const Image& image, BrokerId id, const std::string& listener) {
  const auto* broker = image.broker(id);
  return broker != nullptr && broker->endpoints.contains(listener);
}

// Brokers that the client can't reach are left out from version 1 on.
std::vector<int32_t> reachable(const std::vector<BrokerId>& ids, const Image& image,
                               const std::string& listener, bool keep_all) {
  std::vector<int32_t> raw;
  for (const BrokerId id : ids)
    if (keep_all || has_listener(image, id, listener)) raw.push_back(id.value());
  return raw;
}

MetadataResponse::MetadataResponsePartition describe_partition(const RequestContext& context,
                                                               const Image& image, int32_t index,
                                                               const metadata::Partition& known) {
  constexpr int16_t k_knows_listener_error = 6;
  const std::string& listener = context.peer.listener_name;
  const bool errors_for_unavailable = context.api_version == 0;
  MetadataResponse::MetadataResponsePartition partition{.partition_index = index};
  const auto live = [&](const std::vector<BrokerId>& ids) {
    return reachable(ids, image, listener, !errors_for_unavailable);
  };
  partition.replica_nodes = live(known.replicas);
  partition.isr_nodes = live(known.isr);
  for (const BrokerId id : known.replicas)
    if (!has_listener(image, id, listener) ||
        std::ranges::find(known.offline_replicas, id) != known.offline_replicas.end())
      partition.offline_replicas.push_back(id.value());
  Errc error = Errc::none;
  if (!has_listener(image, known.leader, listener)) {
    partition.leader_id = -1;
    partition.leader_epoch = known.leader_epoch.value();
    error = image.broker(known.leader) && context.api_version >= k_knows_listener_error
                ? Errc::listener_not_found
                : Errc::leader_not_available;
  } else {
    partition.leader_id = known.leader.value();
    partition.leader_epoch = known.leader_epoch.value();
    if (errors_for_unavailable && (partition.replica_nodes.size() < known.replicas.size() ||
                                   partition.isr_nodes.size() < known.isr.size()))
      error = Errc::replica_not_available;
  }
  partition.error_code = static_cast<int16_t>(error);
  return partition;
}

// How Kafka's own topics must be made.
admin::NewTopic internal_topic(const config::BrokerConfig& config, const std::string& name) {
  if (name == "__consumer_offsets")
    return {.name = name,
            .partitions = config.offsets_topic_num_partitions,
            .replication_factor = config.offsets_topic_replication_factor,
            .configs = {{"compression.type", "producer"},
                        {"cleanup.policy", "compact"},
                        {"segment.bytes", std::to_string(config.offsets_topic_segment_bytes)}}};
  return {
      .name = name,
      .partitions = config.transaction_state_log_num_partitions,
      .replication_factor = config.transaction_state_log_replication_factor,
      .configs = {{"compression.type", "uncompressed"},
                  {"cleanup.policy", "compact"},
                  {"unclean.leader.election.enable", "false"},
                  {"min.insync.replicas", std::to_string(config.transaction_state_log_min_isr)},
                  {"segment.bytes", std::to_string(config.transaction_state_log_segment_bytes)}}};
}

template <class Condition>
Task<bool> await_image(Services& services, Condition holds, SteadyTime deadline) {
  runtime::Signal changed;
  const auto listening = services.metadata.listen([changed](const Image&) { changed.notify(); });
  while (!holds(*services.metadata.get())) {
    if (!co_await changed.until(deadline)) co_return holds(*services.metadata.get());
  }
  co_return true;
}

}  // namespace

std::optional<MetadataResponse::MetadataResponseTopic> describe_topic(const RequestContext& context,
                                                                      const Image& image,
                                                                      const std::string& name) {
  const auto* known = image.topic(name);
  if (known == nullptr) return std::nullopt;
  MetadataResponse::MetadataResponseTopic topic{.name = name,
                                                .is_internal = is_internal_topic(name)};
  for (const auto& [index, partition] : *known)
    topic.partitions.push_back(describe_partition(context, image, index, partition));
  return topic;
}

Task<Errc> auto_create(RequestContext& context, std::string name) {
  const auto config = context.services.config.current();
  const auto image = context.services.metadata.get();
  const bool is_internal = is_internal_topic(name);
  // Before the controller has told of the cluster, nothing is known of the topics that there are.
  if (image->broker(context.services.broker_id) == nullptr)
    co_return is_internal ? Errc::coordinator_not_available : Errc::leader_not_available;
  admin::NewTopic topic =
      is_internal ? internal_topic(*config, name)
                  : admin::NewTopic{.name = name,
                                    .partitions = config->num_partitions,
                                    .replication_factor = config->default_replication_factor};
  if (is_internal && image->brokers().size() < static_cast<size_t>(topic.replication_factor)) {
    LOG(ERROR) << "Number of alive brokers '" << image->brokers().size()
               << "' does not meet the required replication factor '" << topic.replication_factor
               << "' for the internal topic " << name
               << ". This error can be ignored if the cluster is starting up and not all brokers "
                  "are up yet.";
    co_return Errc::coordinator_not_available;
  }
  auto created = co_await context.services.topics.create(std::move(topic), image, false);
  if (created || created.error().code == Errc::topic_already_exists)
    co_return Errc::leader_not_available;
  co_return created.error().code;
}

Task<bool> await_leaders(Services& services, std::string topic, int32_t partitions,
                         SteadyTime deadline) {
  const auto all_led = [&topic, partitions](const Image& image) {
    const auto* known = image.topic(topic);
    if (known == nullptr || known->size() < static_cast<size_t>(partitions)) return false;
    return std::ranges::all_of(
        *known, [](const auto& entry) { return entry.second.leader != k_no_broker; });
  };
  co_return co_await await_image(services, all_led, deadline);
}

Task<bool> await_leader(Services& services, TopicPartition tp, BrokerId leader,
                        SteadyTime deadline) {
  const auto leads = [&tp, leader](const Image& image) {
    const auto* known = image.partition(tp.topic, tp.partition);
    return known != nullptr && known->leader == leader;
  };
  co_return co_await await_image(services, leads, deadline);
}

Task<bool> await_absence(Services& services, std::string topic, SteadyTime deadline) {
  const auto absent = [&topic](const Image& image) { return image.topic(topic) == nullptr; };
  co_return co_await await_image(services, absent, deadline);
}

}  // namespace samsa::api
