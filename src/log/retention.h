#pragma once
// Whether the oldest segment of a log goes by retention, and why it stays: one rule, for the log
// that removes segments and for the tool that explains it. Pure.
//
// Only the oldest is judged, as in Kafka: one that stays keeps all that follow, however old they
// are.

#include <cstdint>
#include <optional>

#include "base/types.h"
#include "log/log_config.h"

namespace samsa::log {

struct OldestSegment {
  int64_t size = 0;
  bool is_active = false;
  // Where the next one begins; the log's end for the active one.
  Offset next{0};
  // The newest record's, or the file's age where the records tell no time. Absent: not looked up
  // yet, as that may need the disk.
  std::optional<int64_t> largest_timestamp_ms;
};

struct LogExtent {
  int64_t bytes = 0;  // of all segments
  Offset start{0};
  Offset high_watermark{0};
};

enum class Fate {
  goes_below_start,    // deleted by request
  goes_by_size,        // what remains is still retention.bytes or more
  goes_by_age,         // its newest record is older than retention.ms
  stays_unreplicated,  // nothing above the high watermark goes
  stays_empty,         // the active one, and nothing in it
  stays_undeleted,     // cleanup.policy does not have "delete"
  stays_for_good,      // neither age nor size is bounded
  stays_within_size,   // only size is bounded
  stays_young,
  needs_timestamp,  // to be asked again with the timestamp
};

constexpr bool goes(Fate fate) {
  return fate == Fate::goes_below_start || fate == Fate::goes_by_size || fate == Fate::goes_by_age;
}

// Of the config only cleanup_delete, retention_ms and retention_bytes count.
Fate fate_of(const OldestSegment& segment, const LogExtent& log, const LogConfig& config,
             int64_t now_ms);

// How much must be written yet until the segment goes by its size; 0 when it does. Nothing where
// size is not bounded.
std::optional<int64_t> bytes_until_due(const OldestSegment& segment, const LogExtent& log,
                                       const LogConfig& config);
// The first moment at which it is too old. Nothing where age is not bounded or its timestamp not
// known.
std::optional<int64_t> due_by_age_ms(const OldestSegment& segment, const LogConfig& config);

}  // namespace samsa::log
