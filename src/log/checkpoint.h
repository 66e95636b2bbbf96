#pragma once
// The small text files with a version, a count and one entry a line.

#include <filesystem>
#include <map>
#include <vector>

#include "base/errc.h"
#include "base/types.h"

namespace samsa::log {

inline constexpr const char* k_recovery_point_file = "recovery-point-offset-checkpoint";
inline constexpr const char* k_log_start_file = "log-start-offset-checkpoint";
inline constexpr const char* k_high_watermark_file = "replication-offset-checkpoint";
inline constexpr const char* k_cleaner_file = "cleaner-offset-checkpoint";
inline constexpr const char* k_leader_epoch_file = "leader-epoch-checkpoint";
// Empty: every log of the directory was closed well.
inline constexpr const char* k_clean_shutdown_file = ".kafka_cleanshutdown";

using OffsetMap = std::map<TopicPartition, Offset>;

Result<OffsetMap> parse_offset_checkpoint(std::string_view text, const std::filesystem::path& path);
// A missing file is an empty map. KAFKA_STORAGE_ERROR, naming the file, for a malformed one.
Result<OffsetMap> read_offset_checkpoint(const std::filesystem::path& path);
Result<void> write_offset_checkpoint(const std::filesystem::path& path, const OffsetMap& offsets);

struct EpochEntry {
  LeaderEpoch epoch;
  Offset start_offset;
  friend bool operator==(const EpochEntry&, const EpochEntry&) = default;
};
Result<std::vector<EpochEntry>> parse_epoch_checkpoint(std::string_view text,
                                                       const std::filesystem::path& path);
Result<std::vector<EpochEntry>> read_epoch_checkpoint(const std::filesystem::path& path);
Result<void> write_epoch_checkpoint(const std::filesystem::path& path,
                                    const std::vector<EpochEntry>& entries);

}  // namespace samsa::log
