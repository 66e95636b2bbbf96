#pragma once
// A log's directory: where it is now, and the names of the files in it.
//
// All files of a log share one, so that renaming the directory is one rename, however many segments
// there are, and nobody opens a file under the old name meanwhile. Any thread.

#include <fcntl.h>

#include <filesystem>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>

#include "base/file.h"
#include "base/types.h"

namespace samsa::log {

// "00000000000000000042.log": the offset in twenty digits.
std::string file_name(Offset base, std::string_view suffix);

// The partition that a log's directory is named after; nothing for another name.
std::optional<TopicPartition> partition_named(std::string_view dir_name);

// TOPIC-PARTITION.ID-delete: a log whose removal is not finished. TOPIC-PARTITION.ID-future: one
// that is being moved here from another directory.
inline constexpr std::string_view k_doomed_suffix = "-delete", k_future_suffix = "-future";
// With a new ID; the topic is cut where the whole would be too long for a file system.
std::string name_with_suffix(const TopicPartition& tp, std::string_view suffix);
std::optional<TopicPartition> partition_named(std::string_view dir_name, std::string_view suffix);

class LogFolder {
 public:
  explicit LogFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path() const {
    std::shared_lock hold(mutex_);
    return path_;
  }
  std::filesystem::path path_of(std::string_view name) const { return path() / name; }
  Result<FileDescriptor> open(std::string_view name, int flags) const {
    std::shared_lock hold(mutex_);
    return open_file(path_ / name, flags | O_CLOEXEC);
  }
  // Renames a file within the directory; a missing one is no failure.
  Result<void> rename_file(std::string_view from, std::string_view to) const;
  // Makes the names in it survive a power cut, wherever it is by then.
  Result<void> sync() const;
  // Renames the directory itself, next to where it is.
  Result<void> rename_to(const std::string& name);

 private:
  mutable std::shared_mutex mutex_;
  std::filesystem::path path_;
};

}  // namespace samsa::log
