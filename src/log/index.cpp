#include "log/index.h"

#include <fcntl.h>
#include <unistd.h>

namespace samsa::log {

Result<void> IndexFile::load() {
  std::error_code ignored;
  memory_.clear();
  if (std::filesystem::exists(path_, ignored)) {
    auto content = read_file(path_);
    if (!content) return content.error();
    memory_ = std::move(*content);
  }
  size_t used = memory_.size() / entry_size_ * entry_size_;
  while (used > 0 &&
         BytesView(memory_).substr(used - entry_size_, entry_size_).find_first_not_of('\0') ==
             BytesView::npos)
    used -= entry_size_;
  memory_.resize(used);
  memory_.shrink_to_fit();
  count_ = static_cast<int64_t>(used / entry_size_);
  in_memory_ = true;
  return ok();
}

Result<void> IndexFile::open_for_writing() {
  if (fd_) return ok();
  auto file = open_file(path_, O_RDWR | O_CREAT | O_CLOEXEC);
  if (!file) return file.error();
  fd_ = std::move(*file);
  return ok();
}

Result<void> IndexFile::append(BytesView bytes) {
  if (!in_memory_) {
    if (auto r = load(); !r) return r;
  }
  if (auto r = open_for_writing(); !r) return r;
  const int64_t position = count_ * static_cast<int64_t>(entry_size_);
  if (auto r = write_all_at(fd_.get(), bytes, position, path_); !r) return r;
  memory_ += bytes;
  ++count_;
  return ok();
}

Result<void> IndexFile::truncate(int64_t count) {
  if (!in_memory_) {
    if (auto r = load(); !r) return r;
  }
  if (auto r = open_for_writing(); !r) return r;
  count_ = std::min(count, count_);
  const auto size = count_ * static_cast<int64_t>(entry_size_);
  memory_.resize(static_cast<size_t>(size));
  if (::ftruncate(fd_.get(), size) != 0) return storage_error("truncate", path_, errno);
  return ok();
}

Result<void> IndexFile::seal() {
  if (auto r = truncate(count_); !r) return r;
  Bytes{}.swap(memory_);
  fd_.reset();
  in_memory_ = false;
  return ok();
}

Result<Bytes> IndexFile::entry(int64_t at) const {
  const auto position = at * static_cast<int64_t>(entry_size_);
  if (in_memory_) return memory_.substr(static_cast<size_t>(position), entry_size_);
  auto file = open_file(path_, O_RDONLY | O_CLOEXEC);
  if (!file) return file.error();
  Bytes found(entry_size_, '\0');
  auto size = read_at(file->get(), found, position, path_);
  if (!size) return size.error();
  if (*size != entry_size_) return storage_error("read", path_, EIO);
  return found;
}

Result<int64_t> IndexFile::last_where(const std::function<bool(BytesView)>& fits) const {
  Bytes loaded;
  if (!in_memory_ && count_ > 0) {
    auto content = read_file(path_);
    if (!content) return content.error();
    loaded = std::move(*content);
    if (loaded.size() < static_cast<size_t>(count_) * entry_size_)
      return storage_error("read", path_, EIO);
  }
  const BytesView all = in_memory_ ? BytesView(memory_) : BytesView(loaded);
  int64_t low = 0, high = count_;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    const auto at = static_cast<size_t>(middle) * entry_size_;
    if (fits(all.substr(at, entry_size_))) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

}  // namespace samsa::log
