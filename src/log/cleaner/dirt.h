#pragma once
// How dirty a log is, which one is to be cleaned next, and what of it is cleaned into one segment.
// Pure.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/types.h"

namespace samsa::log {

struct SegmentFacts {
  Offset base{0};
  int64_t size = 0;
  int64_t offset_index_bytes = 0;
  int64_t time_index_bytes = 0;
  // The file's age where its records tell no time.
  int64_t largest_timestamp_ms = k_no_timestamp_ms;
  // Of the first batch; -1 where it has none.
  int64_t first_timestamp_ms = k_no_timestamp_ms;
};

struct LogFacts {
  std::vector<SegmentFacts> segments;  // by offset; the last one is active
  Offset log_start{0};
  Offset log_end{0};
  Offset last_stable{0};
  // Up to where the log has been cleaned, as far as anybody remembers.
  std::optional<Offset> first_dirty;
  int64_t min_compaction_lag_ms = 0;
  int64_t max_compaction_lag_ms = INT64_MAX;
};

struct Dirt {
  Offset first_dirty{0};
  // Where a segment begins: the active one, or one with records that are too young or undecided.
  Offset first_uncleanable{0};
  int64_t clean_bytes = 0;
  int64_t cleanable_bytes = 0;
  // By how much the oldest dirty record has outstayed max.compaction.lag.ms.
  int64_t overdue_ms = 0;
  // What was remembered lies outside of the log.
  bool was_reset = false;

  int64_t total_bytes() const { return clean_bytes + cleanable_bytes; }
  double ratio() const {
    return total_bytes() == 0
               ? 0
               : static_cast<double>(cleanable_bytes) / static_cast<double>(total_bytes());
  }
};

Dirt dirt_of(const LogFacts& log, int64_t now_ms);

// Whether it is worth cleaning, given min.cleanable.dirty.ratio.
bool is_due(const Dirt& dirt, double min_dirty_ratio);

// How many segments, from the first one on, are cleaned into each new segment: as many as stay
// within the sizes before cleaning and whose offsets fit a segment's indexes. A segment without
// records joins any other (KAFKA-12889). `first_uncleanable` is where the last one ends.
std::vector<size_t> group_segments(std::span<const SegmentFacts> segments, int64_t max_bytes,
                                   int64_t max_index_bytes, Offset first_uncleanable);

}  // namespace samsa::log
