// The controller's work on partitions: who leads, in ZooKeeper first and then at the brokers.

#include <glog/logging.h>

#include <algorithm>

#include "controller/controller.h"
#include "controller/core/election.h"
#include "controller/guarded_writes.h"
#include "zk/schema/topics.h"

namespace samsa::controller {

using runtime::Task;
using zk::Op;
using zk::ZkCode;

namespace {

zk::PartitionStateZnode znode_of(const Leadership& leadership) {
  return {.controller_epoch = leadership.controller_epoch,
          .leader = leadership.leader,
          .leader_epoch = leadership.leader_epoch,
          .isr = leadership.isr};
}

}  // namespace

void Controller::try_elections_again() {
  enqueue([this] { return elect_missing(); });
}

// Of the topics with a partition that no replica in sync can lead.
Task<std::set<std::string>> Controller::topics_allowing_unclean() {
  std::set<std::string> stuck, allowed;
  if (!options_.unclean_election_allowed) co_return allowed;
  for (const auto& [tp, leadership] : context_.leaderships) {
    const Replicas* replicas = context_.replicas(tp);
    if (replicas == nullptr || context_.is_online(tp, leadership.leader)) continue;
    const auto next = elect_offline(context_, tp, *replicas, leadership, false);
    if (next.leader == k_no_broker) stuck.insert(tp.topic);
  }
  for (const auto& topic : stuck)
    if (co_await options_.unclean_election_allowed(topic)) allowed.insert(topic);
  co_return allowed;
}

// A new partition gets its first leader; one whose leader is not online gets another.
Task<void> Controller::elect_missing() {
  if (!active_) co_return;
  const auto allows_unclean = co_await topics_allowing_unclean();
  if (!active_) co_return;
  std::vector<StateWrite> writes;
  for (const auto& [topic, partitions] : context_.assignments) {
    if (context_.deleting.contains(topic)) continue;
    for (const auto& [index, replicas] : partitions) {
      const TopicPartition tp{topic, index};
      const auto known = context_.leaderships.find(tp);
      if (known == context_.leaderships.end()) {
        if (auto first = elect_first(context_, tp, replicas))
          writes.push_back({tp, std::move(*first), true});
      } else if (!context_.is_online(tp, known->second.leader)) {
        auto next =
            elect_offline(context_, tp, replicas, known->second, allows_unclean.contains(topic));
        if (next.leader != known->second.leader) writes.push_back({tp, std::move(next)});
      }
    }
  }
  if (writes.empty()) co_return;
  order_leadership(co_await write_states(std::move(writes)));
}

Task<std::vector<Controller::StateWrite>> Controller::write_states(std::vector<StateWrite> writes) {
  std::vector<StateWrite> written;
  std::vector<Op> ops;
  std::set<std::string> new_in;
  for (const auto& write : writes)
    if (write.is_new && new_in.insert(write.tp.topic).second)
      ops.push_back(Op::create(zk::partitions_path(write.tp.topic), {}));
  for (const auto& write : writes)
    if (write.is_new) ops.push_back(Op::create(zk::partition_path(write.tp), {}));
  const size_t parents = ops.size();  // it is fine when they exist already
  for (const auto& write : writes) {
    const std::string path = zk::partition_state_path(write.tp);
    const Bytes state = znode_of(write.leadership).encode();
    ops.push_back(write.is_new ? Op::create(path, state)
                               : Op::set(path, state, write.leadership.zk_version.value()));
  }
  const auto done = co_await write_guarded(zookeeper_, epoch_check(), std::move(ops));
  if (done.is_fenced) {
    resign();
    co_return written;
  }
  std::vector<StateWrite> unclear;
  std::vector<TopicPartition> to_read;
  for (size_t i = 0; i < writes.size(); ++i) {
    auto& write = writes[i];
    const auto& result = done.results[parents + i];
    if (result.code != ZkCode::ok) {
      LOG(WARNING) << "the state of " << write.tp
                   << " could not be written: " << to_string(result.code);
      to_read.push_back(write.tp);
      unclear.push_back(std::move(write));
      continue;
    }
    write.leadership.zk_version = ZkVersion{write.is_new ? 0 : result.stat.version};
    context_.leaderships[write.tp] = write.leadership;
    written.push_back(std::move(write));
  }
  if (to_read.empty()) co_return written;
  co_await read_states(std::move(to_read));
  bool have_changed = false;
  for (auto& write : unclear) {
    const auto there = context_.leaderships.find(write.tp);
    if (there == context_.leaderships.end()) continue;
    const auto against = std::exchange(write.leadership.zk_version, there->second.zk_version);
    if (write.leadership == there->second)  // only the answer was lost
      written.push_back(std::move(write));
    else
      have_changed = have_changed || against != there->second.zk_version;
  }
  if (have_changed) try_elections_again();
  co_return written;
}

Task<void> Controller::handle_broker_loss(std::vector<BrokerId> gone) {
  std::vector<std::pair<TopicPartition, BrokerId>> replicas;
  for (const BrokerId id : gone)
    for (const auto& tp : context_.partitions_on(id)) replicas.emplace_back(tp, id);
  co_await shrink_isr(std::move(replicas));
}

// Replicas that can't follow any more leave the ISR; a partition that one of them leads has its
// election.
Task<void> Controller::shrink_isr(std::vector<std::pair<TopicPartition, BrokerId>> gone) {
  std::map<TopicPartition, Leadership> smaller;
  for (const auto& [tp, id] : gone) {
    const auto known = context_.leaderships.find(tp);
    if (known == context_.leaderships.end() || known->second.leader == id) continue;
    if (std::ranges::find(known->second.isr, id) == known->second.isr.end()) continue;
    auto& state = smaller.try_emplace(tp, known->second).first->second;
    state = without_replica(context_, state, id);
  }
  std::vector<StateWrite> writes;
  for (auto& [tp, state] : smaller) writes.push_back({tp, std::move(state)});
  if (!writes.empty()) order_leadership(co_await write_states(std::move(writes)));
}

Task<std::vector<TopicPartition>> Controller::hand_over(BrokerId broker) {
  std::vector<StateWrite> writes;
  std::set<TopicPartition> left;
  for (const auto& tp : context_.partitions_on(broker)) {
    const auto known = context_.leaderships.find(tp);
    const Replicas* replicas = context_.replicas(tp);
    if (known == context_.leaderships.end() || replicas->size() < 2) continue;
    if (known->second.leader == broker) {
      auto next = elect_for_shutdown(context_, tp, *replicas, known->second);
      if (next) writes.push_back({tp, std::move(*next)});
      left.insert(tp);
    } else if (std::ranges::find(known->second.isr, broker) != known->second.isr.end()) {
      writes.push_back({tp, without_replica(context_, known->second, broker)});
    }
  }
  if (!writes.empty()) {
    const auto written = co_await write_states(std::move(writes));
    order_leadership(written);
    for (const auto& change : written) left.erase(change.tp);
  }
  co_return std::vector<TopicPartition>(left.begin(), left.end());
}

void Controller::order_leadership(const std::vector<StateWrite>& changes,
                                  std::optional<BrokerId> only_to) {
  using protocol::LeaderAndIsrRequest;
  std::map<BrokerId, std::map<std::string, LeaderAndIsrRequest::LeaderAndIsrTopicState>> orders;
  std::vector<TopicPartition> partitions;
  for (const auto& change : changes) {
    partitions.push_back(change.tp);
    const Replicas* replicas = context_.replicas(change.tp);
    if (replicas == nullptr) continue;
    LeaderAndIsrRequest::LeaderAndIsrPartitionState state{
        .partition_index = change.tp.partition,
        .controller_epoch = change.leadership.controller_epoch.value(),
        .leader = change.leadership.leader.value(),
        .leader_epoch = change.leadership.leader_epoch.value(),
        .zk_version = change.leadership.zk_version.value(),
        .is_new = change.is_new};
    for (const BrokerId id : change.leadership.isr) state.isr.push_back(id.value());
    for (const BrokerId id : *replicas) state.replicas.push_back(id.value());
    for (const BrokerId id : *replicas) {
      if (!context_.is_live(id) || (only_to && id != *only_to)) continue;
      auto& topic = orders[id][change.tp.topic];
      topic.topic_name = change.tp.topic;
      topic.partition_states.push_back(state);
    }
  }
  for (auto& [id, topics] : orders) {
    LeaderAndIsrRequest request{.controller_id = options_.broker_id.value(),
                                .controller_epoch = context_.epoch.value(),
                                .broker_epoch = context_.live.at(id).epoch.value()};
    for (auto& [name, topic] : topics) request.topic_states.push_back(std::move(topic));
    for (const auto& [live_id, live] : context_.live) {
      const auto endpoint = live.broker.endpoints.find(options_.inter_broker_listener);
      if (endpoint != live.broker.endpoints.end())
        request.live_leaders.push_back({.broker_id = live_id.value(),
                                        .host_name = endpoint->second.host,
                                        .port = endpoint->second.port});
    }
    channels_->send(id, std::move(request));
  }
  order_metadata(partitions, live_ids());
}

void Controller::order_metadata(const std::vector<TopicPartition>& partitions,
                                const std::vector<BrokerId>& to) {
  using protocol::UpdateMetadataRequest;
  UpdateMetadataRequest request{.controller_id = options_.broker_id.value(),
                                .controller_epoch = context_.epoch.value()};
  std::map<std::string, UpdateMetadataRequest::UpdateMetadataTopicState> topics;
  for (const auto& tp : partitions) {
    const auto known = context_.leaderships.find(tp);
    const Replicas* replicas = context_.replicas(tp);
    if (known == context_.leaderships.end() || replicas == nullptr) continue;
    auto& topic = topics[tp.topic];
    topic.topic_name = tp.topic;
    auto& state = topic.partition_states.emplace_back();
    state.partition_index = tp.partition;
    state.controller_epoch = known->second.controller_epoch.value();
    state.leader = context_.deleting.contains(tp.topic) ? metadata::k_leader_during_delete.value()
                                                        : known->second.leader.value();
    state.leader_epoch = known->second.leader_epoch.value();
    state.zk_version = known->second.zk_version.value();
    for (const BrokerId id : known->second.isr) state.isr.push_back(id.value());
    for (const BrokerId id : *replicas) {
      state.replicas.push_back(id.value());
      if (!context_.is_online(tp, id)) state.offline_replicas.push_back(id.value());
    }
  }
  for (auto& [name, topic] : topics) request.topic_states.push_back(std::move(topic));
  for (const auto& [id, live] : context_.live) {
    auto& broker = request.live_brokers.emplace_back();
    broker.id = id.value();
    broker.rack = live.broker.rack;
    for (const auto& [listener, endpoint] : live.broker.endpoints)
      broker.endpoints.push_back({.port = endpoint.port,
                                  .host = endpoint.host,
                                  .listener = listener,
                                  .security_protocol = endpoint.security_protocol});
  }
  for (const BrokerId id : to) {
    request.broker_epoch = context_.live.at(id).epoch.value();
    channels_->send(id, request);
  }
}

// What a broker that has just come must know: all of the cluster, and what it leads or follows.
void Controller::order_everything(const std::vector<BrokerId>& to) {
  std::vector<TopicPartition> all;
  for (const auto& [tp, leadership] : context_.leaderships) all.push_back(tp);
  order_metadata(all, to);
  std::vector<StateWrite> theirs;
  for (const auto& [tp, leadership] : context_.leaderships) {
    const Replicas* replicas = context_.replicas(tp);
    if (replicas == nullptr || context_.deleting.contains(tp.topic)) continue;
    if (!context_.is_online(tp, leadership.leader)) continue;  // elect_missing() comes next
    const bool concerns = std::ranges::any_of(
        to, [&](BrokerId id) { return std::ranges::find(*replicas, id) != replicas->end(); });
    if (concerns) theirs.push_back({tp, leadership});
  }
  if (!theirs.empty()) order_leadership(theirs);
}

Task<void> Controller::deletions_changed() {
  if (!active_) co_return;
  const auto asked =
      co_await zookeeper_.children(std::string(zk::k_delete_topics_path), true).wait();
  if (!asked) co_return;
  std::vector<Op> dropped;
  for (const auto& topic : asked.value) {
    const bool known = context_.assignments.contains(topic);
    if (known && options_.delete_topic_enable) {
      if (context_.deleting.insert(topic).second)
        LOG(INFO) << "[Controller id=" << options_.broker_id << "] deleting topic " << topic;
      try_delete(topic);
      continue;
    }
    LOG(WARNING) << "[Controller id=" << options_.broker_id << "] dropped the request to delete "
                 << topic
                 << (known ? ": delete.topic.enable is false" : ": there is no such topic");
    dropped.push_back(Op::remove(zk::delete_topic_path(topic)));
  }
  co_await write_guarded(zookeeper_, epoch_check(), std::move(dropped));
}

// Orders the replicas that are alive and still there to go. Those of dead brokers are removed when
// they are back and find the topic gone, so that one dead broker can't block the name
// (KAFKA-10548).
void Controller::try_delete(const std::string& topic) {
  using protocol::StopReplicaRequest;
  const auto assignment = context_.assignments.find(topic);
  if (assignment == context_.assignments.end()) return;
  std::map<BrokerId, StopReplicaRequest::StopReplicaTopicState> orders;
  std::vector<TopicPartition> partitions;
  for (const auto& [index, replicas] : assignment->second) {
    partitions.push_back({topic, index});
    for (const BrokerId id : replicas) {
      if (!context_.is_live(id) || context_.deleted_on[topic].contains(id)) continue;
      constexpr int32_t k_epoch_during_delete = -2;
      orders[id].topic_name = topic;
      orders[id].partition_states.push_back({.partition_index = index,
                                             .leader_epoch = k_epoch_during_delete,
                                             .delete_partition = true});
    }
  }
  order_metadata(partitions, live_ids());
  if (orders.empty()) {
    enqueue([this, topic] { return finish_deletion(topic); });
    return;
  }
  for (auto& [id, state] : orders) {
    StopReplicaRequest request{.controller_id = options_.broker_id.value(),
                               .controller_epoch = context_.epoch.value(),
                               .broker_epoch = context_.live.at(id).epoch.value()};
    request.topic_states.push_back(std::move(state));
    channels_->send(id, std::move(request));
  }
}

void Controller::on_stopped(BrokerId broker, const protocol::StopReplicaRequest& request,
                            const protocol::StopReplicaResponse& response) {
  for (const auto& state : request.topic_states) {
    if (!context_.deleting.contains(state.topic_name)) continue;
    const bool failed = std::ranges::any_of(response.partition_errors, [&](const auto& error) {
      return error.topic_name == state.topic_name && error.error_code != 0;
    });
    if (failed) {
      LOG(WARNING) << "broker " << broker << " could not delete its replicas of topic "
                   << state.topic_name;
      continue;
    }
    context_.deleted_on[state.topic_name].insert(broker);
    bool done = true;
    for (const auto& [index, replicas] : context_.assignments[state.topic_name])
      for (const BrokerId id : replicas)
        done =
            done && (!context_.is_live(id) || context_.deleted_on[state.topic_name].contains(id));
    if (done) enqueue([this, topic = state.topic_name] { return finish_deletion(topic); });
  }
}

Task<void> Controller::finish_deletion(std::string topic) {
  if (!active_ || !context_.deleting.contains(topic)) co_return;
  std::vector<Op> ops;
  for (const auto& [index, replicas] : context_.assignments[topic]) {
    ops.push_back(Op::remove(zk::partition_state_path({topic, index})));
    ops.push_back(Op::remove(zk::partition_path({topic, index})));
  }
  ops.push_back(Op::remove(zk::partitions_path(topic)));
  ops.push_back(Op::remove(zk::topic_path(topic)));
  ops.push_back(Op::remove("/config/topics/" + topic));
  ops.push_back(Op::remove(zk::delete_topic_path(topic)));
  const auto done = co_await write_guarded(zookeeper_, epoch_check(), ops);
  if (done.is_fenced) {
    resign();
    co_return;
  }
  bool is_expired = false;
  for (size_t i = 0; i < ops.size(); ++i) {
    const ZkCode code = done.results[i].code;
    if (code == ZkCode::ok || code == ZkCode::no_node) continue;
    LOG(WARNING) << ops[i].path << " could not be removed: " << to_string(code);
    is_expired = is_expired || code == ZkCode::session_expired;
  }
  if (is_expired) co_return;  // for the next controller
  context_.forget_topic(topic);
  LOG(INFO) << "[Controller id=" << options_.broker_id << "] topic " << topic << " is deleted";
}

}  // namespace samsa::controller
