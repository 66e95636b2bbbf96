#include "log/cleaner/batch_filter.h"

#include "record/builder.h"

namespace samsa::log {
namespace {

record::BatchFields fields_of(record::BatchView batch) {
  record::BatchFields fields;
  fields.magic = batch.magic();
  fields.codec = batch.codec();
  fields.timestamp_type = batch.timestamp_type();
  fields.base_offset = batch.base_offset();
  if (fields.timestamp_type == record::TimestampType::log_append_time)
    fields.log_append_time_ms = batch.max_timestamp();
  fields.producer_id = batch.producer_id();
  fields.producer_epoch = batch.producer_epoch();
  fields.base_sequence = batch.base_sequence();
  fields.transactional = batch.is_transactional();
  fields.control = batch.is_control();
  fields.leader_epoch = batch.leader_epoch();
  return fields;
}

bool is_last_of_producer(record::BatchView batch, const LastRecords& last_records) {
  if (!batch.has_producer_id()) return false;
  const auto last = last_records.find(batch.producer_id());
  if (last == last_records.end()) return false;
  // The batch holds the producer's last sequence number; or the marker, its last epoch, which
  // fences the former ones.
  if (last->second.data_offset) return batch.last_offset() == *last->second.data_offset;
  return batch.is_control() && batch.producer_epoch() == last->second.epoch;
}

// Some versions wrote compressed messages around ones of another format (KAFKA-4298): to be written
// anew.
bool has_other_format(record::BatchView batch, const record::Record& record) {
  constexpr size_t k_magic = record::layout::k_magic - record::k_log_overhead;
  return !record.legacy_message.empty() &&
         static_cast<int8_t>(record.legacy_message[k_magic]) != batch.magic();
}

}  // namespace

Result<BatchFilter::Fate> BatchFilter::fate_of(record::BatchView batch, const Rules& rules) {
  bool drops_records = false;
  if (batch.is_control()) {
    auto has_nothing_to_mark = transactions_.on_control(batch);
    if (!has_nothing_to_mark) return has_nothing_to_mark.error();
    drops_records = *has_nothing_to_mark && !rules.keeps_deletes;
  } else {
    drops_records = transactions_.on_data(batch);
  }
  const bool keeps_header = is_last_of_producer(batch, rules.last_records) ||
                            (batch.is_v2() && batch.next_offset() == rules.round_end);
  if (drops_records) return keeps_header ? Fate::header_stays : Fate::goes;
  return keeps_header ? Fate::records_decide_header_stays : Fate::records_decide;
}

// All of its records stay, so that nobody need look at them.
bool BatchFilter::is_past_the_map(record::BatchView batch) const {
  return batch.is_v2() && batch.base_offset() > latest_.latest_offset() &&
         *batch.record_count() > 0;
}

bool BatchFilter::keeps(record::BatchView batch, const record::Record& record, const Rules& rules) {
  // A marker's key is no key of the topic's (KAFKA-14055).
  if (batch.is_control() || record.offset > latest_.latest_offset()) return true;
  if (!record.key) {
    ++counts_.records_without_key;
    return false;
  }
  if (!record.value && !rules.keeps_deletes) return false;
  return record.offset >= latest_.get(*record.key);
}

Result<void> BatchFilter::filter(record::BatchView batch, const Rules& rules, Bytes& out) {
  counts_.bytes_read += static_cast<int64_t>(batch.size_in_bytes());
  auto fate = fate_of(batch, rules);
  if (!fate) return fate.error();
  if (*fate == Fate::goes) return ok();
  const size_t before = out.size();
  int64_t read = 0, kept = 0;
  bool has_others = false;
  if (*fate != Fate::header_stays && is_past_the_map(batch)) {
    read = kept = *batch.record_count();
  } else if (*fate != Fate::header_stays) {
    auto seen = record::for_each_record(
        batch,
        [&](const record::Record& record) {
          ++read;
          if (!keeps(batch, record, rules)) return;
          ++kept;
          has_others = has_others || has_other_format(batch, record);
        },
        limits_);
    if (!seen) return seen;
  }
  counts_.records_read += read;
  counts_.records_kept += kept;
  if (kept > 0 && kept == read && !has_others) {
    out.append(batch.bytes());
  } else if (kept > 0) {
    if (auto rebuilt = rebuild(batch, rules, out); !rebuilt) return rebuilt;
  } else if (*fate != Fate::records_decide) {
    out += record::empty_batch({fields_of(batch), batch.last_offset(), batch.max_timestamp()});
  }
  counts_.bytes_kept += static_cast<int64_t>(out.size() - before);
  return ok();
}

// Reads the records a second time: most batches keep all or none, and those cost no copy.
Result<void> BatchFilter::rebuild(record::BatchView batch, const Rules& rules, Bytes& out) {
  // A new checksum would hide that the old one was wrong.
  if (auto valid = batch.ensure_valid(); !valid) return valid;
  record::BatchFields fields = fields_of(batch);
  const int64_t without_key = counts_.records_without_key;
  std::optional<record::BatchBuilder> builder;
  auto built = record::for_each_record(
      batch,
      [&](const record::Record& record) {
        if (!keeps(batch, record, rules)) return;
        if (!batch.is_v2() && !builder) fields.base_offset = record.offset;
        if (!builder) builder.emplace(fields);
        builder->append(record);
      },
      limits_);
  counts_.records_without_key = without_key;
  if (!built) return built;
  // The producer's last sequence number is counted from the batch's first offset to its last.
  if (batch.is_v2()) builder->override_last_offset(batch.last_offset());
  auto bytes = builder->build();
  if (!bytes) return bytes.error();
  out += *bytes;
  return ok();
}

}  // namespace samsa::log
