#include "log/cleaner/cleanable_log.h"

#include <algorithm>

#include "log/log_state.h"

namespace samsa::log {

std::optional<CleanableLog> CleanableLog::claim(std::shared_ptr<Log> log) {
  Log::State& s = *log->state_;
  std::scoped_lock hold(s.mutex);
  if (s.is_claimed || s.is_uncleanable || s.cleaning_ended || s.cleaning_paused ||
      !s.config.cleanup_compact || !s.usable())
    return std::nullopt;
  s.is_claimed = true;
  return CleanableLog{std::move(log)};
}

void CleanableLog::release() {
  if (!log_) return;
  {
    std::scoped_lock hold(state().mutex);
    state().is_claimed = false;
    state().unclaimed.notify_all();
  }
  log_.reset();
}

CleanableLog::~CleanableLog() { release(); }

CleanableLog& CleanableLog::operator=(CleanableLog&& other) noexcept {
  if (this != &other) {
    release();
    log_ = std::move(other.log_);
  }
  return *this;
}

CleanableLog::View CleanableLog::view() const {
  const Log::State& s = state();
  std::scoped_lock hold(s.mutex);
  View view{.config = s.config,
            .log_start = s.log_start,
            .log_end = s.log_end,
            .last_stable = s.last_stable(),
            .first_dirty = s.first_dirty,
            .truncations = s.truncations};
  for (const auto& [base, segment] : s.segments) view.segments.push_back(segment);
  return view;
}

Result<LogFacts> CleanableLog::facts_of(const View& view) {
  LogFacts facts{.log_start = view.log_start,
                 .log_end = view.log_end,
                 .last_stable = view.last_stable,
                 .first_dirty = view.first_dirty,
                 .min_compaction_lag_ms = view.config.min_compaction_lag_ms,
                 .max_compaction_lag_ms = view.config.max_compaction_lag_ms};
  const bool largest = view.config.min_compaction_lag_ms > 0;
  const bool first = view.config.max_compaction_lag_ms < INT64_MAX;
  const auto& active = view.segments.back();
  const Offset dirty_from = view.first_dirty.value_or(view.log_start);
  for (auto at = view.segments.begin(); at != view.segments.end(); ++at) {
    SegmentFacts one{.base = (*at)->base(), .size = (*at)->size()};
    const bool is_dirty = *at != active && (*std::next(at))->base() > dirty_from;
    if (is_dirty && largest) {
      auto time = (*at)->largest_timestamp_ms();
      if (!time) return time.error();
      one.largest_timestamp_ms = *time;
    }
    if (is_dirty && first) {
      auto time = (*at)->first_timestamp_ms();
      if (!time) return time.error();
      one.first_timestamp_ms = *time;
    }
    facts.segments.push_back(one);
  }
  return facts;
}

Result<SegmentFacts> CleanableLog::sizes_of(const Segment& segment) {
  auto indexes = segment.index_bytes();
  if (!indexes) return indexes.error();
  return SegmentFacts{.base = segment.base(),
                      .size = segment.size(),
                      .offset_index_bytes = indexes->offsets,
                      .time_index_bytes = indexes->times};
}

LastRecords CleanableLog::last_records() const {
  LastRecords last;
  std::scoped_lock hold(state().mutex);
  for (const auto& [id, entry] : state().producers.entries()) {
    auto& one = last[ProducerId{id}];
    one.epoch = entry.epoch;
    if (!entry.batches.empty() && entry.batches.back().last_offset.value() >= 0)
      one.data_offset = entry.batches.back().last_offset;
  }
  return last;
}

bool CleanableLog::may_go_on(const View& view) const {
  const Log::State& s = state();
  std::scoped_lock hold(s.mutex);
  return s.usable() && !s.cleaning_ended && !s.cleaning_paused && s.config.cleanup_compact &&
         s.truncations == view.truncations;
}

Result<std::shared_ptr<Segment>> CleanableLog::make_segment(Offset base) const {
  const auto place = [&] {
    std::scoped_lock hold(state().mutex);
    return state().segment_place(base);
  }();
  return Segment::create(place, FileStage::cleaned);
}

Result<void> CleanableLog::swap_names(const Segments& old, Segment& by) const {
  for (const auto& segment : old)
    if (auto r = segment->rename_to(FileStage::deleted); !r) return r;
  if (auto r = by.rename_to(FileStage::live); !r) return r;
  return state().folder->sync();
}

Result<bool> CleanableLog::replace(const View& view, const Segments& old,
                                   const std::shared_ptr<Segment>& by) {
  Log::State& s = state();
  std::scoped_lock shape(s.shape_mutex);  // from here on nobody else takes segments away
  if (!may_go_on(view)) return false;
  {
    std::scoped_lock hold(s.mutex);
    for (const auto& segment : old) {
      const auto at = s.segments.find(segment->base());
      if (at == s.segments.end() || at->second != segment) return false;
    }
  }
  // On the disk before an old one loses its name: without either name, the records would be lost.
  if (auto r = by->rename_to(FileStage::swap); !r) return note(r.error(), *by);
  if (auto r = s.folder->sync(); !r) return note(r.error(), *by);
  {
    std::scoped_lock hold(s.mutex);
    for (const auto& segment : old) {
      segment->set_dropped();
      s.segments.erase(segment->base());
    }
    s.segments[by->base()] = by;
    s.marks.clear();  // places in the old segments
  }
  auto swapped = swap_names(old, *by);
  {
    std::scoped_lock hold(s.mutex);
    const int64_t now_ms = s.hooks.clock->wall_ms();
    for (const auto& segment : old) s.deleted.emplace_back(now_ms, segment);
  }
  if (!swapped) return note(swapped.error(), *by);
  return true;
}

void CleanableLog::set_first_dirty(const View& view, Offset first_dirty) {
  Log::State& s = state();
  std::scoped_lock hold(s.mutex);
  if (s.truncations == view.truncations) s.first_dirty = first_dirty;
}

void CleanableLog::mark_uncleanable() {
  std::scoped_lock hold(state().mutex);
  state().is_uncleanable = true;
}

Error CleanableLog::note(Error error, const Segment& segment) {
  return state().fail_read(std::move(error), segment);
}

}  // namespace samsa::log
