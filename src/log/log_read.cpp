// Reading and looking up.

#include "log/log_state.h"
#include "record/record.h"

namespace samsa::log {

Result<ReadSlice> Log::read(Offset from, int32_t max_bytes, Isolation isolation,
                            bool min_one_message) const {
  const State& s = *state_;
  ReadSlice slice;
  std::shared_ptr<Segment> segment;
  Offset bound, next_base = k_no_offset;
  int64_t size = 0;
  {
    std::scoped_lock hold(s.mutex);
    if (auto r = s.usable(); !r) return r.error();
    slice.log_start_offset = s.log_start;
    slice.log_end_offset = s.log_end;
    slice.high_watermark = s.high_watermark;
    slice.last_stable_offset = s.last_stable();
    if (from < s.log_start || from > s.log_end) {
      return Error{Errc::offset_out_of_range, "Received request for offset " +
                                                  std::to_string(from.value()) + " for partition " +
                                                  s.place.tp.to_string() +
                                                  ", but we only have log segments in the range " +
                                                  std::to_string(s.log_start.value()) + " to " +
                                                  std::to_string(s.log_end.value()) + "."};
    }
    bound = isolation == Isolation::log_end          ? s.log_end
            : isolation == Isolation::high_watermark ? s.high_watermark
                                                     : slice.last_stable_offset;
    auto at = s.segments.upper_bound(from);
    next_base = at == s.segments.end() ? s.log_end : at->first;
    segment = std::prev(at)->second;
    size = segment->size();
  }
  slice.start.offset = from;
  if (from >= bound) return slice;
  std::optional<Segment::Found> found;
  for (;;) {
    auto looked = segment->find(from, size);
    if (!looked) return looked.error();
    if ((found = *looked)) break;
    // Compaction or a gap left nothing from here to the segment's end.
    std::scoped_lock hold(s.mutex);
    auto at = s.segments.upper_bound(segment->base());
    if (at == s.segments.end()) return slice;
    segment = at->second;
    size = segment->size();
    ++at;
    next_base = at == s.segments.end() ? s.log_end : at->first;
  }
  int64_t limit = size;
  if (bound < next_base) {
    auto end = segment->find(bound, size);
    if (!end) return end.error();
    if (*end) limit = (*end)->position;
  }
  slice.start = {from, segment->base(), found->position};
  slice.position = found->position;
  if (found->position >= limit) return slice;
  const int64_t wanted = min_one_message ? std::max<int64_t>(max_bytes, found->size) : max_bytes;
  slice.first_batch_incomplete = wanted < found->size;
  slice.length = std::min(std::max<int64_t>(wanted, 0), limit - found->position);
  slice.file = segment->file();
  if (isolation == Isolation::txn_committed) {
    const Offset below = std::min(bound, next_base);
    std::vector<std::shared_ptr<Segment>> later;
    {
      std::scoped_lock hold(s.mutex);
      for (auto at = s.segments.lower_bound(segment->base()); at != s.segments.end(); ++at)
        later.push_back(at->second);
    }
    for (const auto& each : later) {
      auto aborted = each->aborted(from, below);
      slice.aborted.insert(slice.aborted.end(), aborted.begin(), aborted.end());
    }
  }
  return slice;
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
  std::optional<TimestampOffset> found;
  for (const auto& segment : segments) {
    if (segment->max_timestamp_ms() < timestamp_ms) continue;
    auto from = segment->position_for_time(timestamp_ms);
    if (!from) return from.error();
    auto scanned = segment->scan(
        *from, segment->size(), [&](record::BatchView batch, int64_t) -> Result<bool> {
          if (batch.max_timestamp() < timestamp_ms || batch.last_offset() < start) return true;
          record::RecordReader reader{batch, record::ReadDepth::skim};
          for (;;) {
            auto record = reader.next();
            if (!record) return record.error();
            if (*record == nullptr) return true;
            if ((*record)->timestamp_ms < timestamp_ms || (*record)->offset < start) continue;
            found =
                TimestampOffset{(*record)->timestamp_ms, (*record)->offset, batch.leader_epoch()};
            return false;
          }
        });
    if (!scanned) return scanned.error();
    if (found) break;
  }
  return found;
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
bool Log::is_future() const { return dir().filename().string().ends_with("-future"); }
bool Log::is_healthy() const {
  std::scoped_lock hold(state_->mutex);
  return !state_->failure;
}
int64_t Log::size_bytes() const {
  std::scoped_lock hold(state_->mutex);
  int64_t total = 0;
  for (const auto& [base, segment] : state_->segments) total += segment->size();
  return total;
}
Offset Log::log_start_offset() const {
  std::scoped_lock hold(state_->mutex);
  return state_->log_start;
}
Offset Log::log_end_offset() const {
  std::scoped_lock hold(state_->mutex);
  return state_->log_end;
}
OffsetMetadata Log::log_end_offset_metadata() const {
  std::scoped_lock hold(state_->mutex);
  Segment& active = state_->active();
  return {state_->log_end, active.base(), active.size()};
}
Offset Log::high_watermark() const {
  std::scoped_lock hold(state_->mutex);
  return state_->high_watermark;
}
OffsetMetadata Log::high_watermark_metadata() const {
  std::scoped_lock hold(state_->mutex);
  if (state_->high_watermark != state_->log_end) return {state_->high_watermark, k_no_offset, -1};
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
  std::scoped_lock hold(state_->mutex);
  state_->config = config;
}
int Log::segment_count() const {
  std::scoped_lock hold(state_->mutex);
  return static_cast<int>(state_->segments.size());
}
int64_t Log::producer_count() const {
  std::scoped_lock hold(state_->mutex);
  return state_->producers.size();
}

}  // namespace samsa::log
