#pragma once
// An open file of a segment, shared by the log and by whoever is still sending from it.

#include <filesystem>
#include <memory>

#include "base/bytes.h"
#include "base/file.h"

namespace samsa::log {

// Open for as long as anyone holds it, whatever happens to its name meanwhile.
class SegmentFile {
 public:
  SegmentFile(FileDescriptor fd, std::filesystem::path path)
      : fd_(std::move(fd)), opened_as_(std::move(path)) {}
  int fd() const { return fd_.get(); }
  // The name at the time of opening; for messages only.
  const std::filesystem::path& opened_as() const { return opened_as_; }

  // What an index looked at last, kept as long as the file is open; guarded by the index's owner.
  struct Stretch {
    int64_t first_entry = 0;
    Bytes entries;
  };
  mutable Stretch recent;

 private:
  FileDescriptor fd_;
  std::filesystem::path opened_as_;
};

}  // namespace samsa::log
