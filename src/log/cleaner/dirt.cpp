#include "log/cleaner/dirt.h"

#include <algorithm>

namespace samsa::log {
namespace {

using Segments = std::span<const SegmentFacts>;

// From the segment that the offset belongs in, or the first, to the last full one.
Segments full_segments_from(Segments all, Offset from) {
  const auto active = std::prev(all.end());
  if (from >= active->base) return {active, active};
  auto after = std::upper_bound(all.begin(), active, from,
                                [](Offset at, const SegmentFacts& s) { return at < s.base; });
  return {after == all.begin() ? after : std::prev(after), active};
}

Offset first_dirty_of(const LogFacts& log, bool& was_reset) {
  const Offset known = log.first_dirty.value_or(log.log_start);
  was_reset = known < log.log_start || known > log.log_end;
  return was_reset ? log.log_start : known;
}

// The offset that may not be passed, wherever it lies in its segment. Nothing above the last stable
// offset is: what is not replicated may yet be cut, and what is not decided may yet be aborted
// (KAFKA-13194).
Offset bound_of(const LogFacts& log, Segments dirty, int64_t now_ms) {
  Offset bound = std::min(log.last_stable, log.segments.back().base);
  const int64_t lag_ms = std::max<int64_t>(log.min_compaction_lag_ms, 0);
  if (lag_ms == 0) return bound;
  const auto young = std::ranges::find_if(dirty, [&](const SegmentFacts& segment) {
    return segment.largest_timestamp_ms > now_ms - lag_ms;
  });
  return young == dirty.end() ? bound : std::min(bound, young->base);
}

int64_t overdue_ms(Segments dirty, int64_t max_lag_ms, int64_t now_ms) {
  int64_t earliest = INT64_MAX;
  for (const auto& segment : dirty)
    if (segment.first_timestamp_ms > 0) earliest = std::min(earliest, segment.first_timestamp_ms);
  const int64_t until = now_ms - std::max<int64_t>(max_lag_ms, 0);
  return earliest < until ? until - earliest : 0;
}

}  // namespace

Dirt dirt_of(const LogFacts& log, int64_t now_ms) {
  Dirt dirt;
  dirt.first_dirty = first_dirty_of(log, dirt.was_reset);
  const Segments dirty = full_segments_from(log.segments, dirt.first_dirty);
  dirt.overdue_ms = overdue_ms(dirty, log.max_compaction_lag_ms, now_ms);
  const Offset bound = std::max(dirt.first_dirty, bound_of(log, dirty, now_ms));
  const Segments uncleanable = full_segments_from(log.segments, bound);
  dirt.first_uncleanable =
      uncleanable.empty() ? log.segments.back().base : uncleanable.front().base;
  for (const auto& segment : log.segments)
    if (segment.base < dirt.first_dirty) dirt.clean_bytes += segment.size;
  const Offset from = std::min(dirt.first_dirty, dirt.first_uncleanable);
  if (from == dirt.first_uncleanable) return dirt;
  for (const auto& segment : full_segments_from(log.segments, from))
    if (segment.base < dirt.first_uncleanable) dirt.cleanable_bytes += segment.size;
  return dirt;
}

bool is_due(const Dirt& dirt, double min_dirty_ratio) {
  if (dirt.total_bytes() == 0) return false;
  return dirt.ratio() > min_dirty_ratio || (dirt.overdue_ms > 0 && dirt.cleanable_bytes > 0);
}

std::vector<size_t> group_segments(std::span<const SegmentFacts> segments, int64_t max_bytes,
                                   int64_t max_index_bytes, Offset first_uncleanable) {
  std::vector<size_t> groups;
  for (size_t first = 0; first < segments.size();) {
    SegmentFacts sum = segments[first];
    size_t next = first + 1;
    for (; next < segments.size(); ++next) {
      const SegmentFacts& one = segments[next];
      const Offset end = next + 1 < segments.size() ? segments[next + 1].base : first_uncleanable;
      sum.size += one.size;
      sum.offset_index_bytes += one.offset_index_bytes;
      sum.time_index_bytes += one.time_index_bytes;
      if (sum.size > max_bytes || sum.offset_index_bytes > max_index_bytes ||
          sum.time_index_bytes > max_index_bytes)
        break;
      if (one.size > 0 && end - 1 - sum.base > INT32_MAX) break;
    }
    groups.push_back(next - first);
    first = next;
  }
  return groups;
}

}  // namespace samsa::log
