#pragma once
// Keeps the number of open segment files within bounds, however many segments there are.
//
// A PooledFile is a file of a segment that is open while it is in use and may be closed when it is
// not; the next use opens it again. The pool closes the ones that have not been used for longest
// (a second chance for each: a use between two sweeps keeps a file open), so the files of busy logs
// stay open. Whoever holds the SegmentFile keeps its descriptor, closed by the pool or not. Where
// connections have taken almost all descriptors, each file that is opened closes two.
//
// Lock order: the pool's, then a file's. Any thread.

#include <list>
#include <memory>
#include <mutex>

#include "log/log_folder.h"
#include "log/segment_file.h"

namespace samsa::log {

class PooledFile;

// Where a segment is in its life, as the ends of its files' names tell: a cleaner writes
// X.log.cleaned, which becomes X.log.swap and then X.log in the place of older ones, which become
// X.log.deleted.
enum class FileStage { live, cleaned, swap, deleted };

class DescriptorPool {
 public:
  explicit DescriptorPool(size_t capacity) : capacity_(capacity) {}
  // For the whole process, as descriptors are: half of what the process may open, so that sockets
  // have the other half.
  static DescriptorPool& process();

  size_t capacity() const { return capacity_; }
  size_t open_count() const;

 private:
  friend class PooledFile;
  // With few descriptors left, makes room for the next one.
  void admit(PooledFile& file, bool few_left);
  void forget(PooledFile& file);

  const size_t capacity_;
  mutable std::mutex mutex_;
  std::list<PooledFile*> open_;  // the next to be looked at first
};

class PooledFile {
 public:
  // The suffix lives as long as the program.
  PooledFile(std::shared_ptr<const LogFolder> folder, Offset base, const char* suffix,
             DescriptorPool& pool, FileStage stage = FileStage::live)
      : folder_(std::move(folder)), base_(base), suffix_(suffix), pool_(pool), stage_(stage) {}
  ~PooledFile() { pool_.forget(*this); }
  PooledFile(const PooledFile&) = delete;
  PooledFile& operator=(const PooledFile&) = delete;

  // Opens the file where it is not open.
  Result<std::shared_ptr<const SegmentFile>> get();
  // The same, making the file where there is none.
  Result<std::shared_ptr<const SegmentFile>> make();
  void close();
  // Its size by its name; nothing where there is no such file.
  Result<std::optional<int64_t>> size_on_disk() const;
  std::filesystem::path path() const;
  // Nothing to do for a file that is not there.
  Result<void> rename_to(FileStage stage);
  // Closes and removes it.
  void remove();

 private:
  friend class DescriptorPool;
  Result<std::shared_ptr<const SegmentFile>> open(int flags);
  std::string name() const;
  // Hands over the open file unless it was used since the last call. With the pool's lock held.
  bool let_go_when_idle(std::shared_ptr<const SegmentFile>& into);

  const std::shared_ptr<const LogFolder> folder_;
  const Offset base_;
  const char* const suffix_;
  DescriptorPool& pool_;
  mutable std::mutex mutex_;  // guards the next three
  std::shared_ptr<const SegmentFile> file_;
  bool used_ = false;
  FileStage stage_;
  // Guarded by the pool.
  std::optional<std::list<PooledFile*>::iterator> place_;
};

}  // namespace samsa::log
