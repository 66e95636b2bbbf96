#pragma once
// One segment: its data file and its indexes. Appends, truncation and sealing come from the log
// under the log's mutex; lookups come from anywhere. Files are opened when they are first needed.

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
  };
  // Makes the file.
  static Result<std::shared_ptr<Segment>> create(const Place& place);
  // One that is there. Opens nothing and trusts the indexes; see make_active() and recover().
  static Result<std::shared_ptr<Segment>> load(const Place& place,
                                               const char* data_suffix = k_log_suffix);

  // Gets ready for appends: brings the indexes into memory and finds the log's end, reading from
  // the last index entry on. An error of KAFKA_STORAGE_ERROR is the disk's, CORRUPT_MESSAGE says
  // that the indexes do not belong to the data. The next offset.
  Result<Offset> make_active();
  // Checks every batch, rebuilds the indexes and cuts what follows the last good batch. `visit` is
  // told of each good batch, in order; the transaction index is for it to fill. The bytes cut.
  Result<int64_t> recover(int32_t index_interval,
                          const std::function<Result<void>(record::BatchView)>& visit);

  Result<void> append(BytesView bytes, const AppendedRange& range, int32_t index_interval);
  Result<void> append_aborted(const AbortedTransaction& transaction);
  Result<void> truncate_to(Offset offset, int64_t now_ms);
  // No more appends: last time index entry, trimmed indexes.
  Result<void> seal();
  // Data and indexes.
  Result<void> sync();
  Result<void> rename_to_deleted();
  void remove_files();
  // Its files are going or gone: what fails now is no fault of the disk.
  bool is_dropped() const { return is_dropped_.load(std::memory_order_acquire); }

  struct Found {
    int64_t position = 0;
    int64_t size = 0;  // of the batch
    Offset base_offset;
  };
  // The first batch whose last offset is not below; nothing past the end.
  Result<std::optional<Found>> find(Offset offset, int64_t limit) const;
  // Visits whole batches from a position until it returns false.
  Result<void> scan(int64_t from, int64_t limit,
                    const std::function<Result<bool>(record::BatchView, int64_t)>& visit) const;
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
  Result<int64_t> modified_ms() const;
  bool index_full(int32_t max_bytes) const;
  // How long records have been coming in, by their timestamps: from the first batch's to this one;
  // where the first has none, by the clock since the segment was opened.
  Result<int64_t> waited_for_roll_ms(int64_t now_ms, int64_t timestamp_ms);
  int64_t roll_jitter_ms() const { return roll_jitter_ms_; }

 private:
  Segment(const Place& place, const char* data_suffix);
  Result<void> add_time_entry();
  Result<void> load_max_timestamp() const;
  Result<int64_t> indexed_position(Offset offset) const;
  Result<int64_t> position_for_time(int64_t timestamp_ms) const;
  void note_timestamps(record::BatchView batch);
  const Offset base_;
  std::atomic<int64_t> size_{0};
  std::atomic<bool> is_dropped_{false};
  int64_t created_ms_;
  const int64_t roll_jitter_ms_;
  std::optional<int64_t> first_timestamp_ms_;  // of the first batch
  int64_t since_index_ = 0;
  mutable PooledFile data_;
  mutable std::mutex mutex_;  // guards what follows
  mutable IndexFile offsets_, times_, transactions_;
  mutable bool knows_max_timestamp_ = false;
  mutable int64_t max_timestamp_ms_ = k_no_timestamp_ms;
  mutable Offset offset_of_max_timestamp_ = k_no_offset;
};

}  // namespace samsa::log
