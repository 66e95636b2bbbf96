#pragma once
// A file of fixed-size index entries. Plain small writes; entries of the active segment stay in
// memory, those of others are looked up in the file. Guarded by its segment.

#include <filesystem>
#include <functional>

#include "base/bytes.h"
#include "base/file.h"

namespace samsa::log {

class IndexFile {
 public:
  IndexFile(std::filesystem::path path, size_t entry_size)
      : path_(std::move(path)), entry_size_(entry_size) {}
  // Drops the zeros of a preallocated file and a torn last entry. A missing file is an empty one.
  Result<void> load();
  Result<void> append(BytesView entry);
  Result<void> truncate(int64_t count);
  // Makes the file exist with exactly its entries, and lets go of memory and descriptor.
  Result<void> seal();
  int64_t count() const { return count_; }
  Result<Bytes> entry(int64_t at) const;
  // The last entry for which `fits` holds, given that it holds for a prefix; -1 when for none.
  Result<int64_t> last_where(const std::function<bool(BytesView)>& fits) const;
  const std::filesystem::path& path() const { return path_; }
  void set_path(std::filesystem::path path) { path_ = std::move(path); }

 private:
  Result<void> open_for_writing();
  std::filesystem::path path_;
  size_t entry_size_;
  int64_t count_ = 0;
  bool in_memory_ = true;
  Bytes memory_;
  mutable FileDescriptor fd_;
};

}  // namespace samsa::log
