#include "log/descriptor_pool.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace samsa::log {

namespace {

const char* name_end_of(FileStage stage) {
  switch (stage) {
    case FileStage::live:
      return "";
    case FileStage::cleaned:
      return ".cleaned";
    case FileStage::swap:
      return ".swap";
    case FileStage::deleted:
      return ".deleted";
  }
  return "";
}

}  // namespace

DescriptorPool& DescriptorPool::process() {
  static DescriptorPool pool{[] {
    constexpr size_t k_least = 64, k_most = 100'000;
    struct rlimit limit {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return k_least;
    return std::clamp<size_t>(limit.rlim_cur / 2, k_least, k_most);
  }()};
  return pool;
}

size_t DescriptorPool::open_count() const {
  std::scoped_lock hold(mutex_);
  return open_.size();
}

void DescriptorPool::admit(PooledFile& file, bool few_left) {
  std::vector<std::shared_ptr<const SegmentFile>> closing;  // closed after unlocking
  std::scoped_lock hold(mutex_);
  if (!file.place_) file.place_ = open_.insert(open_.end(), &file);
  // Everything may be in use all the time; then the bound gives way rather than the work.
  size_t chances = 2 * open_.size();
  const size_t wanted =
      few_left ? std::min(capacity_, std::max<size_t>(open_.size(), 2) - 2) : capacity_;
  while (open_.size() > wanted && chances-- > 0) {
    PooledFile& oldest = *open_.front();
    std::shared_ptr<const SegmentFile> let_go;
    if (&oldest != &file && oldest.let_go_when_idle(let_go)) {
      open_.pop_front();
      oldest.place_.reset();
      closing.push_back(std::move(let_go));
    } else {
      open_.splice(open_.end(), open_, open_.begin());
    }
  }
}

void DescriptorPool::forget(PooledFile& file) {
  std::scoped_lock hold(mutex_);
  if (!file.place_) return;
  open_.erase(*file.place_);
  file.place_.reset();
}

bool PooledFile::let_go_when_idle(std::shared_ptr<const SegmentFile>& into) {
  std::scoped_lock hold(mutex_);
  if (std::exchange(used_, false)) return false;
  into = std::move(file_);
  file_.reset();
  return true;
}

std::string PooledFile::name() const { return file_name(base_, suffix_) + name_end_of(stage_); }

std::filesystem::path PooledFile::path() const {
  std::scoped_lock hold(mutex_);
  return folder_->path_of(name());
}

Result<std::shared_ptr<const SegmentFile>> PooledFile::open(int flags) {
  constexpr int k_reserve = 128;  // for files that are opened for a moment
  std::shared_ptr<const SegmentFile> file;
  {
    std::scoped_lock hold(mutex_);
    used_ = true;
    if (file_) return file_;
    auto fd = folder_->open(name(), flags);
    if (!fd) return fd.error();
    file = file_ = std::make_shared<SegmentFile>(std::move(*fd), folder_->path_of(name()));
  }
  pool_.admit(*this, is_among_last_descriptors(file->fd(), k_reserve));
  return file;
}

Result<std::shared_ptr<const SegmentFile>> PooledFile::get() { return open(O_RDWR); }

Result<std::shared_ptr<const SegmentFile>> PooledFile::make() { return open(O_RDWR | O_CREAT); }

void PooledFile::close() {
  std::shared_ptr<const SegmentFile> closing;
  {
    std::scoped_lock hold(mutex_);
    closing = std::move(file_);
    file_.reset();
  }
  pool_.forget(*this);
}

Result<std::optional<int64_t>> PooledFile::size_on_disk() const {
  const auto where = path();
  struct stat info {};
  if (::stat(where.c_str(), &info) == 0) return std::optional<int64_t>{info.st_size};
  if (errno == ENOENT) return std::optional<int64_t>{};
  return storage_error("stat", where, errno);
}

Result<void> PooledFile::rename_to(FileStage stage) {
  std::scoped_lock hold(mutex_);
  if (stage_ == stage) return ok();
  const std::string old = name();
  stage_ = stage;
  return folder_->rename_file(old, name());
}

void PooledFile::remove() {
  close();
  ::unlink(path().c_str());
}

}  // namespace samsa::log
