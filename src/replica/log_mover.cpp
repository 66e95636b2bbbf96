#include "replica/log_mover.h"

#include <glog/logging.h>

#include <algorithm>

#include "base/bytes.h"
#include "replica/align.h"

namespace samsa::replica {
namespace {

constexpr milliseconds k_backoff{1000};  // replica.fetch.backoff.ms
// What writers may have to wait for at the end: some ten milliseconds of copying.
constexpr int64_t k_most_behind_the_gate = 8 << 20;

Result<int64_t> bytes_left(const log::Log& copy, const log::Log& log) {
  if (copy.log_end_offset() == log.log_end_offset()) return 0;
  auto next = log.read(copy.log_end_offset(), 1, log::Isolation::log_end, false);
  if (!next) return next.error();
  return log.bytes_from(next->start);
}

// Records that were deleted up to the middle of a batch are still in it: a copy must begin with the
// whole batch, below where the log begins.
Result<void> begin_below(log::Log& copy, BytesView bytes) {
  const Offset base{load_be<int64_t>(bytes.data())};
  if (base >= copy.log_end_offset() || copy.log_end_offset() != copy.log_start_offset())
    return ok();
  return copy.truncate_fully_and_start_at(base);
}

}  // namespace

LogMover::LogMover(LogMoverOptions options, PartitionTable& partitions, log::LogDirs& logs)
    : options_(options),
      partitions_(partitions),
      logs_(logs),
      throttle_(std::make_shared<log::Throttle>(options.io_max_bytes_per_second)) {}

LogMover::~LogMover() { stop(); }

void LogMover::stop() {
  std::vector<std::thread> threads;
  {
    std::scoped_lock hold(mutex_);
    is_stopping_ = true;
    threads.swap(threads_);
  }
  wake_.notify_all();
  for (auto& thread : threads) thread.join();
}

void LogMover::set_io_max_bytes_per_second(double rate) {
  {
    std::scoped_lock hold(mutex_);
    throttle_ = std::make_shared<log::Throttle>(rate);
  }
  wake_.notify_all();
}

Errc LogMover::order(const TopicPartition& tp, const std::string& dir) {
  if (logs_.is_unreachable(tp)) return Errc::kafka_storage_error;
  if (const auto future = logs_.future(tp); future && log::LogDirs::parent_of(*future) != dir) {
    LOG(INFO) << "The move of " << tp << " to " << log::LogDirs::parent_of(*future)
              << " is given up";
    if (auto removed = logs_.remove_future(tp); !removed) return removed.error().code;
  }
  logs_.prefer(tp, dir);
  // What the partition uses may still be the log whose place has just been taken.
  const auto current = logs_.get(tp);
  if (!current || !partitions_.find(tp.topic, tp.partition)) return Errc::replica_not_available;
  auto future = logs_.get_or_create_future(tp, dir, current->config());
  if (!future) {
    LOG(WARNING) << "Unable to alter log dirs for " << tp << ": " << future.error();
    return Errc::kafka_storage_error;
  }
  if (!*future) return Errc::none;
  // Settings that changed while it was being made have not found it (KAFKA-8813).
  (*future)->update_config(partitions_.settings(tp.topic)->log);
  resume(tp);
  return Errc::none;
}

void LogMover::resume(const TopicPartition& tp) {
  if (!logs_.future(tp)) return;
  std::scoped_lock hold(mutex_);
  if (is_stopping_) return;
  waiting_.insert(tp);
  // Most brokers never move anything.
  while (threads_.size() < static_cast<size_t>(options_.threads))
    threads_.emplace_back([this] { run(); });
  wake_.notify_all();
}

void LogMover::run() {
  const auto next = [this] {
    return std::ranges::find_if(waiting_, [this](const auto& tp) { return !moving_.contains(tp); });
  };
  std::unique_lock hold(mutex_);
  for (;;) {
    wake_.wait(hold, [&] { return is_stopping_ || next() != waiting_.end(); });
    if (is_stopping_) return;
    const TopicPartition tp = *next();
    waiting_.erase(tp);
    moving_.insert(tp);
    hold.unlock();
    move(tp);
    hold.lock();
    moving_.erase(tp);
    wake_.notify_all();  // it may have been ordered again meanwhile
  }
}

void LogMover::move(const TopicPartition& tp) {
  LOG(INFO) << "Moving " << tp << " to another log directory";
  std::string told;
  std::shared_ptr<log::Log> synced;
  for (;;) {
    const auto copy = logs_.future(tp);
    const auto partition = partitions_.find(tp.topic, tp.partition);
    const auto current = partition ? partition->log() : nullptr;
    if (!copy || !current || !current->is_healthy()) return;
    auto moved = step(*partition, current, copy, synced);
    if (moved && *moved) return;
    // Given up, or removed with the topic.
    if (!moved && logs_.future(tp) != copy) continue;
    if (!moved && std::exchange(told, moved.error().message) != moved.error().message)
      LOG(WARNING) << tp << " can't be moved on now: " << moved.error();
    if (!rest(moved ? milliseconds{0} : k_backoff)) return;
  }
}

Result<bool> LogMover::step(Partition& partition, const std::shared_ptr<log::Log>& current,
                            const std::shared_ptr<log::Log>& copy,
                            std::shared_ptr<log::Log>& synced) {
  Result<int64_t> copied = 0;
  {
    const auto kept = partition.keep_log();
    copied = copy_some(*copy, *current);
  }
  if (!copied) return copied.error();
  if (!pay(*copied, copy)) return false;
  auto left = bytes_left(*copy, *current);
  if (!left) return left.error();
  if (*left > k_most_behind_the_gate) return false;
  // The former log goes soon, so that what it had is to be on the disk. Most of that before the
  // gate is closed; others write on meanwhile, so the copy must come near once more.
  if (std::exchange(synced, copy) != copy) {
    if (auto flushed = copy->flush(); !flushed) return flushed.error();
    return false;
  }
  if (auto replaced = replace(partition, copy); !replaced) return replaced.error();
  return true;
}

Result<int64_t> LogMover::copy_some(log::Log& copy, const log::Log& log) {
  if (auto aligned = align(copy, log); !aligned) return aligned.error();
  auto slice = log.read(copy.log_end_offset(), options_.fetch_max_bytes, log::Isolation::log_end,
                        /*min_one_message=*/true);
  if (!slice) return slice.error();
  if (slice->file && slice->length > 0) {
    auto bytes = log::read_bytes(*slice);
    if (!bytes) return bytes.error();
    if (bytes->size() != static_cast<size_t>(slice->length))
      return Error{Errc::unknown_server_error, "the log was cut while it was read"};
    if (auto begun = begin_below(copy, *bytes); !begun) return begun.error();
    if (auto appended = copy.append_as_follower(*bytes); !appended) return appended.error().error;
  }
  copy.update_high_watermark(log.high_watermark());
  if (auto moved = copy.maybe_increment_log_start_offset(
          std::min(log.log_start_offset(), copy.high_watermark()));
      !moved)
    return moved.error();
  return slice->length;
}

Result<void> LogMover::replace(Partition& partition, const std::shared_ptr<log::Log>& copy) {
  if (auto begun = logs_.begin_replacement(copy); !begun) return begun;
  bool is_moved = false;
  auto replaced = partition.replace_log(
      [&](const std::shared_ptr<log::Log>& now) -> Result<std::shared_ptr<log::Log>> {
        while (copy->log_end_offset() != now->log_end_offset()) {
          auto copied = copy_some(*copy, *now);
          if (!copied) return copied.error();
          if (*copied == 0) break;
        }
        if (copy->log_end_offset() != now->log_end_offset())
          return Error{Errc::unknown_server_error, "the copy has not come to the log's end"};
        if (auto flushed = copy->flush(); !flushed) return flushed.error();
        if (auto taken = logs_.replace_by_future(copy); !taken) return taken.error();
        is_moved = true;
        return copy;
      });
  is_moved ? logs_.retire_former(copy->tp()) : logs_.give_replacement_up(copy->tp());
  return replaced;
}

bool LogMover::rest(milliseconds time) {
  std::unique_lock hold(mutex_);
  wake_.wait_for(hold, time, [&] { return is_stopping_; });
  return !is_stopping_;
}

bool LogMover::pay(int64_t bytes, const std::shared_ptr<log::Log>& copy) {
  constexpr milliseconds k_look_again{500};
  const auto now = [] { return std::chrono::steady_clock::now(); };
  std::unique_lock hold(mutex_);
  const auto throttle = throttle_;
  const auto until = now() + throttle->spend(bytes, now());
  while (now() < until && !is_stopping_ && throttle_ == throttle) {
    wake_.wait_until(hold, std::min(until, now() + k_look_again));
    hold.unlock();
    const bool is_given_up = logs_.future(copy->tp()) != copy;
    hold.lock();
    if (is_given_up) break;
  }
  return !is_stopping_;
}

}  // namespace samsa::replica
