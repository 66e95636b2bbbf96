#include <glog/logging.h>

#include "record/validate.h"

namespace samsa::record {
namespace {

Rejection reject(Errc code, std::string message, FaultCounts faults = {}) {
  return {{code, std::move(message)}, {}, faults};
}

// In Kafka's order, since the first fault found is the one that is answered.
Checked<void> check_batch(BatchView batch, const AnalyzeRules& rules, const TopicPartition& tp) {
  // Kafka does not ask this of older formats, whose clients got it wrong.
  if (batch.is_v2() && rules.origin == Origin::client && batch.base_offset() != Offset{0}) {
    return reject(Errc::invalid_record, "The baseOffset of the record batch in the append to " +
                                            tp.to_string() + " should be 0, but it is " +
                                            std::to_string(batch.base_offset().value()));
  }
  if (rules.max_batch_size && batch.size_in_bytes() > *rules.max_batch_size) {
    return reject(Errc::message_too_large,
                  "The record batch size in the append to " + tp.to_string() + " is " +
                      std::to_string(batch.size_in_bytes()) +
                      " bytes which exceeds the maximum configured value of " +
                      std::to_string(*rules.max_batch_size) + ".");
  }
  if (!batch.crc_ok()) {
    return reject(Errc::corrupt_message,
                  "Record is corrupt (stored crc = " + std::to_string(batch.stored_crc()) +
                      ") in topic partition " + tp.to_string() + ".",
                  {.invalid_message_crc = 1});
  }
  Result<void> codec = batch.check_codec();
  if (!codec) return Rejection{codec.error(), {}, {}};
  return ok();
}

}  // namespace

void throw_exception_from_error(const Rejection& rejection, const boost::source_location& where) {
  throw_exception_from_error(rejection.error, where);
}

Checked<BatchSummary> analyze(BytesView bytes, const AnalyzeRules& rules,
                              const TopicPartition& tp) {
  BatchSummary summary;
  BatchIterator batches{bytes};
  for (;;) {
    auto next = batches.next();
    if (!next) return Rejection{next.error(), {}, {}};
    if (!*next) break;
    const BatchView batch = **next;
    Checked<void> checked = check_batch(batch, rules, tp);
    if (!checked) return checked.error();

    const Offset last = batch.last_offset();
    if (summary.batch_count == 0) {
      if (batch.is_v2()) summary.first_offset = batch.base_offset();
      summary.last_offset_of_first_batch = last;
    }
    if (summary.last_offset >= last) summary.offsets_monotonic = false;
    summary.last_offset = last;
    if (batch.max_timestamp() > summary.max_timestamp) {
      summary.max_timestamp = batch.max_timestamp();
      summary.offset_of_max_timestamp = last;
    }
    ++summary.batch_count;
    if (batch.is_compressed()) summary.source_codec = batch.codec();
  }
  summary.valid_bytes = batches.position();
  return summary;
}

}  // namespace samsa::record
