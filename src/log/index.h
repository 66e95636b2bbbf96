#pragma once
// A file of fixed-size index entries. Those of the active segment stay in memory and reach the file
// some dozens at a time; those of others are looked up in the file. A process that is killed may
// leave entries unwritten: recovery makes the index anew from the records. Guarded by its segment.

#include <functional>

#include "base/bytes.h"
#include "log/descriptor_pool.h"

namespace samsa::log {

class IndexFile {
 public:
  IndexFile(std::shared_ptr<const LogFolder> folder, Offset base, const char* suffix,
            size_t entry_size, DescriptorPool& pool, FileStage stage)
      : file_(std::move(folder), base, suffix, pool, stage), entry_size_(entry_size) {}

  // Brings the entries into memory, for appends. Drops the zeros of a preallocated file and a torn
  // last entry. A missing file is an empty one.
  Result<void> load();
  Result<void> append(BytesView entry);
  Result<void> truncate(int64_t count);
  // Makes the file exist with exactly its entries, and lets go of the memory.
  Result<void> seal();
  // Nothing to do where nothing was written since the last time.
  Result<void> sync();

  Result<int64_t> count() const;
  Result<Bytes> entry(int64_t at) const;
  // The last entry for which `fits` holds, given that it holds for a prefix; -1 when for none. In a
  // file: no read while the answers are close to each other, as a reader's who goes through the log
  // are; a binary search else.
  Result<int64_t> last_where(const std::function<bool(BytesView)>& fits) const;
  std::filesystem::path path() const { return file_.path(); }
  PooledFile& file() { return file_; }

 private:
  Result<void> measure() const;
  Result<void> write_out();
  mutable PooledFile file_;
  const size_t entry_size_;
  mutable int64_t count_ = -1;  // unknown until somebody asks
  bool in_memory_ = false;
  bool is_dirty_ = false;
  Bytes memory_;
  size_t written_ = 0;  // bytes of memory_ that the file has, too
};

}  // namespace samsa::log
