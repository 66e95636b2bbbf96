#include "log/log_state.h"

namespace samsa::log {

std::optional<LeaderEpoch> Log::epoch_at(Offset offset) const {
  std::scoped_lock hold(state_->mutex);
  return state_->epochs.epoch_of(offset);
}

Result<std::vector<int64_t>> Log::segment_offsets_before(int64_t timestamp_ms,
                                                         int32_t count) const {
  constexpr int64_t k_latest = -1, k_earliest = -2;
  // Offset and last change of each segment, oldest first; the log's end stands for what comes now.
  std::vector<std::pair<int64_t, int64_t>> starts;
  {
    std::scoped_lock hold(state_->mutex);
    if (auto usable = state_->usable(); !usable) return usable.error();
    for (const auto& [base, segment] : state_->segments) {
      auto modified = segment->modified_ms();
      if (!modified) return modified.error();
      starts.emplace_back(std::max(base, state_->log_start).value(), *modified);
    }
    if (state_->active().size() > 0)
      starts.emplace_back(state_->log_end.value(), state_->hooks.clock->wall_ms());
  }
  auto from = static_cast<int64_t>(starts.size()) - 1;
  if (timestamp_ms == k_earliest) {
    from = 0;
  } else if (timestamp_ms != k_latest) {
    while (from >= 0 && starts[static_cast<size_t>(from)].second > timestamp_ms) --from;
  }
  std::vector<int64_t> offsets;
  for (; from >= 0 && static_cast<int32_t>(offsets.size()) < count; --from)
    offsets.push_back(starts[static_cast<size_t>(from)].first);
  return offsets;
}

}  // namespace samsa::log
