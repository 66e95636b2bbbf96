#pragma once
// What lies in a log's directory.

#include <filesystem>
#include <set>
#include <vector>

#include "base/errc.h"
#include "base/types.h"

namespace samsa::log {

struct LogFiles {
  std::set<Offset> logs;
  std::set<Offset> offset_indexes;
  std::set<Offset> time_indexes;
  std::set<Offset> snapshots;
};

// Size of the segments that recovery from this point reads: those that hold it or come later.
int64_t bytes_to_recover(const std::filesystem::path& dir, Offset recovery_point);

// Lists the files, having first brought the directory into order: files that were being removed or
// written by a cleaner go, and a cleaner's finished segments (X.log.swap) take the place of those
// that they replace. Such segments come without indexes, which loading rebuilds; producer snapshots
// stay (KAFKA-12520). Indexes without a segment go.
Result<LogFiles> tidy_and_list(const std::filesystem::path& dir);

}  // namespace samsa::log
