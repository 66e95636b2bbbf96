// Log directories that fail on brokers that live on (KIP-112): such a broker leaves a notification
// in ZooKeeper, and answers KAFKA_STORAGE_ERROR for each replica when it is told of it again.

#include <glog/logging.h>

#include <algorithm>

#include "controller/controller.h"
#include "controller/guarded_writes.h"
#include "zk/schema/brokers.h"

namespace samsa::controller {

using runtime::Task;
using zk::Op;

zk::ZkFuture<std::vector<std::string>> Controller::log_dir_events() {
  return zookeeper_.children(std::string(zk::k_log_dir_events_path), true);
}

Task<void> Controller::remove_log_dir_events(std::vector<std::string> names) {
  std::vector<Op> removals;
  for (const auto& name : names)
    removals.push_back(Op::remove(std::string(zk::k_log_dir_events_path) + '/' + name));
  co_await write_guarded(zookeeper_, epoch_check(), std::move(removals));
}

Task<void> Controller::log_dirs_changed() {
  if (!active_) co_return;
  const auto names = co_await log_dir_events().wait();
  if (!names || names.value.empty()) co_return;
  std::vector<zk::ZkFuture<zk::Data>> reads;
  for (const auto& name : names.value)
    reads.push_back(zookeeper_.get(std::string(zk::k_log_dir_events_path) + '/' + name, false));
  std::set<BrokerId> brokers;
  for (size_t i = 0; i < reads.size(); ++i) {
    const auto data = co_await reads[i].wait();
    if (!data) continue;
    const auto broker = zk::decode_log_dir_event(data.value.data);
    if (broker) {
      brokers.insert(*broker);
    } else {
      LOG(ERROR) << zk::k_log_dir_events_path << '/' << names.value[i] << ": " << broker.error();
    }
  }
  for (const BrokerId id : brokers) {
    LOG(INFO) << "[Controller id=" << options_.broker_id
              << "] Handling log directory failure for brokers " << id;
    std::vector<StateWrite> theirs;
    for (const auto& tp : context_.partitions_on(id))
      if (const auto known = context_.leaderships.find(tp); known != context_.leaderships.end())
        theirs.push_back({tp, known->second});
    order_leadership(theirs, id);
  }
  co_await remove_log_dir_events(names.value);
}

void Controller::on_led(BrokerId broker, const protocol::LeaderAndIsrResponse& response) {
  std::vector<TopicPartition> online, offline;
  for (const auto& answer : response.partition_errors) {
    const TopicPartition tp{answer.topic_name, answer.partition_index};
    if (static_cast<Errc>(answer.error_code) == Errc::kafka_storage_error) offline.push_back(tp);
    if (static_cast<Errc>(answer.error_code) == Errc::none) online.push_back(tp);
  }
  // Most brokers never lose a directory.
  if (offline.empty() && !context_.on_offline_dirs.contains(broker)) return;
  enqueue([this, broker, online = std::move(online), offline = std::move(offline)] {
    return replicas_answered(broker, online, offline);
  });
}

Task<void> Controller::replicas_answered(BrokerId broker, std::vector<TopicPartition> online,
                                         std::vector<TopicPartition> offline) {
  if (!active_ || !context_.is_live(broker)) co_return;
  const auto gone = context_.note_offline(broker, online, offline);
  if (gone.empty()) co_return;
  for (const auto& tp : gone)
    LOG(WARNING) << "[Controller id=" << options_.broker_id << "] the replica of " << tp
                 << " on broker " << broker << " is offline: its log directory has failed";
  std::vector<std::pair<TopicPartition, BrokerId>> replicas;
  for (const auto& tp : gone)
    if (!context_.deleting.contains(tp.topic)) replicas.emplace_back(tp, broker);
  co_await shrink_isr(std::move(replicas));
  co_await elect_missing();
  if (active_) order_metadata(gone, live_ids());
}

}  // namespace samsa::controller
