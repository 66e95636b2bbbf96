// The producers' state: rebuilding it, and its snapshots.

#include <fcntl.h>
#include <glog/logging.h>

#include "log/log_state.h"

namespace samsa::log {
namespace fs = std::filesystem;

Result<void> Log::State::snapshot(const ProducerState& seen) {
  if (seen.end() == Offset{0} || snapshots.contains(seen.end())) return ok();
  const auto path = folder->path_of(file_name(seen.end(), k_snapshot_suffix));
  const fs::path temporary = path.string() + ".tmp";
  auto file = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) return file.error();
  if (auto r = write_all_at(file->get(), seen.encode(), 0, temporary); !r) return r;
  std::error_code failed;
  fs::rename(temporary, path, failed);
  if (failed) return storage_error("rename", temporary, failed.value());
  snapshots.insert(seen.end());
  unsynced_snapshots.insert(seen.end());
  return ok();
}

void Log::State::remove_snapshots(const std::function<bool(Offset)>& which) {
  for (auto at = snapshots.begin(); at != snapshots.end();) {
    if (!which(*at)) {
      ++at;
      continue;
    }
    std::error_code ignored;
    fs::remove(folder->path_of(file_name(*at, k_snapshot_suffix)), ignored);
    unsynced_snapshots.erase(*at);
    at = snapshots.erase(at);
  }
}

void Log::prune_snapshots(Offset checkpointed_recovery_point) {
  std::scoped_lock hold(state_->mutex);
  State& s = *state_;
  if (s.failure) return;
  // The last two segments' stay for truncations.
  auto last = std::prev(s.segments.end());
  if (last != s.segments.begin()) --last;
  auto recovering = s.segments.lower_bound(checkpointed_recovery_point);
  const Offset recovered_from =
      recovering == s.segments.begin() ? checkpointed_recovery_point : std::prev(recovering)->first;
  const Offset keep_from = std::min(last->first, recovered_from);
  s.remove_snapshots([&](Offset at) { return at < keep_from; });
}

Result<void> Log::State::replay(ProducerState& seen, record::BatchView batch, Segment* index_into) {
  if (!batch.has_producer_id()) return ok();
  ProducerState::Update update;
  if (auto r = seen.add(update, batch, Origin::replication); !r) return r;
  seen.apply(update);
  for (const auto& done : update.completed) {
    if (done.aborted && index_into) {
      auto r = index_into->append_aborted(
          {done.producer_id, done.first_offset, done.last_offset, seen.last_stable_after(done)});
      if (!r) return r;
    }
    seen.complete(done);
  }
  return ok();
}

Result<void> Log::State::reload_producers(ProducerState& seen, Offset end) {
  seen.clear();
  seen.set_end(std::min(log_start, end));
  while (!snapshots.empty()) {
    auto at = snapshots.upper_bound(end);
    if (at == snapshots.begin()) break;
    const Offset offset = *--at;
    const fs::path path = folder->path_of(file_name(offset, k_snapshot_suffix));
    auto content = read_file(path);
    if (!content) return content.error();
    auto decoded = seen.decode(*content, hooks.clock->wall_ms(), config.producer_id_expiration_ms);
    if (decoded) {
      seen.set_end(offset);
      break;
    }
    LOG(WARNING) << "Failed to load producer snapshot from '" << path.string()
                 << "': " << decoded.error();
    remove_snapshots([&](Offset which) { return which == offset; });
    seen.clear();
    seen.set_end(std::min(log_start, end));
  }
  const Offset from = seen.end();
  if (from >= end) return ok();
  // Truncations go to these places most, and need not read so much again then.
  const auto is_worth_a_snapshot = [&](const auto& at) {
    return at->first > from &&
           (std::next(at) == segments.end() || std::next(at, 2) == segments.end());
  };
  for (auto at = segment_of(from); at != segments.end() && at->first < end; ++at) {
    if (is_worth_a_snapshot(at)) {
      seen.set_end(at->first);
      if (auto r = snapshot(seen); !r) return r;
    }
    const Segment& segment = *at->second;
    auto start = segment.find(from, segment.size());
    if (!start) return start.error();
    if (!*start) continue;
    auto replayed = segment.scan((*start)->position, segment.size(),
                                 [&](record::BatchView batch, int64_t) -> Result<bool> {
                                   if (batch.base_offset() >= end) return false;
                                   if (auto r = replay(seen, batch, nullptr); !r) return r.error();
                                   return true;
                                 });
    if (!replayed) return replayed;
  }
  seen.set_end(end);
  return snapshot(seen);
}

}  // namespace samsa::log
