// What has to be done from time to time: retention, syncing, checkpoints and removal.

#include <glog/logging.h>

#include "log/log_dirs_state.h"

namespace samsa::log {
namespace fs = std::filesystem;
namespace {

// Something to be done at an interval.
class Timer {
 public:
  Timer(int64_t now_ms, int64_t every_ms) : every_ms_(every_ms), next_ms_(now_ms + every_ms) {}
  bool is_due(int64_t now_ms) {
    if (now_ms < next_ms_) return false;
    next_ms_ = now_ms + every_ms_;
    return true;
  }

 private:
  int64_t every_ms_, next_ms_;
};

}  // namespace

void LogDirs::State::stop_threads() {
  if (cleaner) cleaner->stop();
  {
    std::scoped_lock hold(thread_mutex);
    stopping = true;
  }
  wake.notify_all();
  if (thread.joinable()) thread.join();
}

void LogDirs::State::keep_house() {
  constexpr milliseconds k_longest_tick{1000}, k_shortest_tick{1};
  const milliseconds tick = std::clamp(
      milliseconds{std::min({options.retention_check_ms, options.recovery_point_checkpoint_ms,
                             options.log_start_checkpoint_ms, options.high_watermark_checkpoint_ms,
                             options.flush_check_ms})},
      k_shortest_tick, k_longest_tick);
  constexpr int64_t k_write_back_ms = 5000;
  const int64_t start_ms = options.clock->wall_ms();
  Timer write_back{start_ms, k_write_back_ms};
  Timer retention{start_ms, options.retention_check_ms};
  Timer recovery_points{start_ms, options.recovery_point_checkpoint_ms};
  Timer log_starts{start_ms, options.log_start_checkpoint_ms};
  // The cleaner writes it, too; this is for logs that have gone.
  Timer first_dirty{start_ms, options.log_start_checkpoint_ms};
  Timer high_watermarks{start_ms, options.high_watermark_checkpoint_ms};
  std::unique_lock hold(thread_mutex);
  while (!wake.wait_for(hold, tick, [this] { return stopping; })) {
    hold.unlock();
    const int64_t now_ms = options.clock->wall_ms();
    const bool write_back_due = write_back.is_due(now_ms);
    const bool retention_due = retention.is_due(now_ms);
    for (const auto& log : owner->all()) {
      if (write_back_due) log->start_write_back();
      keep_log(*log, now_ms, retention_due);
    }
    if (high_watermarks.is_due(now_ms)) owner->write_high_watermarks();
    if (recovery_points.is_due(now_ms)) owner->write_recovery_points();
    if (log_starts.is_due(now_ms)) owner->write_log_starts();
    if (first_dirty.is_due(now_ms)) owner->write_first_dirty_offsets();
    reap_doomed(now_ms);
    hold.lock();
  }
}

void LogDirs::State::keep_log(Log& log, int64_t now_ms, bool retention_due) {
  const bool flush_due = now_ms - log.last_flush_ms() > log.config().flush_ms;
  if (auto flushed = flush_due ? log.flush() : log.flush_rolled(); !flushed)
    LOG(ERROR) << log.tp() << " could not be synced: " << flushed.error();
  if (retention_due) log.remove_expired_producers(now_ms);
  // The cleaner's threads see to compacted ones.
  if (retention_due && !log.config().cleanup_compact)
    static_cast<void>(log.delete_old_segments());  // what fails has fenced the log and been told
  log.reap_deleted_files(now_ms);
}

void LogDirs::State::reap_doomed(int64_t now_ms) {
  std::vector<Doomed> due;
  {
    std::unique_lock hold(mutex);
    for (auto& one : doomed)
      if (one.due_ms <= now_ms) due.push_back(std::move(one));
    std::erase_if(doomed, [now_ms](const auto& one) { return one.due_ms <= now_ms; });
  }
  for (auto& one : due) {
    if (one.log)
      if (auto deleted = one.log->delete_files(); !deleted) LOG(ERROR) << deleted.error();
    std::error_code error;
    fs::remove_all(one.path, error);
    if (error) LOG(ERROR) << one.path << " can't be removed: " << error.message();
  }
}

// One file for each live directory, of what its logs say; not written again while that is the same
// and the file is there: a directory that has vanished must be noticed though nobody writes to it.
void LogDirs::State::write_checkpoint(
    const char* file, const std::function<std::optional<Offset>(const Log&)>& value_of) {
  std::scoped_lock hold(checkpoint_mutex);
  const auto is_there = [&](const std::string& path) {
    std::error_code ignored;
    return fs::exists(fs::path(path) / file, ignored);
  };
  std::map<std::string, OffsetMap> by_dir;
  for (const auto& path : owner->live_dirs()) by_dir[path];
  for (const auto& log : owner->all()) {
    const auto dir = by_dir.find(parent_of(*log));
    if (dir == by_dir.end()) continue;
    if (const auto value = value_of(*log)) dir->second[log->tp()] = *value;
  }
  for (auto& [path, offsets] : by_dir) {
    auto& written = find(path)->written;
    if (const auto before = written.find(file);
        before != written.end() && before->second == offsets && is_there(path))
      continue;
    // Most brokers never have anything to write into this one.
    if (offsets.empty() && !written.contains(file) && file == std::string_view(k_cleaner_file))
      continue;
    if (auto done = write_offset_checkpoint(fs::path(path) / file, offsets); !done) {
      fail(path, done.error());
      continue;
    }
    written[file] = std::move(offsets);
  }
}

void LogDirs::State::write_checkpoints() {
  owner->write_recovery_points();
  owner->write_log_starts();
  owner->write_high_watermarks();
  owner->write_first_dirty_offsets();
}

void LogDirs::write_high_watermarks() {
  state_->write_checkpoint(k_high_watermark_file,
                           [](const Log& log) { return log.high_watermark(); });
}

void LogDirs::write_recovery_points() {
  std::vector<std::pair<std::shared_ptr<Log>, Offset>> points;
  std::map<const Log*, Offset> by_log;
  for (auto& log : all()) {
    const Offset point = log->recovery_point();
    by_log[log.get()] = point;
    points.emplace_back(std::move(log), point);
  }
  state_->write_checkpoint(k_recovery_point_file, [&](const Log& log) -> std::optional<Offset> {
    const auto known = by_log.find(&log);
    if (known == by_log.end()) return std::nullopt;
    return known->second;
  });
  for (const auto& [log, point] : points) log->prune_snapshots(point);
}

void LogDirs::write_first_dirty_offsets() {
  state_->write_checkpoint(k_cleaner_file, [](const Log& log) { return log.first_dirty_offset(); });
}

// A new log must not begin with what the checkpoints tell of another one of its name, should the
// broker end before they are written again.
void LogDirs::State::forget_checkpoints_of(const TopicPartition& tp, const Dir& dir) {
  {
    std::scoped_lock hold(checkpoint_mutex);
    if (std::ranges::none_of(dir.written,
                             [&](const auto& file) { return file.second.contains(tp); }))
      return;
  }
  write_checkpoints();
}

// Only for logs that start within their first segment; for the others the segment's name tells.
void LogDirs::write_log_starts() {
  state_->write_checkpoint(k_log_start_file, [](const Log& log) -> std::optional<Offset> {
    const Offset start = log.log_start_offset();
    if (start <= log.first_segment_base()) return std::nullopt;
    return start;
  });
}

}  // namespace samsa::log
