#pragma once
// Which leader epoch began at which offset. Not synchronised: the log's mutex guards it.

#include "log/checkpoint.h"
#include "log/log.h"

namespace samsa::log {

class EpochCache {
 public:
  static Result<EpochCache> load(const std::filesystem::path& dir);
  void move_to(const std::filesystem::path& dir) { path_ = dir / k_leader_epoch_file; }

  // Entries that contradict the new one (later epoch or later start) go.
  Result<void> assign(LeaderEpoch epoch, Offset start);
  std::optional<LeaderEpoch> latest() const;
  std::optional<EpochEndOffset> end_offset_for(LeaderEpoch requested, Offset log_end) const;
  std::optional<LeaderEpoch> epoch_of(Offset offset) const;
  Result<void> truncate_from_end(Offset end);
  Result<void> truncate_from_start(Offset start);
  Result<void> clear();
  // Forgets all, and the file goes.
  Result<void> drop();
  const std::vector<EpochEntry>& entries() const { return entries_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::vector<EpochEntry> entries_;
};

}  // namespace samsa::log
