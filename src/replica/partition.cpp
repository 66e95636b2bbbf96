#include "replica/partition.h"

#include <glog/logging.h>

#include <algorithm>

#include "log/disk_pace.h"

namespace samsa::replica {
namespace {

constexpr int64_t k_latest_timestamp = -1, k_earliest_timestamp = -2;

record::Rejection rejection(Errc code, std::string message = {}) {
  return {.error = Error{code, std::move(message)}};
}

}  // namespace

uint64_t next_waiter_token() {
  static std::atomic<uint64_t> next{1};
  return next++;
}

std::shared_lock<std::shared_mutex> Partition::keep_log() {
  if (is_replacing_) std::scoped_lock behind{turnstile_};
  return std::shared_lock(change_mutex_);
}

std::unique_lock<std::shared_mutex> Partition::change_alone() {
  std::scoped_lock one_at_a_time(turnstile_);
  is_replacing_ = true;
  std::unique_lock alone(change_mutex_);
  is_replacing_ = false;
  return alone;
}

Result<void> Partition::replace_log(const Replacement& replacement) {
  {
    const auto alone = change_alone();
    const auto now = log();
    if (!now) return Errc::not_leader_or_follower;
    auto next = replacement(now);
    if (!next) return next.error();
    std::scoped_lock hold(mutex_);
    if (log_ == now) {
      log_ = std::move(*next);
      pace_ = log_->pace();
    }
  }
  waiters_.wake();
  return ok();
}

bool Partition::become_leader(const LeadershipOrder& order, std::shared_ptr<log::Log> log) {
  bool newly = false;
  {
    std::scoped_lock hold(mutex_);
    newly = order_.leader != self_ || order.leader_epoch != order_.leader_epoch;
    log_ = std::move(log);
    pace_ = log_->pace();
    order_ = order;
    leader_epoch_start_ = log_->log_end_offset();
    follower_ends_.clear();
    if (auto assigned =
            log_->maybe_assign_epoch_start_offset(order.leader_epoch, leader_epoch_start_);
        !assigned)
      LOG(ERROR) << tp_ << ": leader epoch " << order.leader_epoch
                 << " could not be recorded: " << assigned.error();
    advance_high_watermark();
  }
  waiters_.wake();
  return newly;
}

bool Partition::become_follower(const LeadershipOrder& order, std::shared_ptr<log::Log> log) {
  bool newly = false;
  {
    std::scoped_lock hold(mutex_);
    newly = order_.leader != order.leader;
    log_ = std::move(log);
    pace_ = log_ ? log_->pace() : nullptr;
    order_ = order;
    leader_epoch_start_ = k_no_offset;
    follower_ends_.clear();
  }
  waiters_.wake();
  return newly;
}

std::shared_ptr<log::Log> Partition::retire() {
  std::shared_ptr<log::Log> log;
  {
    std::scoped_lock hold(mutex_);
    log = std::exchange(log_, nullptr);
    order_.leader = k_no_broker;
  }
  waiters_.wake();
  return log;
}

LeaderEpoch Partition::leader_epoch() const {
  std::scoped_lock hold(mutex_);
  return order_.leader_epoch;
}

BrokerId Partition::leader() const {
  std::scoped_lock hold(mutex_);
  return order_.leader;
}

bool Partition::is_leader() const { return leader() == self_; }

std::vector<BrokerId> Partition::isr() const {
  std::scoped_lock hold(mutex_);
  return order_.isr;
}

std::vector<BrokerId> Partition::replicas() const {
  std::scoped_lock hold(mutex_);
  return order_.replicas;
}

bool Partition::is_on_slow_disk() const {
  const log::DiskPace* const pace = pace_;
  return pace != nullptr && pace->is_slow();
}

std::shared_ptr<log::Log> Partition::log() const {
  std::scoped_lock hold(mutex_);
  return log_;
}

Result<std::shared_ptr<log::Log>> Partition::usable_log(LeaderEpoch current_epoch,
                                                        bool leader_only) const {
  std::scoped_lock hold(mutex_);
  if (log_ && !log_->is_healthy()) return Errc::kafka_storage_error;
  if (current_epoch != k_no_leader_epoch && current_epoch != order_.leader_epoch)
    return current_epoch < order_.leader_epoch ? Errc::fenced_leader_epoch
                                               : Errc::unknown_leader_epoch;
  if (!log_ || (leader_only && order_.leader != self_)) return Errc::not_leader_or_follower;
  return log_;
}

bool Partition::advance_high_watermark() {
  Offset committed = log_->log_end_offset();
  for (const BrokerId replica : order_.isr) {
    if (replica == self_) continue;
    const auto known = follower_ends_.find(replica);
    committed = std::min(committed, known == follower_ends_.end() ? Offset{0} : known->second);
  }
  return log_->maybe_increment_high_watermark(committed).has_value();
}

void Partition::note_follower(BrokerId follower, Offset fetched_to) {
  bool moved = false;
  {
    std::scoped_lock hold(mutex_);
    if (order_.leader != self_ || !log_) return;
    follower_ends_[follower] = fetched_to;
    moved = advance_high_watermark();
  }
  if (moved) waiters_.wake();
}

record::Checked<Appended> Partition::append(std::span<char> batches, bool needs_min_isr,
                                            int32_t min_isr, log::Origin origin,
                                            size_t unpack_at_most) {
  const auto kept = keep_log();
  std::shared_ptr<log::Log> log;
  LeaderEpoch epoch;
  {
    std::scoped_lock hold(mutex_);
    if (log_ && !log_->is_healthy()) return rejection(Errc::kafka_storage_error);
    if (!log_ || order_.leader != self_) return rejection(Errc::not_leader_or_follower);
    if (needs_min_isr && static_cast<int32_t>(order_.isr.size()) < min_isr)
      return rejection(Errc::not_enough_replicas,
                       "The size of the current ISR " + std::to_string(order_.isr.size()) +
                           " is insufficient to satisfy the min.isr requirement of " +
                           std::to_string(min_isr) + " for partition " + tp_.to_string());
    log = log_;
    epoch = order_.leader_epoch;
  }
  auto appended = log->append_as_leader(batches, epoch, origin, unpack_at_most);
  if (!appended) return appended.error();
  {
    std::scoped_lock hold(mutex_);
    if (log_ == log && order_.leader == self_) advance_high_watermark();
  }
  waiters_.wake();
  return Appended{.info = *appended, .required_offset = appended->last_offset + 1};
}

Result<Read> Partition::read(const FetchPartition& wanted, const ReadRules& rules) {
  auto log = usable_log(wanted.current_leader_epoch, rules.leader_only);
  if (!log) return log.error();
  if (wanted.last_fetched_epoch != k_no_leader_epoch) {
    const auto end = (*log)->end_offset_for_epoch(wanted.last_fetched_epoch);
    // Below our start there is nothing to part from, whatever the epochs say (KAFKA-12996).
    if (!end || wanted.fetch_offset < (*log)->log_start_offset()) return Errc::offset_out_of_range;
    if (end->end_offset < wanted.fetch_offset || end->epoch < wanted.last_fetched_epoch)
      return Read{.slice = {}, .diverging = end};
  }
  auto slice =
      (*log)->read(wanted.fetch_offset, rules.max_bytes, rules.isolation, rules.min_one_message);
  if (!slice) return slice.error();
  if (slice->first_batch_incomplete && rules.drop_incomplete) {
    slice->file.reset();
    slice->length = 0;
  }
  if (rules.from_follower) {
    const auto known = replicas();
    if (std::ranges::find(known, rules.follower) == known.end())
      return Errc::unknown_leader_epoch;  // KAFKA-13837: a broker that is not a replica gets no
                                          // empty success
    note_follower(rules.follower, wanted.fetch_offset);
  }
  return Read{.slice = std::move(*slice), .diverging = std::nullopt};
}

Result<bool> Partition::is_replicated(Offset required, LeaderEpoch epoch, int32_t min_isr) const {
  std::scoped_lock hold(mutex_);
  if (!log_ || order_.leader != self_ || order_.leader_epoch != epoch)
    return Errc::not_leader_or_follower;
  if (log_->high_watermark() < required) return false;
  if (static_cast<int32_t>(order_.isr.size()) < min_isr)
    return Errc::not_enough_replicas_after_append;
  return true;
}

Result<std::optional<log::TimestampOffset>> Partition::offset_for_timestamp(
    int64_t timestamp_ms, std::optional<log::Isolation> isolation, LeaderEpoch current_epoch,
    bool leader_only) const {
  auto usable = usable_log(current_epoch, leader_only);
  if (!usable) return usable.error();
  const log::Log& log = **usable;
  if (timestamp_ms >= 0 && log.config().message_format < record::k_magic_v1)
    return Errc::unsupported_for_message_format;
  Offset last_fetchable = log.log_end_offset();
  if (isolation)
    last_fetchable = *isolation == log::Isolation::txn_committed ? log.last_stable_offset()
                                                                 : log.high_watermark();
  LeaderEpoch epoch;
  bool is_settled = true;
  {
    // Until the high watermark has passed the start of the leader's epoch, what is committed may be
    // unknown here (KIP-207).
    std::scoped_lock hold(mutex_);
    epoch = order_.leader_epoch;
    is_settled = !isolation || leader_epoch_start_ <= log.high_watermark();
  }
  if (timestamp_ms == k_earliest_timestamp) {
    const auto earliest = log.epoch_at(log.log_start_offset());
    return std::optional{log::TimestampOffset{
        .offset = log.log_start_offset(), .leader_epoch = earliest.value_or(k_no_leader_epoch)}};
  }
  if (timestamp_ms == k_latest_timestamp) {
    if (!is_settled) return Errc::offset_not_available;
    return std::optional{log::TimestampOffset{.offset = last_fetchable, .leader_epoch = epoch}};
  }
  auto found = log.offset_for_timestamp(timestamp_ms);
  if (!found) return found.error();
  if (*found && (*found)->offset < last_fetchable) return *found;
  if (!is_settled) return Errc::offset_not_available;
  return std::optional<log::TimestampOffset>{};
}

Result<std::vector<int64_t>> Partition::legacy_offsets(int64_t timestamp_ms, int32_t count,
                                                       bool is_consumer, bool leader_only) const {
  auto usable = usable_log(k_no_leader_epoch, leader_only);
  if (!usable) return usable.error();
  auto offsets = (*usable)->segment_offsets_before(timestamp_ms, count);
  if (!offsets || !is_consumer) return offsets;
  // A consumer must not see past the high watermark: the first offset above it is replaced by it.
  const int64_t high_watermark = (*usable)->high_watermark().value();
  const bool clipped =
      std::ranges::any_of(*offsets, [&](int64_t offset) { return offset > high_watermark; });
  if (!clipped) return offsets;
  std::vector<int64_t> visible{high_watermark};
  for (const int64_t offset : *offsets)
    if (offset < high_watermark) visible.push_back(offset);
  return visible;
}

Result<log::EpochEndOffset> Partition::end_offset_for_epoch(LeaderEpoch current_epoch,
                                                            LeaderEpoch epoch) const {
  auto log = usable_log(current_epoch, true);
  if (!log) return log.error();
  return (*log)->end_offset_for_epoch(epoch).value_or(log::EpochEndOffset{});
}

Result<Offset> Partition::delete_records(Offset before, bool topic_deletes_by_retention) {
  constexpr Offset k_up_to_high_watermark{-1};
  const auto kept = keep_log();
  auto log = usable_log(k_no_leader_epoch, true);
  if (!log) return log.error();
  if (!topic_deletes_by_retention)
    return Error{Errc::policy_violation, "Records of partition " + tp_.to_string() +
                                             " can not be deleted due to the configured policy"};
  const Offset to = before == k_up_to_high_watermark ? (*log)->high_watermark() : before;
  if (to.value() < 0)
    return Error{Errc::offset_out_of_range, "The offset " + std::to_string(to.value()) +
                                                " for partition " + tp_.to_string() +
                                                " is not valid"};
  auto moved = (*log)->maybe_increment_log_start_offset(to);
  if (!moved) return moved.error();
  return (*log)->log_start_offset();
}

}  // namespace samsa::replica
