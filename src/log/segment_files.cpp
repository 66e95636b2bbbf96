// A segment's files: on the disk, their names, their age.

#include <sys/stat.h>
#include <unistd.h>

#include "log/segment.h"

namespace samsa::log {
namespace {

Result<timespec> modification_time(PooledFile& data) {
  auto file = data.get();
  if (!file) return file.error();
  struct stat info {};
  if (::fstat((*file)->fd(), &info) != 0) return storage_error("stat", (*file)->opened_as(), errno);
  return info.st_mtim;
}

}  // namespace

Result<void> Segment::sync() {
  auto file = data_.get();
  if (!file) return file.error();
  if (::fdatasync((*file)->fd()) != 0) return storage_error("sync", path(), errno);
  std::scoped_lock hold(mutex_);
  if (is_dropped_.load(std::memory_order_acquire)) return ok();  // or it would make files anew
  for (IndexFile* index : {&offsets_, &times_, &transactions_})
    if (auto r = index->sync(); !r) return r;
  return ok();
}

std::array<PooledFile*, 4> Segment::files() {
  return {&data_, &offsets_.file(), &times_.file(), &transactions_.file()};
}

Result<void> Segment::rename_to(FileStage stage) {
  if (stage == FileStage::deleted) set_dropped();
  for (PooledFile* file : files())
    if (auto r = file->rename_to(stage); !r) return r;
  return ok();
}

void Segment::remove_files() {
  set_dropped();
  for (PooledFile* file : files()) file->remove();
}

// By descriptor, not by name: a cleaner may be renaming the file.
Result<int64_t> Segment::modified_ms() const {
  auto modified = modification_time(data_);
  if (!modified) return modified.error();
  return int64_t{modified->tv_sec} * 1000 + modified->tv_nsec / 1'000'000;
}

Result<void> Segment::set_modified_as(const Segment& other) {
  auto mine = data_.get();
  if (!mine) return mine.error();
  auto modified = modification_time(other.data_);
  if (!modified) return modified.error();
  const timespec times[] = {*modified, *modified};
  if (::futimens((*mine)->fd(), times) != 0) return storage_error("set time of", path(), errno);
  return ok();
}

}  // namespace samsa::log
