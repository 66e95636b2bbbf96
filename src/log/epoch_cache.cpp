#include "log/epoch_cache.h"

#include <algorithm>

namespace samsa::log {

Result<EpochCache> EpochCache::load(const std::filesystem::path& dir) {
  EpochCache cache;
  cache.move_to(dir);
  auto entries = read_epoch_checkpoint(cache.path_);
  if (!entries) return entries.error();
  cache.entries_ = std::move(*entries);
  return cache;
}

Result<void> EpochCache::assign(LeaderEpoch epoch, Offset start) {
  if (epoch.value() < 0) return ok();
  if (!entries_.empty() && entries_.back().epoch == epoch && start >= entries_.back().start_offset)
    return ok();
  while (!entries_.empty() &&
         (entries_.back().epoch >= epoch || entries_.back().start_offset >= start))
    entries_.pop_back();
  entries_.push_back({epoch, start});
  return write_epoch_checkpoint(path_, entries_);
}

std::optional<LeaderEpoch> EpochCache::latest() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.back().epoch;
}

std::optional<EpochEndOffset> EpochCache::end_offset_for(LeaderEpoch requested,
                                                         Offset log_end) const {
  if (requested.value() < 0 || entries_.empty()) return std::nullopt;
  if (entries_.back().epoch == requested) return EpochEndOffset{requested, log_end};
  const auto higher = std::find_if(entries_.begin(), entries_.end(),
                                   [&](const EpochEntry& e) { return e.epoch > requested; });
  if (higher == entries_.end()) return std::nullopt;
  if (higher == entries_.begin()) return EpochEndOffset{requested, higher->start_offset};
  return EpochEndOffset{std::prev(higher)->epoch, higher->start_offset};
}

std::optional<LeaderEpoch> EpochCache::epoch_of(Offset offset) const {
  std::optional<LeaderEpoch> found;
  for (const auto& entry : entries_) {
    if (entry.start_offset <= offset) found = entry.epoch;
  }
  return found;
}

Result<void> EpochCache::truncate_from_end(Offset end) {
  if (entries_.empty() || entries_.back().start_offset < end) return ok();
  std::erase_if(entries_, [&](const EpochEntry& e) { return e.start_offset >= end; });
  return write_epoch_checkpoint(path_, entries_);
}

Result<void> EpochCache::truncate_from_start(Offset start) {
  const auto later = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const EpochEntry& e) { return e.start_offset > start; });
  if (later == entries_.begin()) return ok();
  const auto kept = std::prev(later);
  if (kept == entries_.begin() && kept->start_offset >= start) return ok();
  kept->start_offset = std::max(kept->start_offset, start);
  entries_.erase(entries_.begin(), kept);
  return write_epoch_checkpoint(path_, entries_);
}

Result<void> EpochCache::clear() {
  entries_.clear();
  return write_epoch_checkpoint(path_, entries_);
}

Result<void> EpochCache::drop() {
  entries_.clear();
  std::error_code failure;
  std::filesystem::remove(path_, failure);
  if (failure) return storage_error("remove", path_, failure.value());
  return ok();
}

}  // namespace samsa::log
