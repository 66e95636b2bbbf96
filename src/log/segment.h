#pragma once
// One segment: its data file and its indexes. Appends, truncation and sealing come from the log
// under the log's mutex; lookups come from anywhere. Files are opened when they are first needed.

#include <array>
#include <mutex>
#include <optional>

#include "log/index.h"
#include "log/log.h"
#include "record/batch.h"

namespace samsa::log {

inline constexpr const char* k_log_suffix = ".log";
inline constexpr const char* k_offset_index_suffix = ".index";
inline constexpr const char* k_time_index_suffix = ".timeindex";
inline constexpr const char* k_transaction_index_suffix = ".txnindex";
inline constexpr const char* k_snapshot_suffix = ".snapshot";

struct AppendedRange {
  Offset first_offset;
  Offset last_offset;
  int64_t max_timestamp_ms = k_no_timestamp_ms;
  Offset offset_of_max_timestamp = k_no_offset;
};

class Segment {
 public:
  // What a new or found segment is given.
  struct Place {
    std::shared_ptr<const LogFolder> folder;
    Offset base;
    DescriptorPool& descriptors;
    int64_t now_ms;
    int64_t roll_jitter_ms;
    // How large to make a new file at once; sealing cuts what was not needed.
    int64_t preallocated_bytes = 0;
  };
  // Makes the file; one of a cleaner takes the place of what an earlier try may have left.
  static Result<std::shared_ptr<Segment>> create(const Place& place,
                                                 FileStage stage = FileStage::live);
  // One that is there. Opens nothing and trusts the indexes; see make_active() and recover().
  static Result<std::shared_ptr<Segment>> load(const Place& place,
                                               FileStage stage = FileStage::live);

  // Gets ready for appends: brings the indexes into memory and finds the log's end, reading from
  // the last index entry on. An error of KAFKA_STORAGE_ERROR is the disk's, CORRUPT_MESSAGE says
  // that the indexes do not belong to the data. The next offset.
  Result<Offset> make_active();
  // Whether an offset can be told as a distance from the segment's base, as the indexes do.
  static bool fits(Offset offset, Offset base) {
    return offset >= base && offset - base <= INT32_MAX;
  }
  struct Recovered {
    int64_t cut_bytes = 0;
    // Some offset does not fit. Nothing is lost, but the indexes are of no use: see
    // log_split.cpp.
    bool has_overflow = false;
  };
  // Checks every batch, rebuilds the indexes and cuts what follows the last good batch. `visit` is
  // told of each good batch, in order; the transaction index is for it to fill. `next_base` is that
  // of the segment behind, where there is one: no checksum covers an offset, so that one far away
  // is damage unless what follows lies behind it.
  Result<Recovered> recover(int32_t index_interval, std::optional<Offset> next_base,
                            const std::function<Result<void>(record::BatchView)>& visit);

  Result<void> append(BytesView bytes, const AppendedRange& range, int32_t index_interval);
  // The same for whole batches, each of which may get an index entry: a cleaner's, which writes
  // many at a time. Nobody else may know the segment.
  Result<void> append_batches(BytesView batches, int32_t index_interval);
  Result<void> append_aborted(const AbortedTransaction& transaction);
  Result<void> truncate_to(Offset offset, int64_t now_ms);
  // No more appends: last time index entry, trimmed files.
  Result<void> seal();
  // Data and indexes.
  Result<void> sync();
  Result<void> rename_to(FileStage stage);
  // From now on what fails is no fault of the disk: its files are going.
  void set_dropped() { is_dropped_.store(true, std::memory_order_release); }
  void remove_files();
  bool is_dropped() const { return is_dropped_.load(std::memory_order_acquire); }

  struct Found {
    int64_t position = 0;
    int64_t size = 0;  // of the batch
    Offset base_offset;
  };
  // The first batch whose last offset is not below; nothing past the end.
  Result<std::optional<Found>> find(Offset offset, int64_t limit) const;
  static constexpr size_t k_scan_chunk = 64 * 1024;
  // Visits whole batches from a position until it returns false. Reads a chunk at a time.
  Result<void> scan(int64_t from, int64_t limit,
                    const std::function<Result<bool>(record::BatchView, int64_t)>& visit,
                    size_t chunk_bytes = k_scan_chunk) const;
  // The same, reading headers alone: nothing behind a batch's header may be looked at.
  Result<void> scan_headers(
      int64_t from, int64_t limit,
      const std::function<Result<bool>(record::BatchView, int64_t)>& visit) const;
  // The first record at or after the offset with that timestamp or a later one.
  Result<std::optional<TimestampOffset>> find_time(int64_t timestamp_ms, Offset not_below) const;
  // Where the batches end that a reader may get who starts at a position: the offset of the first
  // index entry past `position + size`, where there is one.
  Result<std::optional<Offset>> offset_past(int64_t position, int64_t size) const;
  // Appends those that overlap [from, below). True when no later segment can hold more.
  Result<bool> collect_aborted(Offset from, Offset below,
                               std::vector<AbortedTransaction>& into) const;

  Offset base() const { return base_; }
  int64_t size() const { return size_.load(std::memory_order_acquire); }
  // The open data file.
  Result<std::shared_ptr<const SegmentFile>> file() const { return data_.get(); }
  std::filesystem::path path() const { return data_.path(); }
  Result<int64_t> max_timestamp_ms() const;
  // The newest record's, or the file's age where the records tell none.
  Result<int64_t> largest_timestamp_ms() const;
  // The first batch's; -1 where there is none.
  Result<int64_t> first_timestamp_ms() const;
  Result<int64_t> modified_ms() const;
  // Makes the file as old as the other one's.
  Result<void> set_modified_as(const Segment& other);
  struct IndexBytes {
    int64_t offsets = 0, times = 0;
  };
  Result<IndexBytes> index_bytes() const;
  bool index_full(int32_t max_bytes) const;
  // How long records have been coming in, by their timestamps: from the first batch's to this one;
  // where the first has none, by the clock since the segment was opened.
  Result<int64_t> waited_for_roll_ms(int64_t now_ms, int64_t timestamp_ms);
  int64_t roll_jitter_ms() const { return roll_jitter_ms_; }

 private:
  Segment(const Place& place, FileStage stage);
  std::array<PooledFile*, 4> files();
  Result<void> preallocate(int64_t bytes);
  Result<void> add_entries(Offset last_offset, int64_t position);
  Result<void> add_time_entry();
  Result<void> load_max_timestamp() const;
  Result<int64_t> indexed_position(Offset offset) const;
  Result<int64_t> position_for_time(int64_t timestamp_ms) const;
  void note_timestamps(record::BatchView batch);
  // Whether all that follows the batch at the position lies behind that offset.
  Result<bool> goes_on_behind(Offset last, int64_t position, std::optional<Offset> next_base) const;
  const Offset base_;
  std::atomic<int64_t> size_{0};
  std::atomic<bool> is_dropped_{false};
  int64_t created_ms_;
  const int64_t roll_jitter_ms_;
  std::optional<int64_t> first_timestamp_ms_;  // of the first batch
  int64_t since_index_ = 0;
  bool is_preallocated_ = false;
  mutable PooledFile data_;
  mutable std::mutex mutex_;  // guards what follows
  mutable IndexFile offsets_, times_, transactions_;
  mutable bool knows_max_timestamp_ = false;
  mutable int64_t max_timestamp_ms_ = k_no_timestamp_ms;
  mutable Offset offset_of_max_timestamp_ = k_no_offset;
};

}  // namespace samsa::log
