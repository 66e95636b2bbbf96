#pragma once
// What a Log is made of; shared by the files that implement it.

#include <map>
#include <mutex>

#include "log/epoch_cache.h"
#include "log/log.h"
#include "log/producer_state.h"
#include "log/segment.h"

namespace samsa::log {

struct Log::State {
  State(LogPlace p, LogConfig c, LogHooks h)
      : place(std::move(p)), config(c), hooks(std::move(h)), producers(place.tp) {}

  // Everything below is called with `mutex` held.
  Segment& active() { return *segments.rbegin()->second; }
  Offset first_segment() const { return segments.begin()->first; }
  Result<void> add_segment(Offset base);
  Result<void> roll(Offset base);
  Result<void> maybe_roll(int64_t incoming, int64_t max_timestamp_ms, Offset last_offset);
  Result<void> write(BytesView bytes, const AppendedRange& range,
                     const ProducerState::Update& update);
  Result<void> snapshot();
  void prune_snapshots(Offset below);
  Result<void> rebuild_producers(bool use_snapshots);
  void set_high_watermark(Offset to);
  void set_log_start(Offset to);
  Offset last_stable() const;
  Result<void> drop(std::map<Offset, std::shared_ptr<Segment>>::iterator at);
  Result<void> usable() const;
  // Remembers the failure; the hook is due after unlocking, through report().
  Error fail(Error error);
  void note(const Error& error) { static_cast<void>(fail(error)); }

  // Without the lock.
  void report();
  Result<void> load();
  Result<void> load_segment(Offset base, bool& cut);

  LogPlace place;
  LogConfig config;
  LogHooks hooks;
  mutable std::mutex mutex;
  std::map<Offset, std::shared_ptr<Segment>> segments;
  Offset log_start{0}, log_end{0}, high_watermark{0}, recovery_point{0};
  EpochCache epochs;
  ProducerState producers;
  std::vector<std::pair<int64_t, std::shared_ptr<Segment>>> deleted;  // when, what
  std::optional<Error> failure;
  bool reported = false, closed = false, directory_dirty = true;
  int64_t last_flush_ms = 0;
  // Of the active segment: handed to the disk already, and its size at the look before.
  int64_t written_back = 0, old_enough_for_write_back = 0;
};

}  // namespace samsa::log
