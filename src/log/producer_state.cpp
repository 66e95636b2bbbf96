#include "log/producer_state.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/wrapping.h"
#include "record/record.h"

namespace samsa::log {
namespace {

constexpr size_t k_cached_batches = 5;
constexpr size_t k_snapshot_entry = 8 + 2 + 4 + 8 + 4 + 8 + 4 + 8;
static_assert(k_snapshot_entry == 46);

template <class... Parts>
std::string join(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

}  // namespace

Result<void> ProducerState::check(const ProducerEntry& now, record::BatchView batch,
                                  Origin origin) const {
  if (origin == Origin::replication) return ok();
  const ProducerEpoch epoch = batch.producer_epoch();
  if (epoch < now.epoch) {
    return Error{Errc::invalid_producer_epoch,
                 join("Producer's epoch at offset ", batch.base_offset(), " in ", tp_, " is ",
                      epoch, ", which is smaller than the last seen epoch ", now.epoch)};
  }
  if (origin != Origin::client || batch.is_control()) return ok();
  const int32_t first = batch.base_sequence();
  if (now.epoch == k_no_producer_epoch) return ok();
  if (epoch != now.epoch) {
    if (first == 0) return ok();
    return Error{
        Errc::out_of_order_sequence_number,
        join("Invalid sequence number for new epoch at offset ", batch.base_offset(),
             " in partition ", tp_, ": ", epoch, " (request epoch), ", first, " (seq. number)")};
  }
  const int32_t last = now.last_sequence();
  if (int64_t{last} + 1 == first || (first == 0 && last == INT32_MAX)) return ok();
  return Error{Errc::out_of_order_sequence_number,
               join("Out of order sequence number for producerId ", batch.producer_id(),
                    " at offset ", batch.base_offset(), " in partition ", tp_, ": ", first,
                    " (incoming seq. number), ", last, " (current end sequence number)")};
}

Result<void> ProducerState::end_transaction(Update& update, ProducerEntry& entry,
                                            record::BatchView batch, Origin origin) const {
  record::RecordReader reader{batch};
  auto first = reader.next();
  if (!first) return first.error();
  if (*first == nullptr) return ok();  // compacted away
  auto marker = record::parse_end_transaction_marker(**first);
  if (!marker) return marker.error();
  if (!*marker) return ok();
  const int32_t coordinator_epoch = (*marker)->coordinator_epoch;
  if (entry.coordinator_epoch > coordinator_epoch && origin != Origin::replication) {
    return Error{Errc::transaction_coordinator_fenced,
                 join("Invalid coordinator epoch for producerId ", batch.producer_id(),
                      " at offset ", batch.base_offset(), " in partition ", tp_, ": ",
                      coordinator_epoch, " (zombie), ", entry.coordinator_epoch, " (current)")};
  }
  const Offset start =
      entry.transaction_start == k_no_offset ? batch.base_offset() : entry.transaction_start;
  if (entry.transaction_start == k_no_offset) {
    update.started.emplace_back(start, batch.producer_id());
  }
  if (entry.epoch != batch.producer_epoch()) entry.batches.clear();
  entry.epoch = batch.producer_epoch();
  entry.transaction_start = k_no_offset;
  entry.coordinator_epoch = coordinator_epoch;
  entry.last_timestamp_ms = (*first)->timestamp_ms;
  update.completed.push_back({batch.producer_id(), start, batch.base_offset(),
                              (*marker)->type == record::ControlType::abort});
  return ok();
}

Result<void> ProducerState::add(Update& update, record::BatchView batch, Origin origin) const {
  const int64_t id = batch.producer_id().value();
  const auto known = entries_.find(id);
  if (origin == Origin::client && known != entries_.end() &&
      known->second.epoch == batch.producer_epoch()) {
    for (const auto& cached : known->second.batches) {
      if (cached.first_sequence() == batch.base_sequence() &&
          cached.last_sequence == batch.last_sequence()) {
        update.duplicate = cached;
        return ok();
      }
    }
  }
  auto [at, is_new] = update.entries.try_emplace(id);
  ProducerEntry& entry = at->second;
  if (is_new && known != entries_.end()) entry = known->second;
  if (auto checked = check(entry, batch, origin); !checked) return checked;
  if (batch.is_control()) return end_transaction(update, entry, batch, origin);
  if (entry.transaction_start != k_no_offset && !batch.is_transactional()) {
    return Error{Errc::invalid_txn_state,
                 join("Expected transactional write from producer ", id, " at offset ",
                      batch.base_offset(), " in partition ", tp_)};
  }
  if (batch.producer_epoch() != entry.epoch) entry.batches.clear();
  entry.epoch = batch.producer_epoch();
  entry.batches.push_back({batch.last_sequence(), batch.last_offset(), batch.last_offset_delta(),
                           batch.max_timestamp()});
  if (entry.batches.size() > k_cached_batches) entry.batches.pop_front();
  entry.last_timestamp_ms = batch.max_timestamp();
  if (batch.is_transactional() && entry.transaction_start == k_no_offset) {
    entry.transaction_start = batch.base_offset();
    update.started.emplace_back(batch.base_offset(), batch.producer_id());
  }
  return ok();
}

void ProducerState::apply(const Update& update) {
  for (const auto& [id, entry] : update.entries) entries_[id] = entry;
  for (const auto& [start, id] : update.started) ongoing_[start] = id;
}

Offset ProducerState::last_stable_after(const CompletedTransaction& done) const {
  for (const auto& [start, id] : ongoing_) {
    if (id != done.producer_id) return start;
  }
  return done.last_offset + 1;
}

void ProducerState::complete(const CompletedTransaction& done) {
  ongoing_.erase(done.first_offset);
  unreplicated_[done.first_offset] = done.last_offset;
}

void ProducerState::high_watermark_moved(Offset to) {
  std::erase_if(unreplicated_, [&](const auto& txn) { return txn.second < to; });
}

std::optional<Offset> ProducerState::first_unstable() const {
  std::optional<Offset> first;
  if (!ongoing_.empty()) first = ongoing_.begin()->first;
  if (!unreplicated_.empty()) {
    const Offset start = unreplicated_.begin()->first;
    first = first ? std::min(*first, start) : start;
  }
  return first;
}

void ProducerState::remove_expired(int64_t now_ms, int64_t expiration_ms) {
  std::erase_if(entries_, [&](const auto& entry) {
    return entry.second.transaction_start == k_no_offset &&
           wrapping_subtract(now_ms, entry.second.last_timestamp_ms) >= expiration_ms;
  });
}

void ProducerState::clear() {
  entries_.clear();
  ongoing_.clear();
  unreplicated_.clear();
  end_ = Offset{0};
}

Bytes ProducerState::encode() const {
  Bytes body;
  append_be(body, static_cast<int32_t>(entries_.size()));
  for (const auto& [id, entry] : entries_) {
    const CachedBatch last = entry.batches.empty() ? CachedBatch{} : entry.batches.back();
    append_be(body, id);
    append_be(body, entry.epoch.value());
    append_be(body, last.last_sequence);
    append_be(body, last.last_offset.value());
    append_be(body, last.offset_delta);
    append_be(body, entry.last_timestamp_ms);
    append_be(body, entry.coordinator_epoch);
    append_be(body, entry.transaction_start.value());
  }
  Bytes all;
  append_be(all, int16_t{1});
  append_be(all, crc32c(body));
  return all + body;
}

Result<void> ProducerState::decode(BytesView snapshot, int64_t now_ms, int64_t expiration_ms) {
  Cursor in{snapshot};
  const int16_t version = in.get<int16_t>();
  const uint32_t crc = in.get<uint32_t>();
  if (in.failed() || version != 1 || crc != crc32c(in.rest())) {
    return Error{Errc::kafka_storage_error, "Snapshot is corrupt (CRC is no longer valid)"};
  }
  const int32_t count = in.get<int32_t>();
  if (count < 0 || static_cast<size_t>(count) * k_snapshot_entry != in.remaining()) {
    return Error{Errc::kafka_storage_error, "Snapshot failed schema validation"};
  }
  clear();
  for (int32_t i = 0; i < count; ++i) {
    const int64_t id = in.get<int64_t>();
    ProducerEntry entry;
    entry.epoch = ProducerEpoch{in.get<int16_t>()};
    CachedBatch last;
    last.last_sequence = in.get<int32_t>();
    last.last_offset = Offset{in.get<int64_t>()};
    last.offset_delta = in.get<int32_t>();
    last.timestamp_ms = entry.last_timestamp_ms = in.get<int64_t>();
    entry.coordinator_epoch = in.get<int32_t>();
    entry.transaction_start = Offset{in.get<int64_t>()};
    if (last.last_offset.value() >= 0) entry.batches.push_back(last);
    const bool open = entry.transaction_start.value() >= 0;
    if (open) ongoing_[entry.transaction_start] = ProducerId{id};
    if (open || wrapping_subtract(now_ms, entry.last_timestamp_ms) < expiration_ms)
      entries_[id] = std::move(entry);
  }
  return ok();
}

}  // namespace samsa::log
