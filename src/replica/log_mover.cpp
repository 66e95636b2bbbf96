#include "replica/log_mover.h"

#include <glog/logging.h>

#include <algorithm>

#include "base/bytes.h"

namespace samsa::replica {
namespace {

constexpr milliseconds k_backoff{1000};  // replica.fetch.backoff.ms

// Records that were deleted up to the middle of a batch are still in it: a copy must begin with the
// whole batch, below where the log begins.
Result<void> begin_below(log::Log& copy, BytesView bytes) {
  const Offset base{load_be<int64_t>(bytes.data())};
  if (base >= copy.log_end_offset() || copy.log_end_offset() != copy.log_start_offset())
    return ok();
  return copy.truncate_fully_and_start_at(base);
}

}  // namespace

Result<void> align(log::Log& copy, const log::Log& log) {
  while (const auto epoch = copy.latest_epoch()) {
    const auto end = log.end_offset_for_epoch(*epoch);
    if (!end) return copy.truncate_fully_and_start_at(log.log_start_offset());
    Offset common = end->end_offset;
    if (end->epoch != *epoch)
      if (const auto own = copy.end_offset_for_epoch(end->epoch))
        common = std::min(common, own->end_offset);
    if (common >= copy.log_end_offset()) break;
    if (auto cut = copy.truncate_to(common); !cut) return cut.error();
  }
  if (copy.log_end_offset() > log.log_end_offset())
    if (auto cut = copy.truncate_to(log.log_end_offset()); !cut) return cut.error();
  if (copy.log_end_offset() < log.log_start_offset())
    return copy.truncate_fully_and_start_at(log.log_start_offset());
  return ok();
}

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
  const auto partition = partitions_.find(tp.topic, tp.partition);
  const auto current = partition ? partition->log() : nullptr;
  if (!current) return Errc::replica_not_available;
  if (log::LogDirs::parent_of(*current) == dir) return Errc::none;
  auto future = logs_.get_or_create_future(tp, dir, current->config());
  if (!future) {
    LOG(WARNING) << "Unable to alter log dirs for " << tp << ": " << future.error();
    return Errc::kafka_storage_error;
  }
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
  constexpr int k_attempts = 10;
  LOG(INFO) << "Moving " << tp << " to another log directory";
  for (int failures = 0;;) {
    auto progress = step(tp);
    if (progress && *progress != Progress::copied) return;
    failures = progress ? 0 : failures + 1;
    const bool is_lost = !progress && progress.error().code == Errc::kafka_storage_error;
    if (is_lost || failures == k_attempts) {
      LOG(ERROR) << tp << " can't be moved before the next start: " << progress.error();
      return;
    }
    if (!progress) LOG(WARNING) << tp << " can't be moved on: " << progress.error();
    if (!rest(progress ? milliseconds{0} : k_backoff)) return;
  }
}

Result<LogMover::Progress> LogMover::step(const TopicPartition& tp) {
  const auto partition = partitions_.find(tp.topic, tp.partition);
  const auto current = partition ? partition->log() : nullptr;
  const auto copy = logs_.future(tp);
  if (!current || !copy) return Progress::dropped;
  auto copied = copy_some(*copy, *current);
  if (!copied) return copied.error();
  std::shared_ptr<log::Throttle> throttle;
  {
    std::scoped_lock hold(mutex_);
    throttle = throttle_;
  }
  if (!rest(throttle->spend(*copied, std::chrono::steady_clock::now()))) return Progress::copied;
  // Writers are kept waiting for the rest, so that is to be little, and on the disk.
  if (copy->log_end_offset() < current->log_end_offset() && *copied >= options_.fetch_max_bytes / 2)
    return Progress::copied;
  if (auto flushed = copy->flush(); !flushed) return flushed.error();
  if (auto replaced = replace(*partition, copy); !replaced) return replaced.error();
  return Progress::replaced;
}

Result<int64_t> LogMover::copy_some(log::Log& copy, const log::Log& log) {
  if (auto aligned = align(copy, log); !aligned) return aligned.error();
  auto slice = log.read(copy.log_end_offset(), options_.fetch_max_bytes, log::Isolation::log_end,
                        /*min_one_message=*/true);
  if (!slice) return slice.error();
  if (slice->file && slice->length > 0) {
    Bytes bytes(static_cast<size_t>(slice->length), '\0');
    auto count = read_at(slice->file->fd(), bytes, slice->position, slice->file->opened_as());
    if (!count) return count.error();
    if (*count != bytes.size())
      return Error{Errc::unknown_server_error, "the log was cut while it was read"};
    if (auto begun = begin_below(copy, bytes); !begun) return begun.error();
    if (auto appended = copy.append_as_follower(bytes); !appended) return appended.error().error;
  }
  copy.update_high_watermark(log.high_watermark());
  if (auto moved = copy.maybe_increment_log_start_offset(
          std::min(log.log_start_offset(), copy.high_watermark()));
      !moved)
    return moved.error();
  return slice->length;
}

Result<void> LogMover::replace(Partition& partition, const std::shared_ptr<log::Log>& copy) {
  return partition.replace_log(
      [&](const std::shared_ptr<log::Log>& now) -> Result<std::shared_ptr<log::Log>> {
        do {
          auto copied = copy_some(*copy, *now);
          if (!copied) return copied.error();
          if (*copied == 0 && copy->log_end_offset() != now->log_end_offset())
            return Error{Errc::unknown_server_error, "there are no records up to the log's end"};
        } while (copy->log_end_offset() != now->log_end_offset());
        return logs_.replace_by_future(copy);
      });
}

bool LogMover::rest(milliseconds time) {
  std::unique_lock hold(mutex_);
  const auto throttle = throttle_;
  wake_.wait_for(hold, time, [&] { return is_stopping_ || throttle_ != throttle; });
  return !is_stopping_;
}

}  // namespace samsa::replica
