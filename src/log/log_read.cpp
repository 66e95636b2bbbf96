// Reading and looking up.

#include "log/log_state.h"

namespace samsa::log {

// What a read decides upon, taken at one moment.
struct Log::State::ReadView {
  std::shared_ptr<Segment> segment;
  int64_t size = 0;                           // of that segment
  Offset next_base = k_no_offset;             // where the segment ends
  Offset bound;                               // the reader may not see it
  std::optional<TailMarks::Mark> start, end;  // where they are known: of the read and of the bound
};

Result<Log::State::ReadView> Log::State::view(Offset from, Isolation isolation,
                                              ReadSlice& slice) const {
  std::scoped_lock hold(mutex);
  if (auto r = usable(); !r) return r.error();
  slice.start.offset = from;
  slice.log_start_offset = log_start;
  slice.log_end_offset = log_end;
  slice.high_watermark = high_watermark;
  slice.last_stable_offset = last_stable();
  if (from < log_start || from > log_end) {
    return Error{Errc::offset_out_of_range,
                 "Received request for offset " + std::to_string(from.value()) + " for partition " +
                     place.tp.to_string() + ", but we only have log segments in the range " +
                     std::to_string(log_start.value()) + " to " + std::to_string(log_end.value()) +
                     "."};
  }
  ReadView view;
  view.bound = isolation == Isolation::log_end          ? log_end
               : isolation == Isolation::high_watermark ? high_watermark
                                                        : slice.last_stable_offset;
  if (from >= view.bound) return view;
  auto at = segments.upper_bound(from);
  if (at != segments.begin()) --at;
  take(view, at);
  view.start = marks.find(from);
  if (view.bound < log_end) view.end = marks.find(view.bound);
  return view;
}

void Log::State::take(ReadView& view, Segments::const_iterator at) const {
  view.segment = at->second;
  view.size = view.segment->size();
  ++at;
  view.next_base = at == segments.end() ? log_end : at->first;
}

// Compaction or a gap left nothing from the offset to the segment's end: on to the one that holds
// what follows, which may have become a part of a cleaner's. False when there is none.
bool Log::State::advance(ReadView& view) const {
  std::scoped_lock hold(mutex);
  auto at = segments.upper_bound(view.next_base);
  if (at != segments.begin()) --at;
  if (at == segments.end() || at->second == view.segment) return false;
  take(view, at);
  // The places belong to the segments of the first look, which may have been replaced.
  view.start.reset();
  view.end.reset();
  return true;
}

// The first batch to send; nothing when there is none below the bound's segment. Its size is 0
// where it was not looked at, because all that there is fits.
Result<std::optional<Segment::Found>> Log::State::locate(ReadView& view, Offset from,
                                                         int32_t max_bytes) const {
  if (view.start && view.start->segment_base == view.segment->base() &&
      view.size - view.start->position <= max_bytes)
    return std::optional<Segment::Found>{{view.start->position, 0, from}};
  do {
    auto found = view.segment->find(from, view.size);
    if (!found || *found) return found;
  } while (advance(view));
  return std::optional<Segment::Found>{};
}

// Where the bound lies in the view's segment, or the segment's end.
Result<int64_t> Log::State::limit_of(const ReadView& view) const {
  if (view.bound >= view.next_base) return view.size;
  if (view.end && view.end->segment_base == view.segment->base()) return view.end->position;
  auto found = view.segment->find(view.bound, view.size);
  if (!found) return found.error();
  return *found ? (*found)->position : view.size;
}

Result<ReadSlice> Log::read(Offset from, int32_t max_bytes, Isolation isolation,
                            bool min_one_message) const {
  State& s = *state_;
  ReadSlice slice;
  auto view = s.view(from, isolation, slice);
  if (!view) return view.error();
  if (!view->segment) return slice;
  if (max_bytes < 0)
    return Error{Errc::unknown_server_error,
                 "Invalid max size " + std::to_string(max_bytes) + " for log read"};
  const auto fail = [&](const Error& error) -> Result<ReadSlice> {
    // Removed under our eyes: the log has its answer to that.
    if (view->segment->is_dropped()) return read(from, max_bytes, isolation, min_one_message);
    return s.fail_read(error, *view->segment);
  };
  auto found = s.locate(*view, from, max_bytes);
  if (!found) return fail(found.error());
  if (!*found) return slice;
  auto limit = s.limit_of(*view);
  if (!limit) return fail(limit.error());
  const auto& [position, first_size, first_offset] = **found;
  slice.start = {from, view->segment->base(), position};
  slice.has_later_segment = view->bound > view->next_base;
  slice.position = position;
  if (position >= *limit) return slice;
  slice.visible_bytes = *limit - position;
  auto file = view->segment->file();
  if (!file) return fail(file.error());
  const int64_t wanted = min_one_message ? std::max<int64_t>(max_bytes, first_size) : max_bytes;
  slice.first_batch_incomplete = wanted < first_size;
  slice.length = std::min(std::max<int64_t>(wanted, 0), *limit - position);
  slice.file = std::move(*file);
  if (isolation == Isolation::txn_committed) {
    auto collected = s.collect_aborted(*view, slice);
    if (!collected) return fail(collected.error());
    if (!*collected) return read(from, max_bytes, isolation, min_one_message);
  }
  return slice;
}

// False when a segment was replaced or removed meanwhile, with which its index may have gone.
Result<bool> Log::State::collect_aborted(const ReadView& view, ReadSlice& slice) const {
  auto past = view.segment->offset_past(slice.position, slice.length);
  if (!past) return past.error();
  const Offset below = std::min(view.bound, past->value_or(view.next_base));
  ReadView at = view;
  do {
    auto complete = at.segment->collect_aborted(slice.start.offset, below, slice.aborted);
    if (!complete) return complete.error();
    if (at.segment->is_dropped()) return false;
    if (*complete) return true;
  } while (advance(at));
  return true;
}

Result<std::optional<TimestampOffset>> Log::offset_for_timestamp(int64_t timestamp_ms) const {
  std::vector<std::shared_ptr<Segment>> segments;
  Offset start;
  {
    std::scoped_lock hold(state_->mutex);
    if (auto r = state_->usable(); !r) return r.error();
    for (const auto& [base, segment] : state_->segments) segments.push_back(segment);
    start = state_->log_start;
  }
  for (const auto& segment : segments) {
    auto newest = segment->max_timestamp_ms();
    if (newest && *newest < timestamp_ms) continue;
    auto found = newest ? segment->find_time(timestamp_ms, start)
                        : Result<std::optional<TimestampOffset>>{newest.error()};
    if (!found) return state_->fail_read(found.error(), *segment);
    if (*found) return found;
  }
  return std::optional<TimestampOffset>{};
}

std::optional<EpochEndOffset> Log::end_offset_for_epoch(LeaderEpoch epoch) const {
  std::scoped_lock hold(state_->mutex);
  return state_->epochs.end_offset_for(epoch, state_->log_end);
}
std::optional<LeaderEpoch> Log::latest_epoch() const {
  std::scoped_lock hold(state_->mutex);
  return state_->epochs.latest();
}

const TopicPartition& Log::tp() const { return state_->place.tp; }
std::filesystem::path Log::dir() const {
  std::scoped_lock hold(state_->mutex);
  return state_->place.dir;
}
bool Log::is_future() const { return dir().filename().string().ends_with(k_future_suffix); }
bool Log::is_healthy() const { return state_->healthy; }
const DiskPace* Log::pace() const { return state_->hooks.pace; }
int64_t Log::size_bytes() const {
  std::scoped_lock hold(state_->mutex);
  int64_t total = 0;
  for (const auto& [base, segment] : state_->segments) total += segment->size();
  return total;
}
int64_t Log::bytes_from(const OffsetMetadata& place) const {
  std::scoped_lock hold(state_->mutex);
  int64_t total = 0;
  for (auto at = state_->segments.lower_bound(place.segment_base); at != state_->segments.end();
       ++at)
    total += at->second->size() - (at->first == place.segment_base ? place.position : 0);
  return total;
}
Offset Log::log_start_offset() const {
  std::scoped_lock hold(state_->mutex);
  return state_->log_start;
}
Offset Log::first_segment_base() const {
  std::scoped_lock hold(state_->mutex);
  // None are left of a log that failed while it was being emptied.
  return state_->segments.empty() ? state_->log_start : state_->first_segment();
}
Offset Log::log_end_offset() const {
  std::scoped_lock hold(state_->mutex);
  return state_->log_end;
}
OffsetMetadata Log::log_end_offset_metadata() const {
  std::scoped_lock hold(state_->mutex);
  if (state_->segments.empty()) return {state_->log_end, k_no_offset, -1};
  Segment& active = state_->active();
  return {state_->log_end, active.base(), active.size()};
}
Offset Log::high_watermark() const {
  std::scoped_lock hold(state_->mutex);
  return state_->high_watermark;
}
OffsetMetadata Log::high_watermark_metadata() const {
  std::scoped_lock hold(state_->mutex);
  if (state_->high_watermark != state_->log_end || state_->segments.empty())
    return {state_->high_watermark, k_no_offset, -1};
  return {state_->log_end, state_->active().base(), state_->active().size()};
}
Offset Log::last_stable_offset() const {
  std::scoped_lock hold(state_->mutex);
  return state_->last_stable();
}
std::optional<Offset> Log::first_unstable_offset() const {
  std::scoped_lock hold(state_->mutex);
  return state_->producers.first_unstable();
}
Offset Log::recovery_point() const {
  std::scoped_lock hold(state_->mutex);
  return state_->recovery_point;
}
int64_t Log::last_flush_ms() const {
  std::scoped_lock hold(state_->mutex);
  return state_->last_flush_ms;
}
LogConfig Log::config() const {
  std::scoped_lock hold(state_->mutex);
  return state_->config;
}
void Log::update_config(LogConfig config) {
  {
    std::scoped_lock hold(state_->mutex);
    state_->config = config;
    if (state_->keeps_epochs() || !state_->usable()) return;
    if (auto dropped = state_->epochs.drop(); !dropped) state_->note(dropped.error());
  }
  state_->report();
}
int Log::segment_count() const {
  std::scoped_lock hold(state_->mutex);
  return static_cast<int>(state_->segments.size());
}
int64_t Log::producer_count() const {
  std::scoped_lock hold(state_->mutex);
  return state_->producers.size();
}

Result<Bytes> read_bytes(const ReadSlice& slice) {
  Bytes bytes(static_cast<size_t>(slice.length), '\0');
  auto count = read_at(slice.file->fd(), bytes, slice.position, slice.file->opened_as());
  if (!count) return count.error();
  bytes.resize(*count);
  return bytes;
}

}  // namespace samsa::log
