// Appending and rolling.

#include "log/disk_pace.h"
#include "log/log_state.h"

namespace samsa::log {
namespace {
record::Rejection refuse(Error error) { return {std::move(error), {}, {}}; }

Result<void> check_rebuilt_sizes(BytesView bytes, const LogConfig& config,
                                 const TopicPartition& tp) {
  return record::for_each_batch(bytes, [&](record::BatchView batch) -> Result<void> {
    if (batch.size_in_bytes() <= static_cast<size_t>(config.max_message_bytes)) return ok();
    return Error{Errc::message_too_large, "Message batch size is " +
                                              std::to_string(batch.size_in_bytes()) +
                                              " bytes in append to partition " + tp.to_string() +
                                              " which exceeds the maximum configured size of " +
                                              std::to_string(config.max_message_bytes) + "."};
  });
}
}  // namespace

template <class Work>
Result<void> Log::State::watched(const Work& work) {
  return hooks.pace ? hooks.pace->watch(work) : work();
}

Result<void> Log::State::roll(Offset base) {
  if (active().base() == base) return ok();
  producers.set_end(log_end);
  if (auto r = snapshot(producers); !r) return r;
  return watched([&]() -> Result<void> {
    if (auto r = active().seal(); !r) return r;
    return add_segment(base);
  });
}

Result<void> Log::State::maybe_roll(int64_t incoming, int64_t max_timestamp_ms, Offset first_offset,
                                    Offset last_offset) {
  Segment& now = active();
  // With offsets too far from the segment's base, the new one begins where the records do, not at
  // the log's end, which may be as far away.
  if (last_offset - now.base() > INT32_MAX) return roll(std::max(log_end, first_offset));
  if (now.size() == 0) return ok();
  if (now.size() > config.segment_bytes - incoming || now.index_full(config.segment_index_bytes))
    return roll(log_end);
  auto waited = now.waited_for_roll_ms(hooks.clock->wall_ms(), max_timestamp_ms);
  if (!waited) return waited.error();
  return *waited > config.segment_ms - now.roll_jitter_ms() ? roll(log_end) : ok();
}

Result<void> Log::State::write(BytesView bytes, const AppendedRange& range,
                               const ProducerState::Update& update) {
  const int64_t position = active().size();
  auto appended =
      watched([&] { return active().append(bytes, range, config.index_interval_bytes); });
  if (!appended) return appended;
  marks.add({range.first_offset, active().base(), position});
  producers.apply(update);
  for (const auto& done : update.completed) {
    const Offset stable = producers.last_stable_after(done);
    if (done.aborted) {
      auto r =
          active().append_aborted({done.producer_id, done.first_offset, done.last_offset, stable});
      if (!r) return r;
    }
    producers.complete(done);
  }
  log_end = range.last_offset + 1;
  producers.set_end(log_end);
  return ok();
}

// flush.messages: an append is answered when what it was due to sync is on the disk.
record::Checked<AppendInfo> Log::State::after_append(record::Checked<AppendInfo> appended,
                                                     bool flush_due) {
  if (!appended) report();
  if (!appended || !flush_due) return appended;
  if (auto flushed = flush_below(std::nullopt); !flushed) return refuse(flushed.error());
  return appended;
}

record::Checked<AppendInfo> Log::append_as_leader(std::span<char> batches, LeaderEpoch epoch,
                                                  Origin origin, size_t unpack_at_most) {
  State& s = *state_;
  const LogConfig config = this->config();
  auto summary =
      record::analyze({batches.data(), batches.size()},
                      {origin, static_cast<size_t>(config.max_message_bytes)}, s.place.tp);
  if (!summary) return summary.error();
  AppendInfo info;
  info.log_start_offset = log_start_offset();
  if (summary->batch_count == 0) return info;
  record::ValidationRules rules;
  rules.origin = origin;
  rules.magic = config.message_format;
  rules.compression = config.compression;
  rules.zstd_allowed = config.zstd_allowed;
  rules.timestamp_type = config.timestamp_type;
  rules.timestamp_difference_max_ms = config.timestamp_difference_max_ms;
  rules.compacted = config.cleanup_compact;
  rules.now_ms = s.hooks.clock->wall_ms();
  rules.limits = config.read_limits();
  rules.limits.max_decompressed_bytes =
      std::min(rules.limits.max_decompressed_bytes, unpack_at_most);
  rules.max_rebuilt_size = static_cast<size_t>(config.max_message_bytes);
  auto prepared = record::prepare(batches.first(summary->valid_bytes), *summary, rules, s.place.tp);
  if (!prepared) return prepared.error();
  bool flush_due = false;
  auto appended = [&]() -> record::Checked<AppendInfo> {
    std::scoped_lock hold(s.mutex);
    if (auto r = s.usable(); !r) return refuse(r.error());
    auto assigned = prepared->assign(s.log_end, epoch, rules.now_ms);
    if (!assigned) return assigned.error();
    const BytesView bytes{assigned->bytes.data(), assigned->bytes.size()};
    if (prepared->rebuilt()) {
      if (auto r = check_rebuilt_sizes(bytes, config, s.place.tp); !r) return refuse(r.error());
    }
    if (s.keeps_epochs()) {
      if (auto r = s.epochs.assign(epoch, assigned->first_offset); !r)
        return refuse(s.fail(r.error()));
    }
    if (bytes.size() > static_cast<size_t>(config.segment_bytes)) {
      return refuse({Errc::record_list_too_large,
                     "Message batch size is " + std::to_string(bytes.size()) +
                         " bytes in append to partition " + s.place.tp.to_string() +
                         ", which exceeds the maximum configured segment size of " +
                         std::to_string(config.segment_bytes) + "."});
    }
    // As in Kafka, room is made before the producer is asked: a batch that turns out to be a
    // duplicate or out of order may begin a segment, and files stay the same as Kafka's.
    if (auto r = s.maybe_roll(static_cast<int64_t>(bytes.size()), assigned->max_timestamp,
                              assigned->first_offset, assigned->last_offset);
        !r)
      return refuse(s.fail(r.error()));
    ProducerState::Update update;
    auto checked = record::for_each_batch(bytes, [&](record::BatchView batch) -> Result<void> {
      if (!batch.has_producer_id() || update.duplicate) return ok();
      return s.producers.add(update, batch, origin);
    });
    if (!checked) return refuse(checked.error());
    info.log_start_offset = s.log_start;
    if (update.duplicate) {
      info.duplicate = true;
      info.first_offset = update.duplicate->first_offset();
      info.last_offset = update.duplicate->last_offset;
      // Also where timestamps are the producers' own, as Kafka does.
      info.log_append_time_ms = update.duplicate->timestamp_ms;
      return info;
    }
    const AppendedRange range{assigned->first_offset, assigned->last_offset,
                              assigned->max_timestamp, assigned->shallow_offset_of_max_timestamp};
    if (auto r = s.write(bytes, range, update); !r) return refuse(s.fail(r.error()));
    flush_due = s.log_end - s.recovery_point >= s.config.flush_messages;
    info.first_offset = assigned->first_offset;
    info.last_offset = assigned->last_offset;
    info.max_timestamp_ms = assigned->max_timestamp;
    info.log_append_time_ms = assigned->log_append_time;
    info.bytes = static_cast<int64_t>(bytes.size());
    info.record_count = prepared->record_count();
    info.conversion = prepared->stats();
    return info;
  }();
  return s.after_append(std::move(appended), flush_due);
}

record::Checked<AppendInfo> Log::append_as_follower(std::span<char> batches) {
  State& s = *state_;
  auto summary = record::analyze({batches.data(), batches.size()},
                                 {Origin::replication, std::nullopt}, s.place.tp);
  if (!summary) return summary.error();
  bool flush_due = false;
  auto appended = [&]() -> record::Checked<AppendInfo> {
    std::scoped_lock hold(s.mutex);
    if (auto r = s.usable(); !r) return refuse(r.error());
    AppendInfo info;
    info.log_start_offset = s.log_start;
    if (summary->batch_count == 0) return info;
    const Offset first = summary->first_or_last_offset_of_first_batch();
    if (!summary->offsets_monotonic || first < s.log_end) {
      return refuse({Errc::unknown_server_error, "Unexpected offset in append to " +
                                                     s.place.tp.to_string() + ". First offset " +
                                                     std::to_string(first.value()) +
                                                     " is less than the next offset " +
                                                     std::to_string(s.log_end.value()) + "."});
    }
    const BytesView bytes{batches.data(), summary->valid_bytes};
    ProducerState::Update update;
    auto seen = record::for_each_batch(bytes, [&](record::BatchView batch) -> Result<void> {
      if (batch.is_v2()) {
        if (auto r = s.epochs.assign(batch.leader_epoch(), batch.base_offset()); !r)
          return s.fail(r.error());
      }
      return batch.has_producer_id() ? s.producers.add(update, batch, Origin::replication) : ok();
    });
    if (!seen) return refuse(seen.error());
    // Formats before v2 do not tell the first offset; this can't be above it.
    const Offset lowest = summary->first_offset.value_or(summary->last_offset - INT32_MAX);
    if (auto r = s.maybe_roll(static_cast<int64_t>(bytes.size()), summary->max_timestamp, lowest,
                              summary->last_offset);
        !r)
      return refuse(s.fail(r.error()));
    const AppendedRange range{first, summary->last_offset, summary->max_timestamp,
                              summary->offset_of_max_timestamp};
    if (auto r = s.write(bytes, range, update); !r) return refuse(s.fail(r.error()));
    flush_due = s.log_end - s.recovery_point >= s.config.flush_messages;
    info.first_offset = first;
    info.last_offset = summary->last_offset;
    info.max_timestamp_ms = summary->max_timestamp;
    info.bytes = static_cast<int64_t>(bytes.size());
    return info;
  }();
  return s.after_append(std::move(appended), flush_due);
}

Result<void> Log::roll() {
  Result<void> rolled = ok();
  {
    std::scoped_lock hold(state_->mutex);
    if (auto r = state_->usable(); !r) return r;
    rolled = state_->roll(state_->log_end);
    if (!rolled) state_->note(rolled.error());
  }
  state_->report();
  return rolled;
}

}  // namespace samsa::log
