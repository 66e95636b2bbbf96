#include "replica/partition_table.h"

#include <glog/logging.h>

#include <algorithm>

#include "base/topic_name.h"
#include "replica/align.h"

namespace samsa::replica {

PartitionTable::PartitionTable(
    BrokerId self, log::LogDirs& logs,
    std::function<std::shared_ptr<const TopicSettings>(const std::string& topic)> settings_of)
    : self_(self), logs_(logs), settings_of_(std::move(settings_of)) {}

std::shared_ptr<Partition> PartitionTable::find(std::string_view topic, int32_t partition) const {
  std::shared_lock hold(mutex_);
  const auto found = by_topic_.find(topic);
  if (found == by_topic_.end()) return nullptr;
  const auto at = found->second.find(partition);
  return at == found->second.end() ? nullptr : at->second;
}

std::vector<std::shared_ptr<Partition>> PartitionTable::all() const {
  std::vector<std::shared_ptr<Partition>> partitions;
  std::shared_lock hold(mutex_);
  for (const auto& [topic, by_index] : by_topic_)
    for (const auto& [index, partition] : by_index) partitions.push_back(partition);
  return partitions;
}

void PartitionTable::put(std::shared_ptr<Partition> partition) {
  std::unique_lock hold(mutex_);
  auto& place = by_topic_[partition->tp().topic][partition->tp().partition];
  place = std::move(partition);
}

void PartitionTable::erase(const TopicPartition& tp) {
  std::unique_lock hold(mutex_);
  const auto found = by_topic_.find(tp.topic);
  if (found == by_topic_.end()) return;
  found->second.erase(tp.partition);
  if (found->second.empty()) by_topic_.erase(found);
}

Result<PartitionTable::Change> PartitionTable::apply(const TopicPartition& tp,
                                                     const LeadershipOrder& order) {
  // Orders may stem from znodes that anybody wrote.
  if (auto valid = validate_topic_name(tp.topic); !valid) return valid.error();
  if (tp.partition < 0) return Errc::unknown_topic_or_partition;
  // Before any epoch: the controller asks whether the replica is still there by telling it what it
  // knows already (KIP-112).
  if (logs_.is_unreachable(tp)) return Errc::kafka_storage_error;
  auto partition = find(tp.topic, tp.partition);
  if (partition && order.leader_epoch <= partition->leader_epoch())
    return Errc::stale_controller_epoch;
  if (std::ranges::find(order.replicas, self_) == order.replicas.end())
    return Errc::unknown_topic_or_partition;
  const auto future = logs_.future(tp);
  std::unique_lock<std::shared_mutex> alone;
  std::shared_lock<std::shared_mutex> kept;
  if (partition && future) alone = partition->change_alone();
  if (partition && !future) kept = partition->keep_log();
  const auto settings = settings_of_(tp.topic);
  auto log = logs_.get_or_create(tp, settings->log, order.is_new);
  if (!log) {
    LOG(ERROR) << "the log of " << tp << " could not be opened: " << log.error();
    return Errc::kafka_storage_error;
  }
  // A change of settings that came while the log was being made has not found it (KAFKA-8813).
  if (const auto now = settings_of_(tp.topic); now != settings) (*log)->update_config(now->log);
  // Before anything is appended in this epoch: what was copied in an earlier life may be longer
  // than what the log has kept of it, and then of the same epoch as what comes now.
  if (future)
    if (auto aligned = align(*future, **log); !aligned)
      LOG(ERROR) << "the copy of " << tp << " could not be cut: " << aligned.error();
  if (!partition) {
    partition = std::make_shared<Partition>(tp, self_);
    put(partition);
  }
  Change change{.partition = partition, .leader_epoch = order.leader_epoch};
  if (order.leader == self_) {
    change.became_leader = partition->become_leader(order, std::move(*log));
  } else {
    change.became_follower = partition->become_follower(order, std::move(*log));
  }
  return change;
}

Result<PartitionTable::Change> PartitionTable::stop(const TopicPartition& tp, LeaderEpoch epoch,
                                                    bool delete_files) {
  constexpr LeaderEpoch k_epoch_during_delete{-2};
  if (logs_.is_unreachable(tp)) return Errc::kafka_storage_error;
  Change change{.leader_epoch = epoch};
  change.partition = find(tp.topic, tp.partition);
  if (change.partition) {
    // Equal epochs count for deletion, too: a cancelled reassignment must not leave a stray replica
    // (KAFKA-13972).
    const bool unfenced = epoch == k_epoch_during_delete || epoch == k_no_leader_epoch;
    const LeaderEpoch known = change.partition->leader_epoch();
    if (!unfenced && (epoch < known || (epoch == known && !delete_files)))
      return Errc::fenced_leader_epoch;
    change.partition->retire();
    if (delete_files) erase(tp);
  }
  if (delete_files) {
    if (auto removed = logs_.remove(tp); !removed) {
      LOG(ERROR) << "the log of " << tp << " could not be removed: " << removed.error();
      return Errc::kafka_storage_error;
    }
  }
  return change;
}

int32_t PartitionTable::min_insync_replicas(const std::string& topic) const {
  return settings_of_(topic)->min_insync_replicas;
}

Result<PartitionTable::Pending> PartitionTable::append(const TopicPartition& tp,
                                                       std::span<char> batches, int16_t acks,
                                                       log::Origin origin) {
  if (acks < -1 || acks > 1) return Errc::invalid_required_acks;
  auto partition = find(tp.topic, tp.partition);
  if (!partition) return Errc::not_leader_or_follower;
  Pending pending{.partition = partition,
                  .epoch = partition->leader_epoch(),
                  .min_isr = min_insync_replicas(tp.topic),
                  .acks = acks};
  auto appended = partition->append(batches, acks == -1, pending.min_isr, origin);
  if (!appended) return appended.error().error;
  pending.first_offset = appended->info.first_offset;
  pending.required_offset = appended->required_offset;
  return pending;
}

Result<bool> PartitionTable::is_done(const Pending& pending) {
  if (pending.acks != -1) return true;
  return pending.partition->is_replicated(pending.required_offset, pending.epoch, pending.min_isr);
}

runtime::Task<Errc> PartitionTable::await(Pending pending, SteadyTime deadline) {
  runtime::Signal signal;
  const uint64_t token = next_waiter_token();
  pending.partition->waiters().add(signal, token);
  Errc outcome = Errc::none;
  for (;;) {
    auto done = is_done(pending);
    if (!done) outcome = done.error().code;
    if (!done || *done) break;
    if (!co_await signal.until(deadline)) {
      outcome = Errc::request_timed_out;
      break;
    }
  }
  pending.partition->waiters().remove(token);
  co_return outcome;
}

}  // namespace samsa::replica
