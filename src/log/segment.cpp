#include "log/segment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace samsa::log {
namespace {
constexpr size_t k_offset_entry = 8, k_time_entry = 12, k_transaction_entry = 34;
constexpr size_t k_scan_chunk = 64 * 1024;
}  // namespace

std::string file_name(Offset base, std::string_view suffix) {
  std::string digits = std::to_string(base.value());
  return std::string(20 - std::min<size_t>(20, digits.size()), '0') + digits + std::string(suffix);
}

Segment::Segment(const std::filesystem::path& dir, Offset base, int64_t now_ms)
    : base_(base),
      path_(dir / file_name(base, ".log")),
      created_ms_(now_ms),
      offsets_(dir / file_name(base, ".index"), k_offset_entry),
      times_(dir / file_name(base, ".timeindex"), k_time_entry),
      transactions_(dir / file_name(base, ".txnindex"), k_transaction_entry) {}

Result<std::shared_ptr<Segment>> Segment::open(const std::filesystem::path& dir, Offset base,
                                               int64_t now_ms) {
  std::shared_ptr<Segment> segment{new Segment(dir, base, now_ms)};
  auto fd = open_file(segment->path_, O_RDWR | O_CREAT | O_CLOEXEC);
  if (!fd) return fd.error();
  struct stat info {};
  if (::fstat(fd->get(), &info) != 0) return storage_error("stat", segment->path_, errno);
  segment->size_ = info.st_size;
  segment->file_ = std::make_shared<SegmentFile>(std::move(*fd), segment->path_);
  return segment;
}

Result<void> Segment::load_indexes() {
  std::scoped_lock hold(mutex_);
  for (IndexFile* index : {&offsets_, &times_, &transactions_}) {
    if (auto r = index->load(); !r) return r;
  }
  if (size() > 0 && !std::filesystem::exists(offsets_.path())) {
    return Error{Errc::kafka_storage_error,
                 "Could not find offset index file corresponding to log file " + path_.string()};
  }
  if (offsets_.count() > 0) {
    auto last = offsets_.entry(offsets_.count() - 1);
    if (!last) return last.error();
    const auto position = load_be<int32_t>(last->data() + 4);
    if (load_be<int32_t>(last->data()) < 0 || position < 0 || position >= size())
      return Error{Errc::kafka_storage_error,
                   "Corrupt index found, index file (" + offsets_.path().string() + ")"};
  }
  if (times_.count() > 0) {
    auto last = times_.entry(times_.count() - 1);
    if (!last) return last.error();
    max_timestamp_ms_ = load_be<int64_t>(last->data());
    const auto relative = load_be<int32_t>(last->data() + 8);
    if (relative < 0)
      return Error{Errc::kafka_storage_error,
                   "Corrupt time index found, time index file (" + times_.path().string() + ")"};
    offset_of_max_timestamp_ = base_ + int64_t{relative};
  }
  return ok();
}

Result<void> Segment::scan(
    int64_t from, int64_t limit,
    const std::function<Result<bool>(record::BatchView, int64_t)>& visit) const {
  Bytes chunk;
  while (from < limit) {
    char head[record::k_header_up_to_magic];
    auto got = read_at(file_->fd(), head, from, path_);
    if (!got) return got.error();
    auto header = record::peek_header({head, *got});
    if (!header) return header.error();
    if (!*header) return ok();
    const auto size = static_cast<int64_t>((*header)->size_in_bytes);
    if (from + size > limit) return ok();
    chunk.resize(static_cast<size_t>(
        std::min<int64_t>(std::max<int64_t>(size, k_scan_chunk), limit - from)));
    got = read_at(file_->fd(), chunk, from, path_);
    if (!got) return got.error();
    record::BatchIterator batches{BytesView(chunk).substr(0, *got)};
    const int64_t start = from;
    for (;;) {
      const auto at = start + static_cast<int64_t>(batches.position());
      auto batch = batches.next();
      if (!batch) return batch.error();
      if (!*batch) break;
      auto go_on = visit(**batch, at);
      if (!go_on) return go_on.error();
      if (!*go_on) return ok();
      from = start + static_cast<int64_t>(batches.position());
    }
    if (from == start) return ok();
  }
  return ok();
}

Result<void> Segment::add_time_entry() {
  if (max_timestamp_ms_ < 0) return ok();
  if (times_.count() > 0) {
    auto last = times_.entry(times_.count() - 1);
    if (!last) return last.error();
    if (load_be<int64_t>(last->data()) >= max_timestamp_ms_) return ok();
  }
  Bytes entry;
  append_be(entry, max_timestamp_ms_);
  append_be(entry, static_cast<int32_t>(offset_of_max_timestamp_ - base_));
  return times_.append(entry);
}

Result<int64_t> Segment::recover(int32_t index_interval) {
  std::scoped_lock hold(mutex_);
  for (IndexFile* index : {&offsets_, &times_, &transactions_}) {
    if (auto r = index->truncate(0); !r) return r.error();
  }
  max_timestamp_ms_ = k_no_timestamp_ms;
  offset_of_max_timestamp_ = k_no_offset;
  int64_t good = 0, last_entry = 0;
  auto scanned = scan(0, size(), [&](record::BatchView batch, int64_t at) -> Result<bool> {
    if (!batch.ensure_valid() || batch.last_offset() < base_ ||
        batch.last_offset() - base_ > INT32_MAX)
      return false;
    if (batch.max_timestamp() > max_timestamp_ms_) {
      max_timestamp_ms_ = batch.max_timestamp();
      offset_of_max_timestamp_ = batch.last_offset();
    }
    if (at - last_entry > index_interval) {
      Bytes entry;
      append_be(entry, static_cast<int32_t>(batch.last_offset() - base_));
      append_be(entry, static_cast<int32_t>(at));
      if (auto r = offsets_.append(entry); !r) return r.error();
      if (auto r = add_time_entry(); !r) return r.error();
      last_entry = at;
    }
    good = at + static_cast<int64_t>(batch.size_in_bytes());
    return true;
  });
  if (!scanned && scanned.error().code == Errc::kafka_storage_error) return scanned.error();
  if (auto r = add_time_entry(); !r) return r.error();
  const int64_t cut = size() - good;
  if (cut > 0 && ::ftruncate(file_->fd(), good) != 0)
    return storage_error("truncate", path_, errno);
  size_ = good;
  return cut;
}

Result<void> Segment::append(BytesView bytes, const AppendedRange& range, int32_t index_interval) {
  const int64_t position = size();
  if (auto r = write_all_at(file_->fd(), bytes, position, path_); !r) return r;
  if (!first_timestamp_ms_ && range.max_timestamp_ms >= 0)
    first_timestamp_ms_ = range.max_timestamp_ms;
  std::scoped_lock hold(mutex_);
  if (range.max_timestamp_ms > max_timestamp_ms_) {
    max_timestamp_ms_ = range.max_timestamp_ms;
    offset_of_max_timestamp_ = range.offset_of_max_timestamp;
  }
  if (since_index_ > index_interval) {
    Bytes entry;
    append_be(entry, static_cast<int32_t>(range.last_offset - base_));
    append_be(entry, static_cast<int32_t>(position));
    if (auto r = offsets_.append(entry); !r) return r;
    if (auto r = add_time_entry(); !r) return r;
    since_index_ = 0;
  }
  since_index_ += static_cast<int64_t>(bytes.size());
  size_.store(position + static_cast<int64_t>(bytes.size()), std::memory_order_release);
  return ok();
}

Result<void> Segment::append_aborted(const AbortedTransaction& transaction) {
  Bytes entry;
  append_be(entry, int16_t{0});
  append_be(entry, transaction.producer_id.value());
  append_be(entry, transaction.first_offset.value());
  append_be(entry, transaction.last_offset.value());
  append_be(entry, transaction.last_stable_offset.value());
  std::scoped_lock hold(mutex_);
  return transactions_.append(entry);
}

std::vector<AbortedTransaction> Segment::aborted(Offset from, Offset below) const {
  std::scoped_lock hold(mutex_);
  std::vector<AbortedTransaction> found;
  for (int64_t i = 0; i < transactions_.count(); ++i) {
    auto entry = transactions_.entry(i);
    if (!entry) break;
    const char* at = entry->data() + 2;
    const AbortedTransaction txn{ProducerId{load_be<int64_t>(at)}, Offset{load_be<int64_t>(at + 8)},
                                 Offset{load_be<int64_t>(at + 16)},
                                 Offset{load_be<int64_t>(at + 24)}};
    if (txn.last_offset >= from && txn.first_offset < below) found.push_back(txn);
  }
  return found;
}

Result<std::optional<Segment::Found>> Segment::find(Offset offset, int64_t limit) const {
  int64_t position = 0;
  {
    std::scoped_lock hold(mutex_);
    auto at = offsets_.last_where(
        [&](BytesView e) { return base_ + int64_t{load_be<int32_t>(e.data())} <= offset; });
    if (!at) return at.error();
    if (*at >= 0) {
      auto entry = offsets_.entry(*at);
      if (!entry) return entry.error();
      position = load_be<int32_t>(entry->data() + 4);
    }
  }
  char chunk[4096];
  while (position < limit) {
    auto got = read_at(file_->fd(), chunk, position, path_);
    if (!got) return got.error();
    size_t in_chunk = 0;
    for (;;) {
      const BytesView rest{chunk + in_chunk, *got - in_chunk};
      auto header = record::peek_header(rest);
      if (!header) return header.error();
      if (!*header || rest.size() < record::overhead_of((*header)->magic)) break;
      const auto size = (*header)->size_in_bytes;
      const record::BatchView batch{rest.data(), size};  // header fields only
      if (position + static_cast<int64_t>(size) > limit) return std::optional<Found>{};
      if (batch.last_offset() >= offset)
        return std::optional<Found>{{position, static_cast<int64_t>(size), batch.base_offset()}};
      position += static_cast<int64_t>(size);
      in_chunk += size;
      if (in_chunk >= *got) break;
    }
    if (in_chunk == 0) break;
  }
  return std::optional<Found>{};
}

Result<int64_t> Segment::position_for_time(int64_t timestamp_ms) const {
  Offset from = base_;
  {
    std::scoped_lock hold(mutex_);
    auto at =
        times_.last_where([&](BytesView e) { return load_be<int64_t>(e.data()) < timestamp_ms; });
    if (!at) return at.error();
    if (*at >= 0) {
      auto entry = times_.entry(*at);
      if (!entry) return entry.error();
      from = base_ + int64_t{load_be<int32_t>(entry->data() + 8)};
    }
  }
  auto found = find(from, size());
  if (!found) return found.error();
  return *found ? (*found)->position : size();
}

Result<void> Segment::truncate_to(Offset offset) {
  auto found = find(offset, size());
  if (!found) return found.error();
  if (!*found) return ok();
  const int64_t position = (*found)->position;
  std::scoped_lock hold(mutex_);
  auto kept = offsets_.last_where(
      [&](BytesView e) { return base_ + int64_t{load_be<int32_t>(e.data())} < offset; });
  if (!kept) return kept.error();
  if (auto r = offsets_.truncate(*kept + 1); !r) return r;
  kept = times_.last_where(
      [&](BytesView e) { return base_ + int64_t{load_be<int32_t>(e.data() + 8)} < offset; });
  if (!kept) return kept.error();
  if (auto r = times_.truncate(*kept + 1); !r) return r;
  kept = transactions_.last_where(
      [&](BytesView e) { return Offset{load_be<int64_t>(e.data() + 18)} < offset; });
  if (!kept) return kept.error();
  if (auto r = transactions_.truncate(*kept + 1); !r) return r;
  if (::ftruncate(file_->fd(), position) != 0) return storage_error("truncate", path_, errno);
  size_ = position;
  since_index_ = 0;
  max_timestamp_ms_ = k_no_timestamp_ms;
  offset_of_max_timestamp_ = k_no_offset;
  return scan(0, position, [&](record::BatchView batch, int64_t) -> Result<bool> {
    if (batch.max_timestamp() > max_timestamp_ms_) {
      max_timestamp_ms_ = batch.max_timestamp();
      offset_of_max_timestamp_ = batch.last_offset();
    }
    return true;
  });
}

Result<void> Segment::seal() {
  std::scoped_lock hold(mutex_);
  if (auto r = add_time_entry(); !r) return r;
  if (auto r = offsets_.seal(); !r) return r;
  if (auto r = times_.seal(); !r) return r;
  return transactions_.count() > 0 ? transactions_.seal() : ok();
}

Result<void> Segment::sync() const {
  if (::fdatasync(file_->fd()) != 0) return storage_error("sync", path_, errno);
  return ok();
}

Result<void> Segment::rename_to_deleted() {
  std::scoped_lock hold(mutex_);
  suffix_ = ".deleted";
  for (const auto& path : {path_, offsets_.path(), times_.path(), transactions_.path()}) {
    if (::rename(path.c_str(), (path.string() + suffix_).c_str()) != 0 && errno != ENOENT)
      return storage_error("rename", path, errno);
  }
  return ok();
}

void Segment::remove_files() {
  std::scoped_lock hold(mutex_);
  for (const auto& path : {path_, offsets_.path(), times_.path(), transactions_.path()})
    ::unlink((path.string() + suffix_).c_str());
}

void Segment::move_to(const std::filesystem::path& dir) {
  std::scoped_lock hold(mutex_);
  path_ = dir / path_.filename();
  for (IndexFile* index : {&offsets_, &times_, &transactions_})
    index->set_path(dir / index->path().filename());
}

int64_t Segment::max_timestamp_ms() const {
  std::scoped_lock hold(mutex_);
  return max_timestamp_ms_;
}

int64_t Segment::modified_ms() const {
  struct stat info {};
  if (::fstat(file_->fd(), &info) != 0) return 0;
  return int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
}

bool Segment::index_full(int32_t max_bytes) const {
  std::scoped_lock hold(mutex_);
  return offsets_.count() >= max_bytes / 8 || times_.count() >= max_bytes / 12 - 1;
}

}  // namespace samsa::log
