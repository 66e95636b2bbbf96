#include "log/retention.h"

#include <algorithm>

namespace samsa::log {

std::optional<int64_t> bytes_until_due(const OldestSegment& segment, const LogExtent& log,
                                       const LogConfig& config) {
  if (config.retention_bytes < 0) return std::nullopt;
  // The bound is one from below: what remains must not be less (KAFKA-8534).
  return std::max<int64_t>(0, config.retention_bytes - (log.bytes - segment.size));
}

std::optional<int64_t> due_by_age_ms(const OldestSegment& segment, const LogConfig& config) {
  if (config.retention_ms < 0 || !segment.largest_timestamp_ms) return std::nullopt;
  // A timestamp is the producer's word, so the sum may be too large.
  const int64_t stamp = *segment.largest_timestamp_ms;
  const int64_t room = INT64_MAX - 1 - std::max<int64_t>(stamp, 0);
  return stamp + std::min(config.retention_ms, room) + 1;
}

Fate fate_of(const OldestSegment& segment, const LogExtent& log, const LogConfig& config,
             int64_t now_ms) {
  if (log.high_watermark < segment.next) return Fate::stays_unreplicated;
  if (segment.is_active && segment.size == 0) return Fate::stays_empty;
  if (!segment.is_active && segment.next <= log.start) return Fate::goes_below_start;
  if (!config.cleanup_delete) return Fate::stays_undeleted;
  if (bytes_until_due(segment, log, config) == 0) return Fate::goes_by_size;
  if (config.retention_ms < 0)
    return config.retention_bytes < 0 ? Fate::stays_for_good : Fate::stays_within_size;
  const auto due_ms = due_by_age_ms(segment, config);
  if (!due_ms) return Fate::needs_timestamp;
  return now_ms >= *due_ms ? Fate::goes_by_age : Fate::stays_young;
}

}  // namespace samsa::log
