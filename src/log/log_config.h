#pragma once
// What a log needs to know of its topic's and broker's settings. A plain value: the room that owns
// the configuration fills it in, and update_config() swaps it whole.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "record/batch.h"
#include "record/codec.h"

namespace samsa::log {

// Defaults are Kafka 2.7's. Member names are the topic keys'.
struct LogConfig {
  int32_t segment_bytes = 1024 * 1024 * 1024;
  int64_t segment_ms = 7LL * 24 * 60 * 60 * 1000;
  int64_t segment_jitter_ms = 0;
  int32_t segment_index_bytes = 10 * 1024 * 1024;
  int32_t index_interval_bytes = 4096;
  int64_t flush_messages = std::numeric_limits<int64_t>::max();
  int64_t flush_ms = std::numeric_limits<int64_t>::max();
  int64_t retention_bytes = -1;                      // -1: no limit
  int64_t retention_ms = 7LL * 24 * 60 * 60 * 1000;  // -1: no limit
  int32_t max_message_bytes = 1024 * 1024 + record::k_log_overhead;
  int64_t file_delete_delay_ms = 60'000;
  bool preallocate = false;
  bool cleanup_delete = true;
  bool cleanup_compact = false;
  double min_cleanable_dirty_ratio = 0.5;
  int64_t min_compaction_lag_ms = 0;
  int64_t max_compaction_lag_ms = std::numeric_limits<int64_t>::max();
  int64_t delete_retention_ms = 24LL * 60 * 60 * 1000;
  std::optional<record::Codec> compression;  // absent: "producer"
  int8_t message_format = record::k_magic_v2;
  record::TimestampType timestamp_type = record::TimestampType::create_time;
  int64_t timestamp_difference_max_ms = std::numeric_limits<int64_t>::max();
  bool zstd_allowed = true;
  // max.decompressed.message.bytes of the broker, or max_message_bytes where that is more: what may
  // come plain may come compressed.
  int64_t max_decompressed_bytes = record::k_default_max_decompressed_bytes;
  // transactional.id.expiration.ms of the broker.
  int64_t producer_id_expiration_ms = 7LL * 24 * 60 * 60 * 1000;

  // Whether appends may wait for a sync.
  bool syncs_appends() const { return flush_messages != std::numeric_limits<int64_t>::max(); }
  // For batches that clients have made.
  record::ReadLimits read_limits() const {
    return {static_cast<size_t>(max_decompressed_bytes),
            std::max(record::k_default_max_whole_bytes, static_cast<size_t>(max_message_bytes))};
  }
};

}  // namespace samsa::log
