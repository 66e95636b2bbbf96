// High watermark, truncation, retention and removal.

#include <fcntl.h>
#include <glog/logging.h>
#include <unistd.h>

#include "log/log_state.h"

namespace samsa::log {
namespace fs = std::filesystem;

Offset Log::State::last_stable() const {
  const auto unstable = producers.first_unstable();
  return unstable && *unstable < high_watermark ? *unstable : high_watermark;
}

void Log::State::set_high_watermark(Offset to) {
  high_watermark = to;
  producers.high_watermark_moved(to);
}

void Log::State::set_log_start(Offset to) {
  log_start = to;
  if (high_watermark < to) set_high_watermark(to);
  if (recovery_point < to) recovery_point = to;
}

Offset Log::update_high_watermark(Offset to) {
  std::scoped_lock hold(state_->mutex);
  state_->set_high_watermark(std::clamp(to, state_->log_start, state_->log_end));
  return state_->high_watermark;
}

std::optional<Offset> Log::maybe_increment_high_watermark(Offset to) {
  std::scoped_lock hold(state_->mutex);
  to = std::min(to, state_->log_end);
  if (to <= state_->high_watermark) return std::nullopt;
  const Offset old = state_->high_watermark;
  state_->set_high_watermark(to);
  return old;
}

Result<void> Log::maybe_assign_epoch_start_offset(LeaderEpoch epoch, Offset start) {
  Result<void> assigned = ok();
  {
    std::scoped_lock hold(state_->mutex);
    if (auto r = state_->usable(); !r) return r;
    if (!state_->keeps_epochs()) return ok();
    assigned = state_->epochs.assign(epoch, start);
    if (!assigned) state_->note(assigned.error());
  }
  state_->report();
  return assigned;
}

Result<void> Log::State::drop(Segments::iterator at) {
  auto segment = at->second;
  if (auto r = segment->rename_to(FileStage::deleted); !r) return r;
  segments.erase(at);
  deleted.emplace_back(hooks.clock->wall_ms(), std::move(segment));
  directory_dirty = true;
  return ok();
}

bool Log::State::lower_first_dirty() {
  if (!first_dirty || *first_dirty <= active().base()) return false;
  first_dirty = active().base();
  return true;
}

Result<bool> Log::truncate_to(Offset target) {
  if (target.value() < 0)
    return Error{Errc::unknown_server_error,
                 "Cannot truncate partition " + tp().to_string() + " to a negative offset"};
  bool restart = false, lowered = false;
  Result<void> done = ok();
  {
    std::scoped_lock shape(state_->shape_mutex);
    std::scoped_lock hold(state_->mutex);
    State& s = *state_;
    if (auto r = s.usable(); !r) return r.error();
    if (target >= s.log_end) return false;
    restart = s.first_segment() > target;
    if (!restart) {
      while (done && s.active().base() > target) done = s.drop(std::prev(s.segments.end()));
      if (done) done = s.active().truncate_to(target, s.hooks.clock->wall_ms());
      ++s.truncations;
      s.marks.clear();
      if (done) {
        s.log_end = target;
        s.recovery_point = std::min(s.recovery_point, target);
        s.log_start = std::min(s.log_start, target);
        done = s.epochs.truncate_from_end(target);
      }
      if (done) {
        s.remove_snapshots([&](Offset at) { return at > target; });
        // Nothing known of producers up to here means nothing to know below.
        if (!s.producers.empty()) done = s.reload_producers(s.producers, target);
        s.producers.set_end(target);
      }
      if (s.high_watermark > target) s.set_high_watermark(target);
      lowered = s.lower_first_dirty();
    }
    if (!done) s.note(done.error());
  }
  if (restart) done = truncate_fully_and_start_at(target);
  state_->report();
  if (lowered && state_->hooks.on_first_dirty_lowered) state_->hooks.on_first_dirty_lowered();
  if (!done) return done.error();
  return true;
}

Result<void> Log::truncate_fully_and_start_at(Offset start) {
  Result<void> done = ok();
  bool lowered = false;
  {
    std::scoped_lock shape(state_->shape_mutex);
    std::scoped_lock hold(state_->mutex);
    State& s = *state_;
    if (auto r = s.usable(); !r) return r;
    ++s.truncations;
    s.marks.clear();
    while (done && !s.segments.empty()) done = s.drop(s.segments.begin());
    if (done) done = s.add_segment(start);
    if (done) {
      s.log_start = s.log_end = s.recovery_point = start;
      s.set_high_watermark(start);
      done = s.epochs.clear();
    }
    s.remove_snapshots([](Offset) { return true; });
    s.producers.clear();
    s.producers.set_end(start);
    lowered = std::exchange(s.first_dirty, std::nullopt).has_value();
    if (!done) s.note(done.error());
  }
  state_->report();
  if (lowered && state_->hooks.on_first_dirty_lowered) state_->hooks.on_first_dirty_lowered();
  return done;
}

Result<bool> Log::maybe_increment_log_start_offset(Offset to) {
  Result<void> done = ok();
  {
    std::scoped_lock hold(state_->mutex);
    State& s = *state_;
    if (auto r = s.usable(); !r) return r.error();
    if (to > s.high_watermark) {
      return Error{Errc::offset_out_of_range, "Cannot increment the log start offset to " +
                                                  std::to_string(to.value()) + " of partition " +
                                                  s.place.tp.to_string() +
                                                  " since it is larger than the high watermark " +
                                                  std::to_string(s.high_watermark.value())};
    }
    if (to <= s.log_start) return false;
    s.set_log_start(to);
    done = s.epochs.truncate_from_start(to);
    if (!done) s.note(done.error());
  }
  state_->report();
  if (!done) return done.error();
  return true;
}

// What becomes of the first segment, given the bytes of all.
Result<Fate> Log::State::judge_first(int64_t bytes) const {
  const auto& segment = segments.begin()->second;
  const bool is_active = segments.size() == 1;
  OldestSegment oldest{.size = segment->size(),
                       .is_active = is_active,
                       .next = is_active ? log_end : std::next(segments.begin())->first,
                       .largest_timestamp_ms = std::nullopt};
  const LogExtent extent{.bytes = bytes, .start = log_start, .high_watermark = high_watermark};
  const int64_t now_ms = hooks.clock->wall_ms();
  const Fate fate = fate_of(oldest, extent, config, now_ms);
  if (fate != Fate::needs_timestamp) return fate;
  auto stamp = segment->largest_timestamp_ms();
  if (!stamp) return stamp.error();
  oldest.largest_timestamp_ms = *stamp;
  return fate_of(oldest, extent, config, now_ms);
}

Result<int> Log::State::drop_due_segments() {
  int64_t bytes = 0;
  for (const auto& [base, segment] : segments) bytes += segment->size();
  for (int count = 0;; ++count) {
    auto fate = judge_first(bytes);
    if (!fate) return fate.error();
    if (!goes(*fate)) return count;
    bytes -= segments.begin()->second->size();
    if (segments.size() == 1)
      if (auto r = roll(log_end); !r) return r.error();
    if (auto r = drop(segments.begin()); !r) return r.error();
    if (first_segment() > log_start) set_log_start(first_segment());
  }
}

Result<int> Log::delete_old_segments() {
  Result<int> dropped = 0;
  {
    std::scoped_lock shape(state_->shape_mutex);
    std::scoped_lock hold(state_->mutex);
    State& s = *state_;
    if (auto r = s.usable(); !r) return r.error();
    dropped = s.drop_due_segments();
    if (dropped && *dropped > 0) {
      s.remove_snapshots([&](Offset at) { return at < s.log_start; });
      if (auto r = s.epochs.truncate_from_start(s.log_start); !r) dropped = r.error();
    }
    if (!dropped) s.note(dropped.error());
  }
  state_->report();
  if (dropped && *dropped > 0)
    LOG(INFO) << tp() << ": " << *dropped << " segments went by retention";
  return dropped;
}

void Log::start_write_back() {
  std::shared_ptr<Segment> active;
  int64_t from = 0, to = 0;
  {
    std::scoped_lock hold(state_->mutex);
    if (!state_->usable()) return;
    active = std::prev(state_->segments.end())->second;
    from = state_->written_back;
    to = std::exchange(state_->old_enough_for_write_back, active->size());
    state_->written_back = std::max(from, to);
  }
  if (to <= from) return;
  if (auto file = active->file())
    ::sync_file_range((*file)->fd(), from, to - from, SYNC_FILE_RANGE_WRITE);
}

void Log::remove_expired_producers(int64_t now_ms) {
  std::scoped_lock hold(state_->mutex);
  state_->producers.remove_expired(now_ms, state_->config.producer_id_expiration_ms);
}

Result<void> Log::rename_dir(const std::string& name) {
  Result<void> done = ok();
  {
    std::scoped_lock hold(state_->mutex);
    State& s = *state_;
    const std::string before = s.place.dir.filename();
    done = s.folder->rename_to(name);
    if (done) done = sync_directory(s.place.dir.parent_path());
    // What is told to have failed should not be found done after the next start.
    if (!done) static_cast<void>(s.folder->rename_to(before));
    s.place.dir = s.folder->path();
    s.epochs.move_to(s.place.dir);
    if (!done) s.note(done.error());
  }
  state_->report();
  return done;
}

std::optional<Offset> Log::first_dirty_offset() const {
  std::scoped_lock hold(state_->mutex);
  return state_->first_dirty;
}

void Log::end_cleaning() {
  std::scoped_lock hold(state_->mutex);
  state_->cleaning_ended = true;
}

void Log::pause_cleaning() {
  std::unique_lock hold(state_->mutex);
  state_->cleaning_paused = true;
  state_->unclaimed.wait(hold, [this] { return !state_->is_claimed; });
}

void Log::resume_cleaning() {
  std::scoped_lock hold(state_->mutex);
  state_->cleaning_paused = false;
}

Result<void> Log::take_over(const Log& from) {
  update_high_watermark(from.high_watermark());
  auto moved = maybe_increment_log_start_offset(from.log_start_offset());
  if (!moved) return moved.error();
  const auto clean_below = from.first_dirty_offset();
  std::scoped_lock hold(state_->mutex);
  state_->first_dirty = clean_below;
  return ok();
}

Result<void> Log::delete_files() {
  std::unique_lock hold(state_->mutex);
  state_->closed = true;
  state_->unclaimed.wait(hold, [this] { return !state_->is_claimed; });
  for (const auto& [base, segment] : state_->segments) segment->remove_files();
  state_->deleted.clear();
  std::error_code failed;
  fs::remove_all(state_->place.dir, failed);
  if (failed) return storage_error("delete", state_->place.dir, failed.value());
  return ok();
}

void Log::reap_deleted_files(int64_t now_ms) {
  std::vector<std::shared_ptr<Segment>> due;
  {
    std::scoped_lock hold(state_->mutex);
    std::erase_if(state_->deleted, [&](auto& entry) {
      if (now_ms - entry.first < state_->config.file_delete_delay_ms) return false;
      due.push_back(std::move(entry.second));
      return true;
    });
  }
  for (const auto& segment : due) segment->remove_files();
}

}  // namespace samsa::log
