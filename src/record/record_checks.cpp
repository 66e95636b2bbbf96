#include "record/record_checks.h"

#include "record/legacy.h"

namespace samsa::record {
namespace {

// Each costs a sentence of some 150 bytes, and a small compressed batch can hold millions of
// records.
constexpr size_t k_most_errors_kept = 10'000;

std::string number(int64_t value) { return std::to_string(value); }
std::string number(Offset offset) { return std::to_string(offset.value()); }

std::string sizes(int32_t key, int32_t value) {
  return "key=" + number(key) + " bytes, value=" + number(value) + " bytes)";
}

bool further_than(int64_t timestamp, int64_t now, int64_t allowed) {
  const int64_t difference = wrapping_subtract(timestamp, now);
  // The smallest integer stays negative, here as in Java, and so is within any distance.
  return (difference < 0 ? wrapping_subtract(0, difference) : difference) > allowed;
}

}  // namespace

Checked<void> RecordChecks::check_v2_counts(BatchView batch) {
  const int64_t range = wrapping_add(
      wrapping_subtract(batch.last_offset().value(), batch.base_offset().value()), int64_t{1});
  const std::string offsets =
      '[' + number(batch.base_offset()) + ", " + number(batch.last_offset()) + ']';
  const std::string where = " in topic partition " + tp_.to_string() + ".";
  const int32_t count = *batch.record_count();
  std::string fault;
  if (range <= 0) {
    fault = "Batch has an invalid offset range: " + offsets + where;
  } else if (count <= 0) {
    fault = "Invalid reported count for record batch: " + number(count) + where;
  } else if (range != count) {
    fault = "Inconsistent batch offset range " + offsets + " and count of records " +
            number(count) + where;
  }
  if (fault.empty()) return ok();
  ++faults_.invalid_offset_or_sequence;
  return reject(Errc::invalid_record, std::move(fault));
}

Checked<void> RecordChecks::check_client_batch(BatchView batch) {
  if (batch.is_v2()) {
    const bool consistent =
        *batch.record_count() > 0 && batch.last_offset_delta() == *batch.record_count() - 1;
    // The sentences are only made when needed: this runs for every batch.
    if (!consistent) {
      Checked<void> counts = check_v2_counts(batch);
      if (!counts) return counts;
    }
  }
  if (batch.is_control()) {
    ++faults_.invalid_offset_or_sequence;
    return reject(Errc::invalid_record,
                  "Clients are not allowed to write control records in topic partition " +
                      tp_.to_string() + ".");
  }
  if (batch.has_producer_id() && batch.base_sequence() < 0) {
    ++faults_.invalid_offset_or_sequence;
    return reject(Errc::invalid_record, "Invalid sequence number " + number(batch.base_sequence()) +
                                            " in record batch with producerId " +
                                            number(batch.producer_id().value()) +
                                            " in topic partition " + tp_.to_string() + ".");
  }
  return ok();
}

Checked<void> RecordChecks::check_batch(BatchView batch, int8_t magic_of_first) {
  if (batch.magic() != magic_of_first) {
    ++faults_.invalid_magic_number;
    return reject(Errc::invalid_record, "Batch magic " + number(batch.magic()) +
                                            " is not the same as the first batch'es magic byte " +
                                            number(magic_of_first) + " in topic partition " +
                                            tp_.to_string() + ".");
  }
  if (rules_.origin == Origin::client) {
    Checked<void> client = check_client_batch(batch);
    if (!client) return client;
  }
  if (rules_.magic >= k_magic_v2) return ok();
  if (batch.is_transactional()) {
    return reject(
        Errc::unsupported_for_message_format,
        "Transactional records cannot be used with magic version " + number(rules_.magic));
  }
  if (batch.has_producer_id()) {
    return reject(Errc::unsupported_for_message_format,
                  "Idempotent records cannot be used with magic version " + number(rules_.magic));
  }
  return ok();
}

void RecordChecks::note(int32_t index, std::string message) {
  failed_ = true;
  if (errors_.size() < k_most_errors_kept) errors_.push_back({index, std::move(message)});
}

// As Kafka prints a record in its sentences.
std::string RecordChecks::describe(BatchView batch, const Record& record) const {
  const std::string plain_sizes =
      sizes(std::max(record.key_size, 0), std::max(record.value_size, 0));
  if (record.legacy_message.empty()) {
    const std::string where = "DefaultRecord(offset=" + number(record.offset) +
                              ", timestamp=" + number(record.timestamp_ms) + ", ";
    return skimmed_ ? "Partial" + where + sizes(record.key_size, record.value_size)
                    : where + plain_sizes;
  }
  const LegacyMessage message{record.legacy_message};
  std::string text = "LegacyRecordBatch(offset=" + number(record.offset) +
                     ", Record(magic=" + number(message.magic()) +
                     ", attributes=" + number(message.attributes()) +
                     ", compression=" + std::string(printed_name_of(message.codec_id())) +
                     ", crc=" + number(message.stored_crc()) + ", ";
  if (message.magic() > k_magic_v0) {
    // An inner message shows its wrapper's type.
    const TimestampType type =
        batch.magic() > k_magic_v0 ? batch.timestamp_type() : message.timestamp_type();
    text += std::string(name_of(type)) + '=' + number(record.timestamp_ms) + ", ";
  }
  return text + plain_sizes + ')';
}

bool RecordChecks::check_timestamp(BatchView batch, const Record& record, int32_t index) {
  if (rules_.timestamp_type == TimestampType::create_time &&
      record.timestamp_ms != k_no_timestamp_ms &&
      further_than(record.timestamp_ms, rules_.now_ms, rules_.timestamp_difference_max_ms)) {
    invalid_timestamp_ = true;
    note(index, "Timestamp " + number(record.timestamp_ms) + " of message with offset " +
                    number(record.offset) + " is out of range. The timestamp should be within [" +
                    number(wrapping_subtract(rules_.now_ms, rules_.timestamp_difference_max_ms)) +
                    ", " + number(wrapping_add(rules_.now_ms, rules_.timestamp_difference_max_ms)) +
                    "]");
    return false;
  }
  if (batch.timestamp_type() == TimestampType::log_append_time) {
    invalid_timestamp_ = true;
    note(index, "Invalid timestamp type in message " + describe(batch, record) +
                    ". Producer should not set timestamp type to LogAppendTime.");
    return false;
  }
  return true;
}

Checked<bool> RecordChecks::check_record(BatchView batch, const Record& record, int32_t index) {
  if (!record.legacy_message.empty()) {
    const LegacyMessage message{record.legacy_message};
    if (message.magic() != batch.magic()) {
      ++faults_.invalid_magic_number;
      note(index, "Record " + describe(batch, record) + "'s magic does not match outer magic " +
                      number(batch.magic()) + " in topic partition " + tp_.to_string() + ".");
      return false;
    }
    // Only inside a compressed message: the outer one's CRC has been checked with the batch.
    if (batch.is_compressed() && message.stored_crc() != message.computed_crc()) {
      ++faults_.invalid_message_crc;
      return reject(Errc::corrupt_message,
                    "Record is corrupt (stored crc = " + number(message.stored_crc()) +
                        ", computed crc = " + number(message.computed_crc()) + ")");
    }
  }
  if (rules_.compacted && record.key_size < 0) {
    ++faults_.no_key_in_compacted_topic;
    note(index, "Compacted topic cannot accept message without key in topic partition " +
                    tp_.to_string() + ".");
    return false;
  }
  return check_timestamp(batch, record, index);
}

Checked<void> RecordChecks::verdict() {
  if (!failed_) return ok();
  Rejection rejection =
      invalid_timestamp_ ? reject(Errc::invalid_timestamp,
                                  "One or more records have been rejected due to invalid timestamp")
                         : reject(Errc::invalid_record, "One or more records have been rejected");
  rejection.record_errors = std::move(errors_);
  return rejection;
}

}  // namespace samsa::record
