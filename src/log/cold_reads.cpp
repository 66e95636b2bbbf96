#include "log/cold_reads.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace samsa::log {
namespace {

constexpr int64_t k_kib = 1024, k_mib = 1024 * k_kib, k_page = 4 * k_kib;

// Linux 6.5 tells how much of a stretch is cached; the C library does not know the call yet.
std::optional<int64_t> cached_pages(int fd, int64_t position, int64_t length) {
  constexpr long k_cachestat = 451;
  struct {
    uint64_t position, length;
  } const range{static_cast<uint64_t>(position), static_cast<uint64_t>(length)};
  struct {
    uint64_t cached, dirty, written_back, evicted, recently_evicted;
  } found{};
  if (::syscall(k_cachestat, fd, &range, &found, 0) != 0) return std::nullopt;
  return static_cast<int64_t>(found.cached);
}

// The same for an older Linux, or a container that does not let the call through, at a few
// microseconds a mebibyte.
std::optional<int64_t> mapped_pages(int fd, int64_t position, int64_t length) {
  const auto bytes = static_cast<size_t>(length);
  void* const at = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, position);
  if (at == MAP_FAILED) return std::nullopt;
  std::vector<unsigned char> pages((bytes + k_page - 1) / k_page);
  const bool told = ::mincore(at, bytes, pages.data()) == 0;
  ::munmap(at, bytes);
  if (!told) return std::nullopt;
  return std::ranges::count_if(pages, [](unsigned char page) { return (page & 1) != 0; });
}

}  // namespace

// Reading without waiting (RWF_NOWAIT) would not do: such a read begins to read ahead.
bool ColdReads::is_cold(const ReadSlice& slice) {
  if (slice.length <= 0) return false;
  const int64_t from = slice.position / k_page * k_page;
  const int64_t length = slice.position + slice.length - from;
  auto cached = cached_pages(slice.file->fd(), from, length);
  constexpr int64_t k_worth_mapping = 128 * k_kib;
  if (!cached && length >= k_worth_mapping) cached = mapped_pages(slice.file->fd(), from, length);
  return cached && *cached < (length + k_page - 1) / k_page;
}

void ColdReads::bring_in(const ReadSlice& slice, int64_t ahead_bytes) {
  constexpr size_t k_piece = 256 * k_kib;
  const int fd = slice.file->fd();
  const int64_t to = slice.position + std::max(slice.length, std::min(ahead_bytes, k_mib));
  ::posix_fadvise(fd, slice.position, to - slice.position, POSIX_FADV_WILLNEED);
  const auto piece = std::make_unique_for_overwrite<char[]>(k_piece);
  int64_t at = slice.position;
  while (at < to) {
    const ssize_t n =
        ::pread(fd, piece.get(), static_cast<size_t>(std::min<int64_t>(k_piece, to - at)), at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    at += n;
  }
  note(slice.file, slice.position, at);
}

void ColdReads::note(const std::shared_ptr<const SegmentFile>& file, int64_t from, int64_t to) {
  if (to <= from) return;
  std::deque<Stretch> excess;
  {
    std::scoped_lock hold(mutex_);
    if (!extend_recent(file, from, to)) {
      stretches_.push_back({file, from, to});
      bytes_ += to - from;
    }
    excess = take_excess();
  }
  for (const auto& [weak, begin, end] : excess)
    if (const auto held = weak.lock())
      ::posix_fadvise(held->fd(), begin, end - begin, POSIX_FADV_DONTNEED);
}

// The kernel reads ahead, too, so that the next read may begin a bit further on.
bool ColdReads::extend_recent(const std::shared_ptr<const SegmentFile>& file, int64_t from,
                              int64_t to) {
  constexpr int64_t k_largest_gap = k_mib, k_largest = 8 * k_mib;
  constexpr size_t k_looked_at = 64;
  size_t looked_at = 0;
  for (auto at = stretches_.rbegin(); at != stretches_.rend() && looked_at < k_looked_at;
       ++at, ++looked_at) {
    if (from < at->from || from > at->to + k_largest_gap || at->to - at->from >= k_largest ||
        at->file.owner_before(file) || file.owner_before(at->file))
      continue;
    bytes_ += std::max<int64_t>(to - at->to, 0);
    at->to = std::max(at->to, to);
    return true;
  }
  return false;
}

// With the mutex held: the oldest ones beyond what may stay; none where memory is free.
std::deque<ColdReads::Stretch> ColdReads::take_excess() {
  std::deque<Stretch> excess;
  constexpr int64_t k_least = 64 * k_mib, k_parts = 8;
  if (bytes_ <= k_least) return excess;
  const Memory memory = memory_();
  const int64_t most = std::max(k_least, memory.total_bytes / k_parts);
  while (bytes_ > most) {
    bytes_ -= stretches_.front().to - stretches_.front().from;
    excess.push_back(std::move(stretches_.front()));
    stretches_.pop_front();
  }
  if (!memory.is_short()) excess.clear();
  return excess;
}

}  // namespace samsa::log
