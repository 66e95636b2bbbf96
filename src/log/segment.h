#pragma once
// One segment: its data file and its indexes. Appends, truncation and sealing come from the log
// under the log's mutex; lookups come from anywhere.

#include <mutex>
#include <optional>

#include "log/index.h"
#include "log/log.h"
#include "record/batch.h"

namespace samsa::log {

std::string file_name(Offset base, std::string_view suffix);

struct AppendedRange {
  Offset first_offset;
  Offset last_offset;
  int64_t max_timestamp_ms = k_no_timestamp_ms;
  Offset offset_of_max_timestamp = k_no_offset;
};

class Segment {
 public:
  static Result<std::shared_ptr<Segment>> open(const std::filesystem::path& dir, Offset base,
                                               int64_t now_ms);
  // Loads the indexes; an error means that they do not belong to the data.
  Result<void> load_indexes();
  // Checks every batch, rebuilds the indexes and cuts what follows the last good batch. The bytes
  // cut.
  Result<int64_t> recover(int32_t index_interval);

  Result<void> append(BytesView bytes, const AppendedRange& range, int32_t index_interval);
  Result<void> append_aborted(const AbortedTransaction& transaction);
  Result<void> truncate_to(Offset offset);
  // No more appends: last time index entry, trimmed indexes.
  Result<void> seal();
  Result<void> sync() const;
  Result<void> rename_to_deleted();
  void remove_files();
  void move_to(const std::filesystem::path& dir);

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
  Result<int64_t> position_for_time(int64_t timestamp_ms) const;
  std::vector<AbortedTransaction> aborted(Offset from, Offset below) const;

  Offset base() const { return base_; }
  int64_t size() const { return size_.load(std::memory_order_acquire); }
  const std::shared_ptr<const SegmentFile>& file() const { return file_; }
  int64_t max_timestamp_ms() const;
  int64_t modified_ms() const;
  bool index_full(int32_t max_bytes) const;
  std::optional<int64_t> first_timestamp_ms() const { return first_timestamp_ms_; }
  int64_t created_ms() const { return created_ms_; }

 private:
  Segment(const std::filesystem::path& dir, Offset base, int64_t now_ms);
  Result<void> add_time_entry();
  Offset base_;
  std::filesystem::path path_;
  std::shared_ptr<const SegmentFile> file_;
  std::atomic<int64_t> size_{0};
  int64_t created_ms_;
  std::optional<int64_t> first_timestamp_ms_;
  int64_t since_index_ = 0;
  mutable std::mutex mutex_;  // guards what follows
  IndexFile offsets_, times_, transactions_;
  int64_t max_timestamp_ms_ = k_no_timestamp_ms;
  Offset offset_of_max_timestamp_ = k_no_offset;
  std::string suffix_;
};

}  // namespace samsa::log
