// What the controller orders: LeaderAndIsr (4), StopReplica (5), UpdateMetadata (6). Orders of a
// deposed controller and orders meant for this broker's former life are refused.

#include "api/cluster_orders.h"

#include <glog/logging.h>

#include <set>
#include <thread>

#include "admin/configs.h"
#include "api/handlers.h"
#include "api/lookup.h"
#include "base/parallel.h"
#include "protocol/messages/leader_and_isr.h"
#include "protocol/messages/stop_replica.h"
#include "protocol/messages/update_metadata.h"
#include "replica/internal_topic_listener.h"
#include "replica/log_mover.h"

namespace samsa::api {
namespace {

using protocol::LeaderAndIsrRequest;
using protocol::StopReplicaRequest;
using protocol::UpdateMetadataRequest;

std::vector<BrokerId> broker_ids(const std::vector<int32_t>& raw) {
  std::vector<BrokerId> ids;
  for (const int32_t id : raw) ids.emplace_back(id);
  return ids;
}

void tell_coordinators(Services& services, const replica::PartitionTable::Change& change) {
  if (!change.partition || !is_internal_topic(change.partition->tp().topic)) return;
  for (auto* listener : services.internal_topic_listeners)
    listener->on_leadership(change.partition->tp(), change.became_leader, change.leader_epoch);
}

replica::LeadershipOrder order_of(const LeaderAndIsrRequest::LeaderAndIsrPartitionState& state) {
  return {.controller_epoch = ControllerEpoch{state.controller_epoch},
          .leader = BrokerId{state.leader},
          .leader_epoch = LeaderEpoch{state.leader_epoch},
          .isr = broker_ids(state.isr),
          .replicas = broker_ids(state.replicas),
          .zk_version = ZkVersion{state.zk_version},
          .is_new = state.is_new};
}

metadata::Broker broker_of(const UpdateMetadataRequest::UpdateMetadataBroker& live,
                           int16_t version) {
  metadata::Broker broker{.id = BrokerId{live.id}, .rack = live.rack};
  if (version == 0) broker.endpoints["PLAINTEXT"] = {.host = live.v0_host, .port = live.v0_port};
  for (const auto& endpoint : live.endpoints) {
    const std::string listener = endpoint.listener.empty() ? "PLAINTEXT" : endpoint.listener;
    broker.endpoints[listener] = {.host = endpoint.host,
                                  .port = endpoint.port,
                                  .security_protocol = endpoint.security_protocol};
  }
  return broker;
}

}  // namespace

Errc OrderFence::admit(int32_t controller_epoch, int64_t order_broker_epoch) {
  std::scoped_lock hold(mutex_);
  if (order_broker_epoch != -1 && order_broker_epoch < broker_epoch_)
    return Errc::stale_broker_epoch;
  if (controller_epoch < controller_epoch_) return Errc::stale_controller_epoch;
  controller_epoch_ = controller_epoch;
  return Errc::none;
}

namespace {

// Whether the order is not to be obeyed; then the response says why.
template <class Request, class Response>
bool refuse(Services& services, const Request& request, Response& response) {
  const Errc why = services.fence.admit(request.controller_epoch, request.broker_epoch);
  response.error_code = static_cast<int16_t>(why);
  return why != Errc::none;
}

// Reads the settings of all topics that an order names before any of their logs is made or used.
Task<void> read_topic_settings(Services& services, std::set<std::string> topics) {
  for (const auto& topic : topics) {
    auto settings = co_await services.configs.read("topics/" + topic);
    if (settings) {
      services.apply_topic_settings(topic, *settings);
    } else {
      LOG(ERROR) << "the settings of topic " << topic << " could not be read: " << settings.error();
    }
  }
}

struct Order {
  TopicPartition tp;
  replica::LeadershipOrder leadership;
};

// So many take long enough, each making files, to be worth more than one thread, and to be kept off
// the event loop that other connections wait for.
constexpr size_t k_many_orders = 32;

std::vector<Errc> obey(Services& services, const std::vector<Order>& orders) {
  const size_t threads =
      orders.size() < k_many_orders ? 1 : std::max(1U, std::thread::hardware_concurrency());
  std::vector<Result<replica::PartitionTable::Change>> changes(orders.size(), Errc::none);
  std::scoped_lock one_order_at_a_time(services.fence.order_mutex());
  in_parallel(threads, orders.size(), [&](size_t i) {
    changes[i] = services.partitions.apply(orders[i].tp, orders[i].leadership);
  });
  std::vector<Errc> outcomes;
  for (const auto& change : changes) {
    outcomes.push_back(change ? Errc::none : change.error().code);
    if (!change) continue;
    tell_coordinators(services, *change);
    services.log_mover.resume(change->partition->tp());
  }
  return outcomes;
}

}  // namespace

Task<protocol::LeaderAndIsrResponse> leader_and_isr(RequestContext& context,
                                                    LeaderAndIsrRequest request) {
  protocol::LeaderAndIsrResponse response;
  auto& services = context.services;
  if (refuse(services, request, response)) co_return response;
  std::set<std::string> topics;
  for (const auto& state : request.ungrouped_partition_states) topics.insert(state.topic_name);
  for (const auto& topic : request.topic_states) topics.insert(topic.topic_name);
  co_await read_topic_settings(services, std::move(topics));
  std::vector<Order> orders;
  for (const auto& state : request.ungrouped_partition_states)
    orders.push_back({{state.topic_name, state.partition_index}, order_of(state)});
  for (const auto& topic : request.topic_states)
    for (const auto& state : topic.partition_states)
      orders.push_back({{topic.topic_name, state.partition_index}, order_of(state)});
  std::vector<Errc> outcomes;
  if (orders.size() < k_many_orders) {
    outcomes = obey(services, orders);
  } else {
    auto obeying = services.workers.run([&] { return obey(services, orders); });
    outcomes = co_await std::move(obeying);
  }
  for (size_t i = 0; i < orders.size(); ++i)
    response.partition_errors.push_back({.topic_name = orders[i].tp.topic,
                                         .partition_index = orders[i].tp.partition,
                                         .error_code = static_cast<int16_t>(outcomes[i])});
  co_return response;
}

Task<protocol::StopReplicaResponse> stop_replica(RequestContext& context,
                                                 StopReplicaRequest request) {
  protocol::StopReplicaResponse response;
  auto& services = context.services;
  if (refuse(services, request, response)) co_return response;
  std::scoped_lock one_order_at_a_time(services.fence.order_mutex());
  const auto stop = [&](const std::string& topic, int32_t index, LeaderEpoch epoch, bool remove) {
    auto change = services.partitions.stop({topic, index}, epoch, remove);
    const Errc outcome = change ? Errc::none : change.error().code;
    response.partition_errors.push_back({.topic_name = topic,
                                         .partition_index = index,
                                         .error_code = static_cast<int16_t>(outcome)});
    if (change) tell_coordinators(services, *change);
  };
  for (const auto& one : request.ungrouped_partitions)
    stop(one.topic_name, one.partition_index, k_no_leader_epoch, request.delete_partitions);
  for (const auto& topic : request.topics)
    for (const int32_t index : topic.partition_indexes)
      stop(topic.name, index, k_no_leader_epoch, request.delete_partitions);
  for (const auto& topic : request.topic_states)
    for (const auto& state : topic.partition_states)
      stop(topic.topic_name, state.partition_index, LeaderEpoch{state.leader_epoch},
           state.delete_partition);
  co_return response;
}

Task<protocol::UpdateMetadataResponse> update_metadata(RequestContext& context,
                                                       UpdateMetadataRequest request) {
  protocol::UpdateMetadataResponse response;
  auto& services = context.services;
  if (refuse(services, request, response)) co_return response;
  metadata::Update update;
  if (request.controller_id >= 0) update.controller = BrokerId{request.controller_id};
  for (const auto& live : request.live_brokers)
    update.brokers.push_back(broker_of(live, context.api_version));
  const auto add = [&](const std::string& topic, const auto& state) {
    update.partitions.push_back({TopicPartition{topic, state.partition_index},
                                 {.controller_epoch = ControllerEpoch{state.controller_epoch},
                                  .leader = BrokerId{state.leader},
                                  .leader_epoch = LeaderEpoch{state.leader_epoch},
                                  .isr = broker_ids(state.isr),
                                  .zk_version = ZkVersion{state.zk_version},
                                  .replicas = broker_ids(state.replicas),
                                  .offline_replicas = broker_ids(state.offline_replicas)}});
  };
  for (const auto& state : request.ungrouped_partition_states) add(state.topic_name, state);
  for (const auto& topic : request.topic_states)
    for (const auto& state : topic.partition_states) add(topic.topic_name, state);
  const auto gone = services.metadata.apply(update);
  if (!gone.empty())
    for (auto* listener : services.internal_topic_listeners) listener->on_partitions_deleted(gone);
  co_return response;
}

}  // namespace samsa::api
