#pragma once
// A log as a cleaner may touch it.
//
// Nobody waits for a cleaner but the removal of the log's files. Whoever truncates, deletes
// segments, takes "compact" out of the topic's policy (KAFKA-12840) or fences the log does so at
// once; the cleaner finds out, at the latest when it wants to put its segment in the place of
// others, and gives up. Any thread; one claim a log at a time.

#include <memory>
#include <optional>
#include <vector>

#include "log/cleaner/batch_filter.h"
#include "log/cleaner/dirt.h"
#include "log/segment.h"

namespace samsa::log {

class CleanableLog {
 public:
  using Segments = std::vector<std::shared_ptr<Segment>>;
  // What holds at one moment.
  struct View {
    LogConfig config;
    Segments segments;  // by offset; the last one is active
    Offset log_start, log_end, last_stable;
    std::optional<Offset> first_dirty;
    int64_t truncations = 0;
  };

  // Nothing where another one has it, where "compact" is not the log's policy, or where the log
  // must not be cleaned any more.
  static std::optional<CleanableLog> claim(std::shared_ptr<Log> log);
  CleanableLog(CleanableLog&&) noexcept = default;
  CleanableLog& operator=(CleanableLog&&) noexcept;
  ~CleanableLog();

  Log& log() const { return *log_; }
  View view() const;
  // What deciding needs to know of it. Looks into files only where the settings make that matter.
  static Result<LogFacts> facts_of(const View& view);
  static Result<SegmentFacts> sizes_of(const Segment& segment);
  LastRecords last_records() const;
  // False once the view's segments may not be the log's any more, or the log not to be cleaned.
  bool may_go_on(const View& view) const;

  // A new segment in files of its own, X.log.cleaned; remove_files() is for whoever gives up.
  Result<std::shared_ptr<Segment>> make_segment(Offset base) const;
  // Puts the finished segment, which is on the disk, in the place of these. False when one may not
  // go on. A crash leaves the old ones or the new one (see log_files.h).
  Result<bool> replace(const View& view, const Segments& old, const std::shared_ptr<Segment>& by);
  // Everything below has been cleaned. Not when the log was cut since the view.
  void set_first_dirty(const View& view, Offset first_dirty);
  // No more of this log until the broker starts again.
  void mark_uncleanable();
  // A failed read or write of a file is the end of the directory, unless the file was going.
  Error note(Error error, const Segment& segment);

 private:
  explicit CleanableLog(std::shared_ptr<Log> log) : log_(std::move(log)) {}
  Log::State& state() const { return *log_->state_; }
  Result<void> swap_names(const Segments& old, Segment& by) const;
  void release();

  std::shared_ptr<Log> log_;  // null once moved from
};

}  // namespace samsa::log
