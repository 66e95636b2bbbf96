// What comes and goes without a member's asking: partitions led here, expired offsets, deleted
// topics.

#include <set>

#include "base/file.h"
#include "group/coordinator_act.h"
#include "group/records/log_replay.h"

namespace samsa::group {

void Coordinator::on_leadership(const TopicPartition& tp, bool is_leader, LeaderEpoch epoch) {
  if (tp.topic != k_offsets_topic || !is_active_) return;
  const auto index = static_cast<size_t>(tp.partition);
  if (index >= homes_.size()) {
    LOG(ERROR) << tp << " lies beyond the " << homes_.size()
               << " partitions that this broker started with; its groups are not served";
    return;
  }
  Home& home = *homes_[index];
  if (!is_leader) {
    if (auto groups = home.close(epoch); groups && !groups->empty())
      background_.post([this, moved = std::move(*groups)]() mutable { unload(std::move(moved)); });
    return;
  }
  if (const auto number = home.begin_load(epoch))
    background_.post([this, partition = tp.partition, number] { load(partition, *number); });
}

void Coordinator::load(int32_t partition, uint64_t number) {
  if (!is_active_) return;
  const auto start = clock_.steady();
  auto groups = read_groups(partition, number);
  if (!groups) {
    // As Kafka: better an empty home than members that no broker answers.
    LOG(ERROR) << "groups could not be read from " << k_offsets_topic << '-' << partition << ": "
               << groups.error();
    groups = Groups{};
  }
  const auto loaded = *groups;
  if (!homes_[static_cast<size_t>(partition)]->finish_load(number, std::move(*groups))) return;
  for (const auto& [id, group] : loaded) act(group, [](Group&, Now, Orders&) {});
  const auto took = std::chrono::duration_cast<milliseconds>(clock_.steady() - start);
  LOG(INFO) << "[GroupMetadataManager brokerId=" << options_.broker_id << "] Finished loading "
            << loaded.size() << " groups from " << k_offsets_topic << '-' << partition << " in "
            << took.count() << " milliseconds.";
}

Result<Groups> Coordinator::read_groups(int32_t partition, uint64_t number) {
  const auto held = partitions_.find(k_offsets_topic, partition);
  const auto log = held ? held->log() : nullptr;
  if (!log) return Errc::not_leader_or_follower;
  LogReplay replay;
  Bytes buffer;
  const auto& home = *homes_[static_cast<size_t>(partition)];
  for (Offset at = log->log_start_offset();
       at < log->log_end_offset() && home.is_loading(number);) {
    auto slice = log->read(at, options_.load_buffer_bytes, log::Isolation::log_end, true);
    if (!slice) return slice.error();
    if (!slice->file || slice->length == 0) break;
    buffer.resize(static_cast<size_t>(slice->length));
    auto got = read_at(slice->file->fd(), buffer, slice->position, slice->file->opened_as());
    if (!got) return got.error();
    const Offset before = at;
    auto walked =
        record::for_each_batch(BytesView(buffer).substr(0, *got), [&](record::BatchView batch) {
          replay.apply(batch);
          at = batch.next_offset();
        });
    if (!walked) return walked.error();
    if (at <= before) break;
  }
  if (replay.skipped() > 0)
    LOG(ERROR) << replay.skipped() << " records of " << k_offsets_topic << '-' << partition
               << " could not be read; the last one: " << replay.last_reason();
  Groups groups;
  for (auto& [id, loaded] : replay.take()) {
    Orders orders;
    Group core = loaded.generation ? Group::restore(id, options_.limits,
                                                    std::move(*loaded.generation), now(), orders)
                                   : Group(id, options_.limits, now());
    core.offsets().load(std::move(loaded.offsets), std::move(loaded.open_transactions));
    groups.emplace(id, std::make_shared<ActiveGroup>(partition, std::move(core)));
  }
  return groups;
}

void Coordinator::unload(Groups groups) {
  for (const auto& [id, group] : groups) {
    act(group, [](Group& core, Now, Orders& orders) { core.die(orders); });
    std::scoped_lock hold(group->mutex);
    runtime::EventLoop::cancel(group->timer);
  }
  if (!groups.empty())
    LOG(INFO) << "[GroupMetadataManager brokerId=" << options_.broker_id << "] Finished unloading "
              << groups.size() << " groups.";
}

// Takes offsets out of the group, and the group out of its home when nothing is left of it, and
// writes that down.
void Coordinator::clean(const GroupPtr& group,
                        const std::function<std::vector<TopicPartition>(Group&)>& take_out,
                        size_t& offsets_removed) {
  bool is_dead = false;
  {
    std::scoped_lock hold(group->mutex);
    Group& core = group->core;
    const bool was_dead = core.state() == State::dead;
    const auto removed = take_out(core);
    Orders nobody_waits;
    if (core.is_useless()) core.die(nobody_waits);
    is_dead = core.state() == State::dead && !was_dead;
    if (!log_.is_led_here(group->home)) return;
    // A group of generation 0 has no record to delete.
    auto written = log_.append_tombstones(group->home, core.id(), removed,
                                          is_dead && core.generation() > 0, now().wall_ms);
    if (!written)
      LOG(ERROR) << "deleted offsets of group " << core.id()
                 << " could not be written: " << written.error();
    offsets_removed += removed.size();
  }
  if (is_dead) homes_[static_cast<size_t>(group->home)]->erase(group);
}

void Coordinator::expire_offsets() {
  if (!is_active_) return;
  const int64_t now_ms = clock_.wall_ms();
  size_t removed = 0;
  for (const auto& group : all_groups())
    clean(
        group, [&](Group& core) { return core.expire_offsets(now_ms, options_.retention_ms); },
        removed);
  if (removed > 0)
    LOG(INFO) << "[GroupMetadataManager brokerId=" << options_.broker_id << "] Removed " << removed
              << " expired offsets.";
}

void Coordinator::schedule_expiry() {
  timers_.call_after(milliseconds(options_.retention_check_interval_ms), [this] {
    if (!is_active_) return;
    background_.post([this] { expire_offsets(); });
    schedule_expiry();
  });
}

void Coordinator::on_partitions_deleted(const std::vector<TopicPartition>& partitions) {
  if (!is_active_) return;
  background_.post([this, gone = std::set(partitions.begin(), partitions.end())] {
    size_t removed = 0;
    for (const auto& group : all_groups())
      clean(
          group,
          [&](Group& core) {
            return core.offsets().remove_if(
                [&gone](const TopicPartition& tp) { return gone.contains(tp); });
          },
          removed);
    if (removed > 0)
      LOG(INFO) << "[GroupCoordinator " << options_.broker_id << "]: Removed " << removed
                << " offsets associated with deleted partitions.";
  });
}

}  // namespace samsa::group
