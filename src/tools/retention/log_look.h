#pragma once
// What a log's files tell of it without opening it as its broker does: nothing is written, nothing
// is locked, so that a broker may be at work in the directory.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/errc.h"
#include "log/checkpoint.h"
#include "log/cleaner/dirt.h"

namespace samsa::tools {

// The checkpoints of one of log.dirs. A missing one is empty.
struct DirCheckpoints {
  log::OffsetMap log_starts, high_watermarks, first_dirty;
  static Result<DirCheckpoints> read(const std::filesystem::path& log_dir);
};

struct LogLook {
  TopicPartition tp;
  // By offset; the last one is active. Largest timestamps are known of all of them.
  std::vector<log::SegmentFacts> segments;
  // Those whose records tell no time, so that the file's age stands for it.
  std::vector<bool> is_file_age;
  Offset log_start{0};
  Offset log_end{0};
  // As last written, seconds ago; nothing for a log that no checkpoint knows.
  std::optional<Offset> high_watermark;
  std::optional<Offset> first_dirty;

  int64_t bytes() const;
};

// Nothing for a directory without segments. Files that go while they are looked at are left out.
Result<std::optional<LogLook>> look_at_log(const std::filesystem::path& dir,
                                           const TopicPartition& tp,
                                           const DirCheckpoints& checkpoints);

}  // namespace samsa::tools
