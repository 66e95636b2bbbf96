// Looking into a segment: through its indexes, and at its batches.

#include <glog/logging.h>

#include "log/segment.h"
#include "record/record.h"

namespace samsa::log {
namespace {
constexpr size_t k_header_chunk = 4096;
}  // namespace

Result<void> Segment::scan(int64_t from, int64_t limit,
                           const std::function<Result<bool>(record::BatchView, int64_t)>& visit,
                           size_t chunk_bytes) const {
  Bytes chunk;
  auto file = data_.get();
  if (!file) return file.error();
  const int fd = (*file)->fd();
  const auto& path = (*file)->opened_as();
  while (from < limit) {
    char head[record::k_header_up_to_magic];
    auto got = read_at(fd, head, from, path);
    if (!got) return got.error();
    auto header = record::peek_header({head, *got});
    if (!header) return header.error();
    if (!*header) return ok();
    const auto size = static_cast<int64_t>((*header)->size_in_bytes);
    if (from + size > limit) return ok();
    chunk.resize(static_cast<size_t>(std::min<int64_t>(
        std::max<int64_t>(size, static_cast<int64_t>(chunk_bytes)), limit - from)));
    got = read_at(fd, chunk, from, path);
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

Result<void> Segment::scan_headers(
    int64_t from, int64_t limit,
    const std::function<Result<bool>(record::BatchView, int64_t)>& visit) const {
  auto file = data_.get();
  if (!file) return file.error();
  char chunk[k_header_chunk];
  while (from < limit) {
    auto got = read_at((*file)->fd(), chunk, from, (*file)->opened_as());
    if (!got) return got.error();
    size_t in_chunk = 0;
    while (in_chunk < *got) {
      const BytesView rest{chunk + in_chunk, *got - in_chunk};
      auto header = record::peek_header(rest);
      if (!header) return header.error();
      if (!*header || rest.size() < record::overhead_of((*header)->magic)) break;
      const auto size = static_cast<int64_t>((*header)->size_in_bytes);
      if (from + size > limit) return ok();
      auto go_on = visit({rest.data(), (*header)->size_in_bytes}, from);
      if (!go_on) return go_on.error();
      if (!*go_on) return ok();
      from += size;
      in_chunk += (*header)->size_in_bytes;
    }
    if (in_chunk == 0) return ok();
  }
  return ok();
}

Result<int64_t> Segment::indexed_position(Offset offset) const {
  std::scoped_lock hold(mutex_);
  auto at = offsets_.last_where(
      [&](BytesView e) { return base_ + int64_t{load_be<int32_t>(e.data())} <= offset; });
  if (!at) return at.error();
  if (*at < 0) return 0;
  auto entry = offsets_.entry(*at);
  if (!entry) return entry.error();
  const int64_t position = load_be<int32_t>(entry->data() + 4);
  return position >= 0 && position < size() ? position : 0;
}

Result<std::optional<Segment::Found>> Segment::find(Offset offset, int64_t limit) const {
  auto position = indexed_position(offset);
  if (!position) return position.error();
  std::optional<Found> found;
  const auto look = [&](record::BatchView batch, int64_t at) -> Result<bool> {
    if (batch.last_offset() < offset) return true;
    found = Found{at, static_cast<int64_t>(batch.size_in_bytes()), batch.base_offset()};
    return false;
  };
  auto scanned = scan_headers(*position, limit, look);
  if (!scanned && scanned.error().code != Errc::kafka_storage_error && *position > 0) {
    LOG(WARNING) << "The index of " << path().string() << " is wrong about offset " << offset
                 << ": " << scanned.error() << "; searching from the start";
    scanned = scan_headers(0, limit, look);
  }
  if (!scanned) return scanned.error();
  return found;
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

Result<std::optional<TimestampOffset>> Segment::find_time(int64_t timestamp_ms,
                                                          Offset not_below) const {
  auto from = position_for_time(timestamp_ms);
  if (!from) return from.error();
  std::optional<TimestampOffset> found;
  auto scanned = scan(*from, size(), [&](record::BatchView batch, int64_t) -> Result<bool> {
    if (batch.max_timestamp() < timestamp_ms || batch.last_offset() < not_below) return true;
    record::RecordReader reader{batch, record::ReadDepth::skim};
    for (;;) {
      auto record = reader.next();
      if (!record) return record.error();
      if (*record == nullptr) return true;
      if ((*record)->timestamp_ms < timestamp_ms || (*record)->offset < not_below) continue;
      found = TimestampOffset{(*record)->timestamp_ms, (*record)->offset, batch.leader_epoch()};
      return false;
    }
  });
  if (!scanned) return scanned.error();
  return found;
}

Result<std::optional<Offset>> Segment::offset_past(int64_t position, int64_t size) const {
  std::scoped_lock hold(mutex_);
  auto at = offsets_.last_where(
      [&](BytesView e) { return load_be<int32_t>(e.data() + 4) < position + size; });
  if (!at) return at.error();
  auto count = offsets_.count();
  if (!count) return count.error();
  if (*at + 1 >= *count) return std::optional<Offset>{};
  auto entry = offsets_.entry(*at + 1);
  if (!entry) return entry.error();
  return std::optional{base_ + int64_t{load_be<int32_t>(entry->data())}};
}

Result<bool> Segment::collect_aborted(Offset from, Offset below,
                                      std::vector<AbortedTransaction>& into) const {
  std::scoped_lock hold(mutex_);
  auto count = transactions_.count();
  if (!count) return count.error();
  for (int64_t i = 0; i < *count; ++i) {
    auto entry = transactions_.entry(i);
    if (!entry) return entry.error();
    const char* at = entry->data() + 2;
    const AbortedTransaction txn{ProducerId{load_be<int64_t>(at)}, Offset{load_be<int64_t>(at + 8)},
                                 Offset{load_be<int64_t>(at + 16)},
                                 Offset{load_be<int64_t>(at + 24)}};
    if (txn.last_offset >= from && txn.first_offset < below) into.push_back(txn);
    if (txn.last_stable_offset >= below) return true;
  }
  return false;
}

Result<int64_t> Segment::max_timestamp_ms() const {
  std::scoped_lock hold(mutex_);
  if (auto r = load_max_timestamp(); !r) return r.error();
  return max_timestamp_ms_;
}

Result<int64_t> Segment::largest_timestamp_ms() const {
  auto newest = max_timestamp_ms();
  return newest && *newest < 0 ? modified_ms() : newest;
}

Result<int64_t> Segment::first_timestamp_ms() const {
  int64_t first = k_no_timestamp_ms;
  auto scanned = scan_headers(0, size(), [&](record::BatchView batch, int64_t) -> Result<bool> {
    first = batch.max_timestamp();
    return false;
  });
  if (!scanned) return scanned.error();
  return first;
}

Result<Segment::IndexBytes> Segment::index_bytes() const {
  std::scoped_lock hold(mutex_);
  const auto offsets = offsets_.count(), times = times_.count();
  if (!offsets) return offsets.error();
  if (!times) return times.error();
  return IndexBytes{*offsets * 8, *times * 12};
}

bool Segment::index_full(int32_t max_bytes) const {
  std::scoped_lock hold(mutex_);
  const auto offsets = offsets_.count(), times = times_.count();
  return offsets && times && (*offsets >= max_bytes / 8 || *times >= max_bytes / 12 - 1);
}

}  // namespace samsa::log
