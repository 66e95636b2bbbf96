#pragma once
// What a Log is made of; shared by the files that implement it.

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "base/adaptive_mutex.h"
#include "log/epoch_cache.h"
#include "log/log.h"
#include "log/log_files.h"
#include "log/producer_state.h"
#include "log/retention.h"
#include "log/segment.h"
#include "log/tail_marks.h"

namespace samsa::log {

struct Log::State {
  using Segments = std::map<Offset, std::shared_ptr<Segment>>;

  State(LogPlace p, LogConfig c, LogHooks h)
      : place(std::move(p)),
        config(c),
        hooks(std::move(h)),
        folder(std::make_shared<LogFolder>(place.dir)),
        producers(place.tp) {}

  // Everything below is called with `mutex` held, or before anybody else knows the log.
  Segment& active() { return *segments.rbegin()->second; }
  Offset first_segment() const { return segments.begin()->first; }
  // The segment that an offset belongs in; the first for those before it.
  Segments::iterator segment_of(Offset offset);
  Segment::Place segment_place(Offset base);
  Result<void> add_segment(Offset base);
  // Does what may wait for the disk, and notes how long that took.
  template <class Work>
  Result<void> watched(const Work& work);
  Result<void> roll(Offset base);
  Result<void> maybe_roll(int64_t incoming, int64_t max_timestamp_ms, Offset first_offset,
                          Offset last_offset);
  Result<void> write(BytesView bytes, const AppendedRange& range,
                     const ProducerState::Update& update);
  void set_high_watermark(Offset to);
  void set_log_start(Offset to);
  Offset last_stable() const;
  Result<void> drop(Segments::iterator at);
  // Whether the cleaner had been further than the log reaches now.
  bool lower_first_dirty();
  Result<Fate> judge_first(int64_t bytes) const;
  Result<int> drop_due_segments();
  Result<void> usable() const;
  // Remembers the failure; the hook is due after unlocking, through report().
  Error fail(Error error);
  void remember(const Error& error);
  void note(const Error& error) { static_cast<void>(fail(error)); }

  // log_producers.cpp: the producers' state and its snapshots.
  // Writes one at the state's end, unless there is one. Not synced: the next flush() sees to that,
  // and a torn one is recognised.
  Result<void> snapshot(const ProducerState& seen);
  void remove_snapshots(const std::function<bool(Offset)>& which);
  // Makes `seen` what the log below `end` tells, from the last snapshot on. Takes those that are
  // missing at the end and at the last two segments.
  Result<void> reload_producers(ProducerState& seen, Offset end);
  // Whether the batch completed an aborted transaction, which goes into that segment's index.
  Result<void> replay(ProducerState& seen, record::BatchView batch, Segment* index_into);

  // log_load.cpp: recovery.
  Result<void> load();
  Result<void> load_files();
  Result<void> load_segments(const LogFiles& files);
  // Batches of older formats have no place for an epoch, so that a log of theirs keeps none.
  bool keeps_epochs() const { return config.message_format >= record::k_magic_v2; }
  Result<void> rebuild_epochs();
  // Only where the segments after it are recovered, too, may its batches add epochs.
  enum class Epochs { known, from_batches };
  Result<bool> recover(Segment& segment, ProducerState& seen, Epochs which);
  Result<void> recover_unflushed(ProducerState& seen);
  Result<void> find_end();
  // log_split.cpp. While loading: puts segments that can be indexed in the place of one that has
  // offsets too far from its base. The files, that is; they are to be loaded then.
  Result<void> split(Segment& overflowed);

  // log_read.cpp; they take the lock for themselves.
  struct ReadView;
  Result<ReadView> view(Offset from, Isolation isolation, ReadSlice& slice) const;
  void take(ReadView& view, Segments::const_iterator at) const;  // this one is called with it
  bool advance(ReadView& view) const;
  Result<std::optional<Segment::Found>> locate(ReadView& view, Offset from,
                                               int32_t max_bytes) const;
  Result<int64_t> limit_of(const ReadView& view) const;
  Result<bool> collect_aborted(const ReadView& view, ReadSlice& slice) const;

  // Without the lock.
  void report();
  // For failures while reading: fences, unless the segment was being removed.
  Error fail_read(Error error, const Segment& segment);
  Result<void> flush_below(std::optional<Offset> limit);
  record::Checked<AppendInfo> after_append(record::Checked<AppendInfo> appended, bool flush_due);

  LogPlace place;
  LogConfig config;
  LogHooks hooks;
  const std::shared_ptr<LogFolder> folder;
  std::mutex flush_mutex;  // taken before `mutex`
  mutable AdaptiveMutex mutex;
  Segments segments;
  Offset log_start{0}, log_end{0}, high_watermark{0}, recovery_point{0};
  TailMarks marks;
  EpochCache epochs;
  ProducerState producers;
  std::set<Offset> snapshots, unsynced_snapshots;
  std::vector<std::pair<int64_t, std::shared_ptr<Segment>>> deleted;  // when, what
  std::optional<Error> failure;
  std::atomic<bool> healthy{true};  // whether there is none, for those who ask without the mutex
  bool reported = false, closed = false, directory_dirty = false, parent_dirty = false;
  int64_t last_flush_ms = 0;
  // Of the active segment: handed to the disk already, and its size at the look before.
  int64_t written_back = 0, old_enough_for_write_back = 0;
  int64_t truncations = 0;
  std::shared_ptr<Segment> to_split;  // why loading ended early

  // The cleaner's; see cleaner/cleanable_log.h.
  // Held by whoever takes full segments away or puts others in their place, and taken before
  // `mutex`: the cleaner's renaming waits for the disk, and appends must not wait with it.
  std::mutex shape_mutex;
  std::optional<Offset> first_dirty;
  bool is_claimed = false, is_uncleanable = false, cleaning_ended = false, cleaning_paused = false;
  std::condition_variable_any unclaimed;
};

}  // namespace samsa::log
