#pragma once
// One pass over one log: learns the last offset of each key in its dirty part, then writes all of
// it up to there anew without what later records have made void. Blocks; for a cleaner thread.

#include <functional>

#include "log/cleaner/cleanable_log.h"

namespace samsa::log {

struct CleaningTools {
  KeyMap& map;
  // How full the map may become, of its slots.
  double load_factor = 0.9;
  // Read and written at a time.
  size_t io_buffer_bytes = 256 * 1024;
  // Told of bytes read and written, before the next ones. False: to give up now.
  std::function<bool(int64_t bytes)> go_on;
};

struct CleaningStats {
  BatchFilter::Counts counts;
  int64_t mapped_bytes = 0;
  double map_utilization = 0;
  int segments_before = 0, segments_after = 0;
};

class Cleaning {
 public:
  Cleaning(CleanableLog& log, const CleanableLog::View& view, CleaningTools tools)
      : log_(log), view_(view), tools_(std::move(tools)) {}

  // Where the next pass is to begin; nothing when it was given up, which leaves the log whole: as
  // it was, or with some of its segments cleaned. Errors: CORRUPT_MESSAGE and its like for a log
  // that can't be cleaned; KAFKA_STORAGE_ERROR has fenced the log.
  Result<std::optional<Offset>> run(const Dirt& dirt);
  const CleaningStats& stats() const { return stats_; }

 private:
  using Range = std::span<const std::shared_ptr<Segment>>;
  using Visit = std::function<Result<bool>(record::BatchView)>;

  // The segments that hold the offsets.
  Range range(Offset from, Offset below) const;
  Offset end_of(const std::shared_ptr<Segment>& segment) const;
  Result<std::vector<AbortedTransaction>> aborted_in(Offset from, Offset below) const;
  // Every batch from the position on. False when to give up, or when the visitor wants no more.
  Result<bool> read(const Segment& segment, int64_t position, const Visit& visit);
  bool spend(int64_t bytes);

  Result<bool> fill_map(const Dirt& dirt);
  Result<bool> map_segment(const Segment& segment, Offset from, CleanedTransactions& transactions);
  Result<bool> map_batch(record::BatchView batch, Offset from);
  Result<int64_t> delete_horizon_ms(Offset first_dirty) const;
  Result<bool> clean_group(Range group, Offset round_end, int64_t horizon_ms);
  Result<bool> clean_into(Segment& to, Range group, Offset round_end, int64_t horizon_ms);
  Result<bool> write_out(Segment& to, Bytes& out);
  Result<bool> finish(Segment& to, const Segment& last_of_group);

  CleanableLog& log_;
  const CleanableLog::View& view_;
  CleaningTools tools_;
  CleanedTransactions transactions_;
  BatchFilter filter_{tools_.map, transactions_};
  CleaningStats stats_;
  bool is_map_full_ = false;
  int64_t untold_bytes_ = 0;
};

}  // namespace samsa::log
