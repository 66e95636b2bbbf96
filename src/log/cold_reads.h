#pragma once
// Reads of what the page cache does not hold: those of consumers that catch up. They wait for the
// disk, so they are no work for an event loop; and what they bring in is mostly read once, so it
// must not drive out what everybody else reads and writes at the logs' ends.
//
// What was brought in stays for others that catch up, until an eighth of the memory has been
// brought in after it. Then it is dropped, unless there is free memory. Any thread.

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "base/memory.h"
#include "log/log.h"

namespace samsa::log {

class ColdReads {
 public:
  explicit ColdReads(std::function<Memory()> memory = [] { return read_memory(); })
      : memory_(std::move(memory)) {}

  // Whether sending it would have to wait for the disk; false where that can't be told. Costs a
  // fifth of a microsecond.
  static bool is_cold(const ReadSlice& slice);
  // Brings it into the page cache, and where it is small so much of its file that small reads do
  // not each come here: a mebibyte, or as much as is given. Returns when it is there. What can't be
  // read is left for the one who sends it to find.
  void bring_in(const ReadSlice& slice, int64_t ahead_bytes = INT64_MAX);

 private:
  struct Stretch {
    std::weak_ptr<const SegmentFile> file;
    int64_t from = 0, to = 0;
  };
  void note(const std::shared_ptr<const SegmentFile>& file, int64_t from, int64_t to);
  bool extend_recent(const std::shared_ptr<const SegmentFile>& file, int64_t from, int64_t to);
  std::deque<Stretch> take_excess();

  const std::function<Memory()> memory_;
  std::mutex mutex_;  // guards the next two
  std::deque<Stretch> stretches_;
  int64_t bytes_ = 0;
};

}  // namespace samsa::log
