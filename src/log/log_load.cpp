// Loading a log that is there, and recovering one whose broker did not stop cleanly.

#include <glog/logging.h>

#include "log/log_state.h"
#include "log/recovery_progress.h"

namespace samsa::log {
namespace fs = std::filesystem;

Result<void> Log::State::load() {
  std::error_code failed;
  const bool is_new = fs::create_directories(place.dir, failed);
  if (failed) return storage_error("create", place.dir, failed.value());
  directory_dirty = parent_dirty = is_new;
  log_start = place.log_start_offset;
  recovery_point = place.recovery_point;
  last_flush_ms = hooks.clock->wall_ms();
  auto known_epochs = EpochCache::load(place.dir);
  if (known_epochs) {
    epochs = std::move(*known_epochs);
  } else {
    LOG(WARNING) << known_epochs.error() << "; the epochs are taken from the batches";
    epochs.move_to(place.dir);
  }
  if (!is_new)
    if (auto r = load_files(); !r) return r;
  if (segments.empty()) {
    if (auto r = add_segment(log_start); !r) return r;
    log_end = log_start;
  }
  if (!keeps_epochs()) {
    if (auto r = epochs.drop(); !r) return r;
  } else if (!known_epochs) {
    if (auto r = rebuild_epochs(); !r) return r;
  }
  log_start = std::max(log_start, first_segment());
  high_watermark = log_start;
  recovery_point = std::min(recovery_point, log_end);
  first_dirty = place.first_dirty;
  if (first_dirty > log_end) {
    // What is appended up to there would count as clean.
    LOG(WARNING) << "The cleaner's checkpoint of " << place.tp << ", " << *first_dirty
                 << ", is above the log's end, " << log_end << "; all of the log is to be cleaned";
    first_dirty.reset();
  }
  if (auto r = epochs.truncate_from_end(log_end); !r) return r;
  // The first epoch may not have been written before a crash.
  if (auto r = epochs.truncate_from_start(log_start); !r) return r;
  remove_snapshots([&](Offset at) { return at > log_end || at < log_start; });
  if (producers.end() == log_end) return ok();  // recovery has come by
  // A log that was closed well and has no snapshot was written before there were any: it tells
  // nothing of producers, and need not be read to find that out.
  if (place.had_clean_shutdown && snapshots.empty()) {
    producers.clear();
    producers.set_end(log_end);
    return ok();
  }
  return reload_producers(producers, log_end);
}

Result<void> Log::State::load_files() {
  for (;;) {
    auto files = tidy_and_list(place.dir);
    if (!files) return files.error();
    auto loaded = load_segments(*files);
    const auto overflowed = std::exchange(to_split, nullptr);
    if (!overflowed) return loaded;
    if (auto r = split(*overflowed); !r) return r;
    segments.clear();
  }
}

// The epochs as the batches tell them; for a checkpoint that can't be read.
Result<void> Log::State::rebuild_epochs() {
  if (auto r = epochs.clear(); !r) return r;
  for (const auto& [base, segment] : segments) {
    auto scanned = segment->scan_headers(
        0, segment->size(), [&](record::BatchView batch, int64_t) -> Result<bool> {
          if (epochs.latest() < batch.leader_epoch())
            if (auto r = epochs.assign(batch.leader_epoch(), batch.base_offset()); !r)
              return r.error();
          return true;
        });
    if (!scanned) return scanned;
  }
  return ok();
}

Result<void> Log::State::load_segments(const LogFiles& files) {
  snapshots = files.snapshots;
  std::vector<Offset> unindexed;
  for (const Offset base : files.logs) {
    auto segment = Segment::load(segment_place(base));
    if (!segment) return segment.error();
    segments[base] = std::move(*segment);
    const bool is_indexed =
        files.offset_indexes.contains(base) && files.time_indexes.contains(base);
    if (!is_indexed && segments[base]->size() > 0) unindexed.push_back(base);
  }
  if (segments.empty()) return ok();
  ProducerState seen{place.tp};
  seen.set_end(k_no_offset);
  for (const Offset base : unindexed) {
    if (!place.had_clean_shutdown && base >= segment_of(place.recovery_point)->first) break;
    LOG(WARNING) << "Could not find offset index file corresponding to log file "
                 << segments[base]->path().string()
                 << ", recovering segment and rebuilding index files...";
    if (auto r = recover(*segments[base], seen, Epochs::known); !r) return r.error();
    if (to_split) return ok();
  }
  if (!place.had_clean_shutdown)
    if (auto r = recover_unflushed(seen); !r) return r;
  if (to_split) return ok();
  if (auto r = find_end(); !r) return r;
  if (to_split) return ok();
  if (log_end < log_start) {
    LOG(WARNING) << "Deleting all segments of " << place.tp << " because its end, " << log_end
                 << ", is below its start, " << log_start;
    while (!segments.empty())
      if (auto r = drop(segments.begin()); !r) return r;
    remove_snapshots([](Offset) { return true; });
    return epochs.clear();
  }
  if (seen.end() != log_end) return ok();
  seen.remove_expired(hooks.clock->wall_ms(), config.producer_id_expiration_ms);
  producers = std::move(seen);
  return ok();
}

// Whether something had to be cut.
Result<bool> Log::State::recover(Segment& segment, ProducerState& seen, Epochs which) {
  if (seen.end() == segment.base())  // what its snapshot holds, which is not read again
    seen.remove_expired(hooks.clock->wall_ms(), config.producer_id_expiration_ms);
  else if (auto r = reload_producers(seen, segment.base()); !r)
    return r.error();
  Offset end = segment.base();
  const auto next = segments.upper_bound(segment.base());
  const auto next_base = next == segments.end() ? std::nullopt : std::optional{next->first};
  auto recovered = segment.recover(
      config.index_interval_bytes, next_base, [&](record::BatchView batch) -> Result<void> {
        if (which == Epochs::from_batches && epochs.latest() < batch.leader_epoch())
          if (auto r = epochs.assign(batch.leader_epoch(), batch.base_offset()); !r) return r;
        if (auto r = replay(seen, batch, &segment); !r) return r;
        end = batch.next_offset();
        // Indexes made anew below the recovery point are not a part of what was announced.
        if (which == Epochs::from_batches && hooks.recovery)
          hooks.recovery->advance(static_cast<int64_t>(batch.size_in_bytes()));
        return ok();
      });
  if (!recovered) return recovered.error();
  if (recovered->has_overflow) to_split = segments[segment.base()];
  if (auto r = segment.seal(); !r) return r.error();
  seen.set_end(end);
  // So that another segment's recovery need not read this one again. One that is there may be
  // damaged, or tell of batches that were cut.
  snapshots.erase(end);
  if (auto r = snapshot(seen); !r) return r.error();
  if (recovered->cut_bytes == 0) return false;
  LOG(WARNING) << "Cut " << recovered->cut_bytes << " bytes of no whole batch from the end of "
               << segment.path().string();
  return true;
}

Result<void> Log::State::recover_unflushed(ProducerState& seen) {
  auto at = segment_of(place.recovery_point);
  // None of these was certain to be synced; recovery takes again those at the ends of segments.
  remove_snapshots([&](Offset which) { return which > at->first; });
  for (; at != segments.end(); ++at) {
    LOG(INFO) << "Recovering unflushed segment " << at->first << " of " << place.tp;
    auto cut = recover(*at->second, seen, Epochs::from_batches);
    if (!cut) return cut.error();
    if (!*cut && to_split) return ok();
    if (!*cut) continue;
    while (std::next(at) != segments.end()) {
      LOG(WARNING) << "Removing " << std::prev(segments.end())->second->path().string()
                   << ", which follows a gap";
      if (auto r = drop(std::prev(segments.end())); !r) return r;
    }
    break;
  }
  return ok();
}

Result<void> Log::State::find_end() {
  auto end = active().make_active();
  if (!end && end.error().code != Errc::kafka_storage_error) {
    LOG(WARNING) << end.error() << "; rebuilding the indexes";
    ProducerState seen{place.tp};
    seen.set_end(k_no_offset);
    if (auto r = recover(active(), seen, Epochs::known); !r) return r.error();
    if (to_split) return ok();
    end = active().make_active();
  }
  if (!end) return end.error();
  log_end = *end;
  return ok();
}

}  // namespace samsa::log
