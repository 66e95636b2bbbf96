#pragma once
// One partition's log on disk. Every member may be called from any thread; all I/O blocks.
//
// One mutex guards the tail and the list of segments; it is held for an append's bookkeeping and
// its write. Readers hold it only to pick a segment and its bounds. A failed read, write or sync
// fences the log: everything after it answers KAFKA_STORAGE_ERROR, and a sync is never tried again.

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/errc.h"
#include "base/types.h"
#include "log/log_config.h"
#include "log/segment_file.h"
#include "record/validate.h"

namespace samsa::log {

class DescriptorPool;
class DiskPace;
class RecoveryProgress;
using record::Origin;

// An offset and, where known, the place of it.
struct OffsetMetadata {
  Offset offset{0};
  Offset segment_base = k_no_offset;
  int64_t position = -1;
  bool has_position() const { return position >= 0; }
  friend bool operator==(const OffsetMetadata&, const OffsetMetadata&) = default;
};

struct AbortedTransaction {
  ProducerId producer_id;
  Offset first_offset;
  Offset last_offset;         // the marker's
  Offset last_stable_offset;  // when the marker was written
  friend bool operator==(const AbortedTransaction&, const AbortedTransaction&) = default;
};

struct AppendInfo {
  Offset first_offset = k_no_offset;
  Offset last_offset = k_no_offset;
  int64_t max_timestamp_ms = k_no_timestamp_ms;
  // -1 unless the topic's timestamp type is LogAppendTime.
  int64_t log_append_time_ms = k_no_timestamp_ms;
  Offset log_start_offset = k_no_offset;
  // Nothing was written: these are the offsets the same batch got the first time.
  bool duplicate = false;
  int64_t bytes = 0;
  int32_t record_count = 0;
  record::ConversionStats conversion;
};

enum class Isolation { log_end, high_watermark, txn_committed };

// A range of a segment's file to be sent as it is. No bytes have been read.
struct ReadSlice {
  std::shared_ptr<const SegmentFile> file;  // null when there is nothing to send
  int64_t position = 0;
  int64_t length = 0;
  OffsetMetadata start;
  // The first batch alone exceeds max_bytes and min_one_message was not asked for: length is what
  // fits of it, so that an old consumer can see that there is more.
  bool first_batch_incomplete = false;
  // What the reader may see of this segment, whatever the read was bound to; it goes on in a later
  // one where that is so.
  int64_t visible_bytes = 0;
  bool has_later_segment = false;
  // Filled for Isolation::txn_committed only.
  std::vector<AbortedTransaction> aborted;
  Offset log_start_offset;
  Offset log_end_offset;
  Offset high_watermark;
  Offset last_stable_offset;
};

// The bytes of the range; fewer where the file has been cut meanwhile.
Result<Bytes> read_bytes(const ReadSlice& slice);

struct TimestampOffset {
  int64_t timestamp_ms = k_no_timestamp_ms;
  Offset offset = k_no_offset;
  LeaderEpoch leader_epoch = k_no_leader_epoch;
};

struct EpochEndOffset {
  LeaderEpoch epoch = k_no_leader_epoch;
  Offset end_offset = k_no_offset;
};

struct LogPlace {
  // The log's own directory, e.g. /data/topic-3; created when absent.
  std::filesystem::path dir;
  TopicPartition tp;
  // From the checkpoints; the recovery point only tells where an unclean log must be checked.
  Offset log_start_offset{0};
  Offset recovery_point{0};
  bool had_clean_shutdown = false;
  // Up to where the cleaner has come, as far as anybody remembers.
  std::optional<Offset> first_dirty;
};

struct LogHooks {
  Clock* clock = &Clock::system();
  // Absent: the process's.
  DescriptorPool* descriptors = nullptr;
  // What open() tells of its reading, where it must recover; may be absent.
  RecoveryProgress* recovery = nullptr;
  // What is told how long writes take; may be absent.
  DiskPace* pace = nullptr;
  // The directory can no longer be trusted. Called at most once a log, without its lock.
  std::function<void(const Error&)> on_storage_failure;
  // A truncation took records that the cleaner had been over; its checkpoint is to be written
  // before others take their place. Without the log's lock.
  std::function<void()> on_first_dirty_lowered;
};

class Log {
 public:
  static Result<std::unique_ptr<Log>> open(LogPlace place, LogConfig config, LogHooks hooks = {});
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Trims the indexes, takes a producer snapshot and syncs. Idempotent.
  Result<void> close();

  // Checks the batches, gives them offsets and writes them. The bytes are patched in place. Checks
  // of content happen before the lock is taken. MESSAGE_TOO_LARGE also for what unpacks to more
  // than `unpack_at_most`; nothing has happened to the bytes then.
  record::Checked<AppendInfo> append_as_leader(std::span<char> batches, LeaderEpoch epoch,
                                               Origin origin = Origin::client,
                                               size_t unpack_at_most = SIZE_MAX);
  // Batches of a leader: offsets and epochs are kept.
  record::Checked<AppendInfo> append_as_follower(std::span<char> batches);

  // OFFSET_OUT_OF_RANGE outside [log start, log end]. At most max_bytes, or, with min_one_message,
  // at least the first batch.
  Result<ReadSlice> read(Offset from, int32_t max_bytes, Isolation isolation,
                         bool min_one_message) const;

  const TopicPartition& tp() const;
  std::filesystem::path dir() const;
  // True for a log that is being moved here from another directory.
  bool is_future() const;
  int64_t size_bytes() const;
  // From the place of a record on, as a read has told it.
  int64_t bytes_from(const OffsetMetadata& place) const;
  // What a log's directory owner asks first: false after a storage failure.
  bool is_healthy() const;
  // How the disk of its directory is doing; null where nobody looks. Without any lock.
  const DiskPace* pace() const;
  // Its directory failed elsewhere: from now on everything answers KAFKA_STORAGE_ERROR.
  void fence(const Error& why);

  Offset log_start_offset() const;
  // Where the oldest segment begins; not above the log's start.
  Offset first_segment_base() const;
  Offset log_end_offset() const;
  OffsetMetadata log_end_offset_metadata() const;
  Offset high_watermark() const;
  OffsetMetadata high_watermark_metadata() const;
  // Bounded by the log's start and end; may move back. The value that holds now.
  Offset update_high_watermark(Offset to);
  // Only forward. The old value when it moved.
  std::optional<Offset> maybe_increment_high_watermark(Offset to);
  Offset last_stable_offset() const;
  std::optional<Offset> first_unstable_offset() const;

  // The first record with that timestamp or a later one; nothing when there is none.
  Result<std::optional<TimestampOffset>> offset_for_timestamp(int64_t timestamp_ms) const;
  // The epoch asked for or the largest below it, and where it ends; nothing when not known.
  std::optional<EpochEndOffset> end_offset_for_epoch(LeaderEpoch epoch) const;
  std::optional<LeaderEpoch> latest_epoch() const;
  // The epoch in which the record at the offset was written, where that is known.
  std::optional<LeaderEpoch> epoch_at(Offset offset) const;
  // What ListOffsets 0 answers: start offsets of segments, newest first, from the last one that
  // began before the time on. -1 is now (the log's end comes first), -2 the earliest.
  Result<std::vector<int64_t>> segment_offsets_before(int64_t timestamp_ms, int32_t count) const;
  Result<void> maybe_assign_epoch_start_offset(LeaderEpoch epoch, Offset start);

  // Cuts everything from the offset on. False when there was nothing to cut.
  Result<bool> truncate_to(Offset target);
  Result<void> truncate_fully_and_start_at(Offset start);
  // DeleteRecords: OFFSET_OUT_OF_RANGE above the high watermark. False when not an advance.
  Result<bool> maybe_increment_log_start_offset(Offset to);
  // Below it the cleaner has been over everything; nothing where it has not come yet.
  std::optional<Offset> first_dirty_offset() const;
  // No cleaner may begin on this log any more, and one that has begun gives up.
  void end_cleaning();
  // The same for a while: what is being copied must not fall behind what the cleaner's checkpoint
  // tells of it. Waits for a cleaner to give up.
  void pause_cleaning();
  void resume_cleaning();
  // Of the log whose copy this is, to the same end, and whose place it is to take: the high
  // watermark, the log's start, and up to where it is clean.
  Result<void> take_over(const Log& from);
  // By time, by size and below the log start; never above the high watermark. How many went.
  Result<int> delete_old_segments();
  // Starts a new segment, unless the active one is empty.
  Result<void> roll();
  // Makes everything durable and advances the recovery point to the end.
  Result<void> flush();
  // The same for the segments that are full: what recovery after a crash need not read again. For a
  // background thread; costs nothing where there is nothing to do.
  Result<void> flush_rolled();
  Offset recovery_point() const;
  int64_t last_flush_ms() const;
  // Starts write-back of what was there at the call before this one already: pages that are still
  // being written to would stall their writers. For a background thread, every few seconds.
  void start_write_back();
  void remove_expired_producers(int64_t now_ms);
  // Removes producer snapshots that neither recovery from this recovery point nor a truncation
  // within the last two segments can need. Once the recovery point is in its checkpoint.
  void prune_snapshots(Offset checkpointed_recovery_point);

  void update_config(LogConfig config);
  LogConfig config() const;
  int segment_count() const;
  int64_t producer_count() const;

  // Renames the directory to TOPIC-PARTITION.ID-delete (or -future → none). Reads in flight go on.
  Result<void> rename_dir(const std::string& name);
  // Removes files and directory, once a cleaner has given up on them. The log answers
  // KAFKA_STORAGE_ERROR afterwards.
  Result<void> delete_files();
  // Removes the files whose delay (file.delete.delay.ms) has passed.
  void reap_deleted_files(int64_t now_ms);

  struct State;  // of this room

 private:
  friend class CleanableLog;
  explicit Log(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace samsa::log
