#include "log/index.h"

#include <fcntl.h>
#include <unistd.h>

namespace samsa::log {
namespace {

// What is kept of a file that was looked into: 4 KiB of an offset index, which stand for 2 MiB or
// more of records.
constexpr int64_t k_stretch_entries = 512;
// Entries wait for each other until there are this many bytes: a system call for each would cost as
// much as the check of its records.
constexpr size_t k_write_bytes = 512;

// The number of entries before the zeros of a preallocated file or a torn entry.
int64_t used_entries(BytesView content, size_t entry_size) {
  size_t used = content.size() / entry_size * entry_size;
  while (used > 0 &&
         content.substr(used - entry_size, entry_size).find_first_not_of('\0') == BytesView::npos)
    used -= entry_size;
  return static_cast<int64_t>(used / entry_size);
}

int64_t last_in(BytesView entries, size_t entry_size, const std::function<bool(BytesView)>& fits) {
  int64_t low = 0, high = static_cast<int64_t>(entries.size() / entry_size);
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (fits(entries.substr(static_cast<size_t>(middle) * entry_size, entry_size))) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

}  // namespace

Result<void> IndexFile::load() {
  memory_.clear();
  auto size = file_.size_on_disk();
  if (!size) return size.error();
  if (*size) {
    auto content = read_file(file_.path());
    if (!content) return content.error();
    memory_ = std::move(*content);
  }
  count_ = used_entries(memory_, entry_size_);
  memory_.resize(static_cast<size_t>(count_) * entry_size_);
  memory_.shrink_to_fit();
  written_ = memory_.size();
  in_memory_ = true;
  return ok();
}

Result<void> IndexFile::measure() const {
  if (count_ >= 0) return ok();
  auto size = file_.size_on_disk();
  if (!size) return size.error();
  count_ = size->value_or(0) / static_cast<int64_t>(entry_size_);
  if (count_ == 0) return ok();
  auto last = entry(count_ - 1);
  if (last && last->find_first_not_of('\0') == Bytes::npos) {
    auto content = read_file(file_.path());
    if (content) count_ = used_entries(*content, entry_size_);
    if (!content) last = content.error();
  }
  if (!last) {
    count_ = -1;
    return last.error();
  }
  return ok();
}

Result<int64_t> IndexFile::count() const {
  if (auto r = measure(); !r) return r.error();
  return count_;
}

Result<void> IndexFile::append(BytesView bytes) {
  if (!in_memory_) {
    if (auto r = load(); !r) return r;
  }
  is_dirty_ = true;
  memory_ += bytes;
  ++count_;
  return memory_.size() - written_ < k_write_bytes ? ok() : write_out();
}

Result<void> IndexFile::write_out() {
  if (written_ == memory_.size()) return ok();
  auto file = file_.make();
  if (!file) return file.error();
  const auto unwritten = BytesView(memory_).substr(written_);
  if (auto r = write_all_at((*file)->fd(), unwritten, static_cast<int64_t>(written_),
                            (*file)->opened_as());
      !r)
    return r;
  written_ = memory_.size();
  return ok();
}

Result<void> IndexFile::truncate(int64_t count) {
  if (!in_memory_) {
    if (auto r = load(); !r) return r;
  }
  auto file = file_.make();
  if (!file) return file.error();
  count_ = std::min(count, count_);
  const auto size = count_ * static_cast<int64_t>(entry_size_);
  memory_.resize(static_cast<size_t>(size));
  written_ = std::min(written_, memory_.size());
  if (auto r = write_out(); !r) return r;
  is_dirty_ = true;
  (*file)->recent = {};
  if (::ftruncate((*file)->fd(), size) != 0)
    return storage_error("truncate", (*file)->opened_as(), errno);
  return ok();
}

Result<void> IndexFile::seal() {
  if (auto r = truncate(count_ < 0 ? INT64_MAX : count_); !r) return r;
  Bytes{}.swap(memory_);
  written_ = 0;
  in_memory_ = false;
  return ok();
}

Result<void> IndexFile::sync() {
  if (!is_dirty_) return ok();
  if (auto r = write_out(); !r) return r;
  auto file = file_.get();
  if (!file) return file.error();
  if (::fdatasync((*file)->fd()) != 0) return storage_error("sync", (*file)->opened_as(), errno);
  is_dirty_ = false;
  return ok();
}

Result<Bytes> IndexFile::entry(int64_t at) const {
  const auto position = at * static_cast<int64_t>(entry_size_);
  if (in_memory_) return memory_.substr(static_cast<size_t>(position), entry_size_);
  auto file = file_.get();
  if (!file) return file.error();
  Bytes found(entry_size_, '\0');
  auto size = read_at((*file)->fd(), found, position, (*file)->opened_as());
  if (!size) return size.error();
  if (*size != entry_size_) return storage_error("read", (*file)->opened_as(), EIO);
  return found;
}

Result<int64_t> IndexFile::last_where(const std::function<bool(BytesView)>& fits) const {
  if (in_memory_) return last_in(memory_, entry_size_, fits);
  if (auto r = measure(); !r) return r.error();
  if (count_ == 0) return -1;
  auto file = file_.get();
  if (!file) return file.error();
  auto& recent = (*file)->recent;
  const auto fits_in = [&](const Bytes& entries, size_t at) {
    return fits(BytesView(entries).substr(at, entry_size_));
  };
  // The answer lies in the stretch at hand when its first entry fits and its last does not, or is
  // the last of all.
  if (!recent.entries.empty() && fits_in(recent.entries, 0)) {
    const auto entries = static_cast<int64_t>(recent.entries.size() / entry_size_);
    if (recent.first_entry + entries == count_ ||
        !fits_in(recent.entries, recent.entries.size() - entry_size_))
      return recent.first_entry + last_in(recent.entries, entry_size_, fits);
  }
  int64_t low = 0, high = count_;
  while (high - low > k_stretch_entries) {
    const int64_t middle = low + (high - low) / 2;
    auto at = entry(middle);
    if (!at) return at.error();
    (fits(*at) ? low : high) = middle;
  }
  const int64_t wanted = std::min(k_stretch_entries, count_ - low);
  Bytes entries(static_cast<size_t>(wanted) * entry_size_, '\0');
  auto size = read_at((*file)->fd(), entries, low * static_cast<int64_t>(entry_size_),
                      (*file)->opened_as());
  if (!size) return size.error();
  if (*size != entries.size()) return storage_error("read", (*file)->opened_as(), EIO);
  recent.first_entry = low;
  recent.entries = std::move(entries);
  return low + last_in(recent.entries, entry_size_, fits);
}

}  // namespace samsa::log
