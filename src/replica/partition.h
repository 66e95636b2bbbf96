#pragma once
// One partition on this broker: who leads it, which replicas are in sync, how far it is committed;
// and its log.
//
// Lock order: the gate for changes, Partition, then Log. Partition's lock is never held across a
// wait or a wake-up. Any thread.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "base/types.h"
#include "log/log.h"
#include "replica/fetch_session.h"
#include "replica/waiters.h"

namespace samsa::replica {

// A partition's leadership as the controller orders it with LeaderAndIsr.
struct LeadershipOrder {
  ControllerEpoch controller_epoch;
  BrokerId leader = k_no_broker;
  LeaderEpoch leader_epoch = k_no_leader_epoch;
  std::vector<BrokerId> isr;
  std::vector<BrokerId> replicas;
  ZkVersion zk_version{-1};
  bool is_new = false;
};

struct Appended {
  log::AppendInfo info;
  // What the high watermark must reach before the append counts as replicated.
  Offset required_offset = k_no_offset;
};

struct ReadRules {
  bool from_follower =
      false;  // a replica's fetch: up to the log's end, and it tells how far the replica is
  BrokerId follower = k_no_broker;
  bool leader_only = true;
  log::Isolation isolation = log::Isolation::high_watermark;
  int32_t max_bytes = 0;
  bool min_one_message = false;
  // Fetch 3 on: a batch that does not fit is left out rather than cut.
  bool drop_incomplete = true;
};

struct Read {
  log::ReadSlice slice;
  // The epoch and end offset where the follower's log parts from ours (KIP-595); then there are no
  // records.
  std::optional<log::EpochEndOffset> diverging;
};

class Partition {
 public:
  Partition(TopicPartition tp, BrokerId self) : tp_(std::move(tp)), self_(self) {}

  const TopicPartition& tp() const { return tp_; }
  Waiters& waiters() { return waiters_; }

  // Take effect for a leader epoch above the known one; the caller has checked that. True when this
  // broker was not the leader (the follower) before.
  bool become_leader(const LeadershipOrder& order, std::shared_ptr<log::Log> log);
  bool become_follower(const LeadershipOrder& order, std::shared_ptr<log::Log> log);
  // Another log takes the place of this one: what `replacement` makes of it while nobody changes
  // it through this partition. With an error the log stays; NOT_LEADER_OR_FOLLOWER without one.
  using Replacement =
      std::function<Result<std::shared_ptr<log::Log>>(const std::shared_ptr<log::Log>&)>;
  Result<void> replace_log(const Replacement& replacement);
  // While it is held, no other log takes the place of this one.
  [[nodiscard]] std::shared_lock<std::shared_mutex> keep_log();
  // While it is held, nobody else changes this log or its copy.
  [[nodiscard]] std::unique_lock<std::shared_mutex> change_alone();
  // The replica leaves this broker: every use answers NOT_LEADER_OR_FOLLOWER from now on.
  std::shared_ptr<log::Log> retire();

  LeaderEpoch leader_epoch() const;
  BrokerId leader() const;
  bool is_leader() const;
  std::vector<BrokerId> isr() const;
  std::vector<BrokerId> replicas() const;
  std::shared_ptr<log::Log> log() const;
  // Whether writes to its log have taken so long lately that no event loop should wait for what
  // needs its locks. Without any of them.
  bool is_on_slow_disk() const;

  // NOT_ENOUGH_REPLICAS when acks are -1 and fewer than min_isr are in sync. For unpack_at_most,
  // and what an append does otherwise, see log::Log. Any thread; appends of two threads come in
  // either order.
  record::Checked<Appended> append(std::span<char> batches, bool needs_min_isr, int32_t min_isr,
                                   log::Origin origin, size_t unpack_at_most = SIZE_MAX);
  Result<Read> read(const FetchPartition& wanted, const ReadRules& rules);
  // Whether an append of this leader epoch is committed; NOT_ENOUGH_REPLICAS_AFTER_APPEND when it
  // is but the ISR fell short.
  Result<bool> is_replicated(Offset required, LeaderEpoch epoch, int32_t min_isr) const;

  Result<std::optional<log::TimestampOffset>> offset_for_timestamp(
      int64_t timestamp_ms, std::optional<log::Isolation> isolation, LeaderEpoch current_epoch,
      bool leader_only) const;
  Result<std::vector<int64_t>> legacy_offsets(int64_t timestamp_ms, int32_t count, bool is_consumer,
                                              bool leader_only) const;
  Result<log::EpochEndOffset> end_offset_for_epoch(LeaderEpoch current_epoch,
                                                   LeaderEpoch epoch) const;
  // DeleteRecords; -1 means up to the high watermark. The low watermark: the smallest log start of
  // all replicas.
  Result<Offset> delete_records(Offset before, bool topic_deletes_by_retention);

 private:
  // The log, when the epoch and the role allow the use.
  Result<std::shared_ptr<log::Log>> usable_log(LeaderEpoch current_epoch, bool leader_only) const;
  // With the lock held: moves the high watermark to what all in-sync replicas have. Whether it
  // moved.
  bool advance_high_watermark();
  void note_follower(BrokerId follower, Offset fetched_to);

  const TopicPartition tp_;
  const BrokerId self_;
  Waiters waiters_;
  // Held shared by those who change the log, so that nothing can be written to it when its copy has
  // taken its place. The turnstile lets them not keep the one out who waits for it alone.
  std::shared_mutex change_mutex_;
  std::mutex turnstile_;
  std::atomic<bool> is_replacing_{false};

  std::atomic<const log::DiskPace*> pace_{nullptr};  // of the log's directory, which outlives it

  mutable std::mutex mutex_;
  std::shared_ptr<log::Log> log_;
  LeadershipOrder order_;
  Offset leader_epoch_start_ = k_no_offset;
  std::map<BrokerId, Offset>
      follower_ends_;  // log end of each follower as its last fetch told; leader only
};

}  // namespace samsa::replica
