// Opening, failing, flushing and closing.

#include <fcntl.h>
#include <glog/logging.h>
#include <unistd.h>

#include <random>

#include "log/log_state.h"

namespace samsa::log {
namespace fs = std::filesystem;

Error Log::State::fail(Error error) {
  if (error.code == Errc::kafka_storage_error && !closed) remember(error);
  return error;
}

void Log::State::remember(const Error& error) {
  if (!failure) failure = error;
  healthy = false;
}

Error Log::State::fail_read(Error error, const Segment& segment) {
  {
    std::scoped_lock hold(mutex);
    if (!segment.is_dropped()) note(error);
  }
  report();
  return error;
}

void Log::State::report() {
  std::optional<Error> due;
  {
    std::scoped_lock hold(mutex);
    if (failure && !std::exchange(reported, true)) due = failure;
  }
  if (due && hooks.on_storage_failure) hooks.on_storage_failure(*due);
}

void Log::fence(const Error& why) {
  std::scoped_lock hold(state_->mutex);
  state_->remember({Errc::kafka_storage_error, why.message});
  state_->reported = true;
}

Result<void> Log::State::usable() const {
  if (failure) return Error{Errc::kafka_storage_error, failure->message};
  if (closed)
    return Error{Errc::kafka_storage_error,
                 "The log for partition " + place.tp.to_string() + " is closed"};
  return ok();
}

Log::State::Segments::iterator Log::State::segment_of(Offset offset) {
  const auto after = segments.upper_bound(offset);
  return after == segments.begin() ? after : std::prev(after);
}

Segment::Place Log::State::segment_place(Offset base) {
  const int64_t most = std::min(config.segment_jitter_ms, config.segment_ms);
  thread_local std::minstd_rand random{std::random_device{}()};
  const int64_t jitter = most > 0 ? std::uniform_int_distribution<int64_t>{0, most - 1}(random) : 0;
  return {.folder = folder,
          .base = base,
          .descriptors = hooks.descriptors ? *hooks.descriptors : DescriptorPool::process(),
          .now_ms = hooks.clock->wall_ms(),
          .roll_jitter_ms = jitter};
}

Result<void> Log::State::add_segment(Offset base) {
  auto where = segment_place(base);
  if (config.preallocate) where.preallocated_bytes = config.segment_bytes;
  auto segment = Segment::create(where);
  if (!segment) return segment.error();
  segments[base] = std::move(*segment);
  directory_dirty = true;
  written_back = old_enough_for_write_back = 0;
  return ok();
}

Result<std::unique_ptr<Log>> Log::open(LogPlace place, LogConfig config, LogHooks hooks) {
  auto state = std::make_unique<State>(std::move(place), config, std::move(hooks));
  if (auto loaded = state->load(); !loaded) return loaded.error();
  state->hooks.recovery = nullptr;
  return std::unique_ptr<Log>{new Log(std::move(state))};
}

Log::Log(std::unique_ptr<State> state) : state_(std::move(state)) {}
Log::~Log() = default;

Result<void> Log::close() {
  Result<void> sealed = ok();
  {
    std::scoped_lock hold(state_->mutex);
    State& s = *state_;
    if (s.closed) return ok();
    if (auto r = s.usable(); !r) return r;
    sealed = s.snapshot(s.producers);
    if (sealed) sealed = s.active().seal();
    if (!sealed) s.note(sealed.error());
  }
  if (sealed) sealed = state_->flush_below(std::nullopt);
  state_->report();
  std::scoped_lock hold(state_->mutex);
  state_->closed = true;
  return sealed;
}

Result<void> Log::flush() { return state_->flush_below(std::nullopt); }

Result<void> Log::flush_rolled() {
  Offset below;
  {
    std::scoped_lock hold(state_->mutex);
    if (!state_->usable() || state_->recovery_point >= state_->active().base()) return ok();
    below = state_->active().base();
  }
  return state_->flush_below(below);
}

// Syncs what lies between the recovery point and the limit, or the log's end. One at a time: what
// one has taken upon itself, such as the directory, another must not count as done.
Result<void> Log::State::flush_below(std::optional<Offset> limit) {
  std::scoped_lock one_at_a_time(flush_mutex);
  std::vector<std::shared_ptr<Segment>> dirty;
  std::vector<fs::path> files;
  std::set<Offset> snapshots_taken;
  Offset target;
  int64_t truncations_before = 0;
  bool sync_dir = false, sync_parent = false;
  {
    std::scoped_lock hold(mutex);
    if (closed) return ok();
    if (auto r = usable(); !r) return r;
    target = limit.value_or(log_end);
    last_flush_ms = hooks.clock->wall_ms();
    if (recovery_point >= target && unsynced_snapshots.empty()) return ok();
    if (recovery_point < target)
      for (auto at = segment_of(recovery_point); at != segments.end() && at->first < target; ++at)
        dirty.push_back(at->second);
    files.push_back(epochs.path());
    for (const Offset at : unsynced_snapshots)
      files.push_back(folder->path_of(file_name(at, k_snapshot_suffix)));
    sync_dir = std::exchange(directory_dirty, false) || !unsynced_snapshots.empty();
    sync_parent = std::exchange(parent_dirty, false);
    snapshots_taken = std::exchange(unsynced_snapshots, {});
    truncations_before = truncations;
  }
  Result<void> synced = ok();
  std::shared_ptr<Segment> failing;
  for (const auto& segment : dirty) {
    if (synced) synced = segment->sync();
    if (!synced && !failing) failing = segment;
  }
  for (const auto& path : files) {
    // One that went meanwhile was replaced or not needed any more.
    auto file = synced ? open_file(path, O_RDONLY) : Result<FileDescriptor>{synced.error()};
    if (file && ::fsync(file->get()) != 0) synced = storage_error("sync", path, errno);
  }
  if (synced && sync_dir) synced = folder->sync();
  if (synced && sync_parent) synced = sync_directory(folder->path().parent_path());
  {
    std::scoped_lock hold(mutex);
    if (!synced) {
      if (!failing || !failing->is_dropped()) note(synced.error());
      // Still to be done, where the log lives on.
      directory_dirty |= sync_dir;
      parent_dirty |= sync_parent;
      unsynced_snapshots.merge(snapshots_taken);
    } else if (truncations == truncations_before) {
      recovery_point = std::max(recovery_point, std::min(target, log_end));
    }
  }
  report();
  return synced;
}

}  // namespace samsa::log
