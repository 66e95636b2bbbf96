// A segment's life: made or found, appended to, cut, sealed, removed.

#include "log/segment.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <unistd.h>

namespace samsa::log {
namespace {
constexpr size_t k_offset_entry = 8, k_time_entry = 12, k_transaction_entry = 34;
}  // namespace

Segment::Segment(const Place& p, FileStage stage)
    : base_(p.base),
      created_ms_(p.now_ms),
      roll_jitter_ms_(p.roll_jitter_ms),
      data_(p.folder, p.base, k_log_suffix, p.descriptors, stage),
      offsets_(p.folder, p.base, k_offset_index_suffix, k_offset_entry, p.descriptors, stage),
      times_(p.folder, p.base, k_time_index_suffix, k_time_entry, p.descriptors, stage),
      transactions_(p.folder, p.base, k_transaction_index_suffix, k_transaction_entry,
                    p.descriptors, stage) {}

Result<std::shared_ptr<Segment>> Segment::create(const Place& place, FileStage stage) {
  std::shared_ptr<Segment> segment{new Segment(place, stage)};
  if (stage != FileStage::live)
    for (PooledFile* file : segment->files()) file->remove();
  auto file = segment->data_.make();
  if (!file) return file.error();
  if (place.preallocated_bytes > 0)
    if (auto r = segment->preallocate(place.preallocated_bytes); !r) return r.error();
  for (IndexFile* index : {&segment->offsets_, &segment->times_, &segment->transactions_})
    if (auto r = index->load(); !r) return r.error();
  segment->knows_max_timestamp_ = true;
  return segment;
}

Result<std::shared_ptr<Segment>> Segment::load(const Place& place, FileStage stage) {
  std::shared_ptr<Segment> segment{new Segment(place, stage)};
  auto size = segment->data_.size_on_disk();
  if (!size) return size.error();
  if (!*size) return storage_error("open", segment->path(), ENOENT);
  segment->size_ = **size;
  return segment;
}

Result<Offset> Segment::make_active() {
  const auto corrupt = [](const IndexFile& index) {
    return Error{Errc::corrupt_message, "Corrupt index found, index file (" +
                                            index.path().string() + ") does not belong to its log"};
  };
  int64_t from = 0;
  {
    std::scoped_lock hold(mutex_);
    for (IndexFile* index : {&offsets_, &times_, &transactions_})
      if (auto r = index->load(); !r) return r.error();
    if (const int64_t count = *offsets_.count(); count > 0) {
      const Bytes last = *offsets_.entry(count - 1);
      from = load_be<int32_t>(last.data() + 4);
      if (load_be<int32_t>(last.data()) < 0 || from < 0 || from >= size()) return corrupt(offsets_);
    }
    if (const int64_t count = *times_.count(); count > 0) {
      const Bytes last = *times_.entry(count - 1);
      if (load_be<int32_t>(last.data() + 8) < 0) return corrupt(times_);
    }
    if (auto r = load_max_timestamp(); !r) return r.error();
  }
  Offset next = base_;
  int64_t end = from;
  auto scanned =
      scan_headers(from, size(), [&](record::BatchView batch, int64_t at) -> Result<bool> {
        next = batch.next_offset();
        end = at + static_cast<int64_t>(batch.size_in_bytes());
        std::scoped_lock hold(mutex_);
        note_timestamps(batch);
        return true;
      });
  if (!scanned) return scanned.error();
  if (end != size() || (next <= base_ && size() > 0)) return corrupt(offsets_);
  return next;
}

Result<void> Segment::load_max_timestamp() const {
  if (knows_max_timestamp_) return ok();
  auto count = times_.count();
  if (!count) return count.error();
  if (*count > 0) {
    auto last = times_.entry(*count - 1);
    if (!last) return last.error();
    max_timestamp_ms_ = load_be<int64_t>(last->data());
    offset_of_max_timestamp_ = base_ + int64_t{load_be<int32_t>(last->data() + 8)};
  }
  knows_max_timestamp_ = true;
  return ok();
}

void Segment::note_timestamps(record::BatchView batch) {
  if (batch.max_timestamp() <= max_timestamp_ms_) return;
  max_timestamp_ms_ = batch.max_timestamp();
  offset_of_max_timestamp_ = batch.last_offset();
}

Result<void> Segment::add_entries(Offset last_offset, int64_t position) {
  Bytes entry;
  append_be(entry, static_cast<int32_t>(last_offset - base_));
  append_be(entry, static_cast<int32_t>(position));
  if (auto r = offsets_.append(entry); !r) return r;
  return add_time_entry();
}

Result<void> Segment::add_time_entry() {
  if (auto r = load_max_timestamp(); !r) return r;
  if (max_timestamp_ms_ < 0) return ok();
  auto count = times_.count();
  if (!count) return count.error();
  if (*count > 0) {
    auto last = times_.entry(*count - 1);
    if (!last) return last.error();
    if (load_be<int64_t>(last->data()) >= max_timestamp_ms_) return ok();
  }
  Bytes entry;
  append_be(entry, max_timestamp_ms_);
  append_be(entry, static_cast<int32_t>(offset_of_max_timestamp_ - base_));
  return times_.append(entry);
}

Result<bool> Segment::goes_on_behind(Offset last, int64_t position,
                                     std::optional<Offset> next_base) const {
  bool ascends = true;
  Offset end = k_no_offset;
  auto scanned = scan_headers(position, size(), [&](record::BatchView batch, int64_t at) {
    ascends = at == position || batch.last_offset() > std::max(last, end);
    if (at != position) end = batch.last_offset();
    return Result<bool>{ascends};
  });
  if (!scanned && scanned.error().code == Errc::kafka_storage_error) return scanned.error();
  if (!ascends) return false;
  return next_base ? *next_base > std::max(last, end) : end != k_no_offset;
}

Result<Segment::Recovered> Segment::recover(
    int32_t index_interval, std::optional<Offset> next_base,
    const std::function<Result<void>(record::BatchView)>& visit) {
  {
    std::scoped_lock hold(mutex_);
    for (IndexFile* index : {&offsets_, &times_}) {
      if (auto r = index->truncate(0); !r) return r.error();
    }
    auto transactions = transactions_.count();
    if (!transactions) return transactions.error();
    if (*transactions > 0)
      if (auto r = transactions_.truncate(0); !r) return r.error();
    max_timestamp_ms_ = k_no_timestamp_ms;
    offset_of_max_timestamp_ = k_no_offset;
    knows_max_timestamp_ = true;
  }
  int64_t good = 0, last_entry = 0;
  Offset last = base_ - 1;
  Recovered recovered;
  const auto take = [&](record::BatchView batch, int64_t at) -> Result<bool> {
    // No CRC covers the offset. One that does not lie behind the last could not be found by anyone.
    if (!batch.ensure_valid() || batch.last_offset() <= last) return false;
    if (!recovered.has_overflow && !fits(batch.last_offset(), base_)) {
      auto real = goes_on_behind(batch.last_offset(), at, next_base);
      if (!real || !*real) return real;
      recovered.has_overflow = true;
    }
    last = batch.last_offset();
    if (!recovered.has_overflow) {
      std::scoped_lock hold(mutex_);
      note_timestamps(batch);
      if (at - last_entry > index_interval) {
        if (auto r = add_entries(batch.last_offset(), at); !r) return r.error();
        last_entry = at;
      }
    }
    if (auto r = visit(batch); !r) return r.error();
    good = at + static_cast<int64_t>(batch.size_in_bytes());
    return true;
  };
  auto scanned = scan(0, size(), take);
  if (!scanned && scanned.error().code == Errc::kafka_storage_error) return scanned.error();
  std::scoped_lock hold(mutex_);
  if (!recovered.has_overflow)
    if (auto r = add_time_entry(); !r) return r.error();
  recovered.cut_bytes = size() - good;
  if (recovered.cut_bytes > 0) {
    auto file = data_.get();
    if (!file) return file.error();
    if (::ftruncate((*file)->fd(), good) != 0) return storage_error("truncate", path(), errno);
  }
  size_ = good;
  return recovered;
}

Result<void> Segment::append(BytesView bytes, const AppendedRange& range, int32_t index_interval) {
  const int64_t position = size();
  auto file = data_.get();
  if (!file) return file.error();
  if (auto r = write_all_at((*file)->fd(), bytes, position, (*file)->opened_as()); !r) return r;
  if (position == 0) first_timestamp_ms_ = range.max_timestamp_ms;
  std::scoped_lock hold(mutex_);
  if (range.max_timestamp_ms > max_timestamp_ms_) {
    max_timestamp_ms_ = range.max_timestamp_ms;
    offset_of_max_timestamp_ = range.offset_of_max_timestamp;
  }
  if (since_index_ > index_interval) {
    if (auto r = add_entries(range.last_offset, position); !r) return r;
    since_index_ = 0;
  }
  since_index_ += static_cast<int64_t>(bytes.size());
  size_.store(position + static_cast<int64_t>(bytes.size()), std::memory_order_release);
  return ok();
}

Result<void> Segment::append_batches(BytesView batches, int32_t index_interval) {
  const int64_t position = size();
  auto file = data_.get();
  if (!file) return file.error();
  if (auto r = write_all_at((*file)->fd(), batches, position, (*file)->opened_as()); !r) return r;
  std::scoped_lock hold(mutex_);
  int64_t at = position;
  auto indexed = record::for_each_batch(batches, [&](record::BatchView batch) -> Result<void> {
    if (!fits(batch.last_offset(), base_) || at > INT32_MAX)
      return Error{Errc::corrupt_message, "Offset " + std::to_string(batch.last_offset().value()) +
                                              " does not fit into " + path().string()};
    note_timestamps(batch);
    if (since_index_ > index_interval) {
      if (auto r = add_entries(batch.last_offset(), at); !r) return r;
      since_index_ = 0;
    }
    at += static_cast<int64_t>(batch.size_in_bytes());
    since_index_ += static_cast<int64_t>(batch.size_in_bytes());
    return ok();
  });
  size_.store(at, std::memory_order_release);
  return indexed;
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

Result<void> Segment::truncate_to(Offset offset, int64_t now_ms) {
  auto found = find(offset, size());
  if (!found) return found.error();
  const int64_t position = *found ? (*found)->position : size();
  {
    std::scoped_lock hold(mutex_);
    const auto keep = [](IndexFile& index,
                         const std::function<bool(BytesView)>& below) -> Result<void> {
      auto kept = index.last_where(below);
      if (!kept) return kept.error();
      // An index of a sealed segment becomes one that is appended to.
      return index.truncate(*kept + 1);
    };
    auto kept = keep(offsets_, [&](BytesView e) {
      return base_ + int64_t{load_be<int32_t>(e.data())} < offset;
    });
    if (!kept) return kept;
    kept = keep(times_, [&](BytesView e) {
      return base_ + int64_t{load_be<int32_t>(e.data() + 8)} < offset;
    });
    if (!kept) return kept;
    auto transactions = transactions_.count();
    if (!transactions) return transactions.error();
    if (*transactions > 0) {
      kept = keep(transactions_,
                  [&](BytesView e) { return Offset{load_be<int64_t>(e.data() + 18)} < offset; });
      if (!kept) return kept;
    }
    auto file = data_.get();
    if (!file) return file.error();
    if (::ftruncate((*file)->fd(), position) != 0) return storage_error("truncate", path(), errno);
    size_ = position;
    since_index_ = 0;
    max_timestamp_ms_ = k_no_timestamp_ms;
    offset_of_max_timestamp_ = k_no_offset;
    knows_max_timestamp_ = true;
    if (position == 0) {
      created_ms_ = now_ms;
      first_timestamp_ms_.reset();
    }
  }
  return scan_headers(0, position, [&](record::BatchView batch, int64_t) -> Result<bool> {
    std::scoped_lock hold(mutex_);
    note_timestamps(batch);
    return true;
  });
}

// Blocks, not only a length, so that a full disk is met here and not by an append. A file that a
// killed process leaves so ends in zeros, which recovery cuts as no batch.
Result<void> Segment::preallocate(int64_t bytes) {
  auto file = data_.get();
  if (!file) return file.error();
  const int fd = (*file)->fd();
  is_preallocated_ = true;
  if (::fallocate(fd, 0, 0, bytes) == 0) return ok();
  const bool is_offered = errno != EOPNOTSUPP && errno != ENOSYS;
  if (is_offered || ::ftruncate(fd, bytes) != 0) return storage_error("preallocate", path(), errno);
  return ok();
}

Result<void> Segment::seal() {
  if (std::exchange(is_preallocated_, false)) {
    auto file = data_.get();
    if (!file) return file.error();
    if (::ftruncate((*file)->fd(), size()) != 0) return storage_error("truncate", path(), errno);
  }
  std::scoped_lock hold(mutex_);
  if (auto r = add_time_entry(); !r) return r;
  if (auto r = offsets_.seal(); !r) return r;
  if (auto r = times_.seal(); !r) return r;
  auto transactions = transactions_.count();
  if (!transactions) return transactions.error();
  return *transactions > 0 ? transactions_.seal() : ok();
}

Result<int64_t> Segment::waited_for_roll_ms(int64_t now_ms, int64_t timestamp_ms) {
  if (!first_timestamp_ms_ && size() > 0) {
    auto first = first_timestamp_ms();
    if (!first) return first.error();
    first_timestamp_ms_ = *first;
  }
  if (first_timestamp_ms_ && *first_timestamp_ms_ >= 0) return timestamp_ms - *first_timestamp_ms_;
  return now_ms - created_ms_;
}

}  // namespace samsa::log
