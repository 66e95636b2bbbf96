#pragma once
// What a log checks and changes before it takes batches: Kafka 2.7's order of checks, errors and
// sentences.
//
// Two steps, so that the dear one needs no lock:
//   analyze()   headers and CRC of every batch. One pass over the bytes at CRC speed, no
//   allocation. What a follower
//               needs, and the first step of every append.
//   prepare()   the records: count, offsets, keys, timestamps. For a leader. Reads uncompressed
//   records where they are
//               and decompresses compressed ones through a window of some 64 KiB without keeping
//               them; only where the codec, the format or v0's offsets must change are they written
//               anew, piece by piece as well.
//   Prepared::assign()   offsets, leader epoch, and append time. Under the partition's lock: stores
//   into the header, plus
//               the CRC where LogAppendTime changes it.

#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/errc.h"
#include "base/types.h"
#include "record/batch.h"
#include "record/codec.h"

namespace samsa::record {

// Who asks for the append.
enum class Origin {
  client,
  // Group or transaction coordinator: may write control batches.
  coordinator,
  // A follower's fetch: offsets are taken as they come and records are not looked into.
  replication,
};

struct RecordError {
  int32_t batch_index = 0;
  std::string message;
  friend bool operator==(const RecordError&, const RecordError&) = default;
};

// What was found wrong how often; Kafka's broker metrics of the same names count it.
struct FaultCounts {
  uint32_t no_key_in_compacted_topic = 0;
  uint32_t invalid_magic_number = 0;
  uint32_t invalid_message_crc = 0;
  uint32_t invalid_offset_or_sequence = 0;
};

// Why an append is refused. Where record_errors has entries, Kafka puts them and the error's
// sentence into the produce response (version 8 on); where it is empty, the response carries the
// code alone.
struct Rejection {
  Error error;
  std::vector<RecordError> record_errors;
  FaultCounts faults;
};
[[noreturn]] void throw_exception_from_error(const Rejection& rejection,
                                             const boost::source_location& where);
template <class T>
using Checked = boost::system::result<T, Rejection>;

struct AnalyzeRules {
  Origin origin = Origin::client;
  // max.message.bytes; absent where sizes are not judged (replication and Kafka's own topics).
  std::optional<size_t> max_batch_size;
};

// What analyze() saw of a run of batches.
struct BatchSummary {
  // v2 only: of the first batch.
  std::optional<Offset> first_offset;
  Offset last_offset_of_first_batch = k_no_offset;
  Offset last_offset = k_no_offset;
  int64_t max_timestamp = k_no_timestamp_ms;
  // The last offset of the batch that has it.
  Offset offset_of_max_timestamp = k_no_offset;
  // Of the last compressed batch.
  Codec source_codec = Codec::none;
  int32_t batch_count = 0;
  // Whole batches; what follows them is a truncated one, to be cut.
  size_t valid_bytes = 0;
  // Last offsets strictly grow from batch to batch.
  bool offsets_monotonic = true;

  Offset first_or_last_offset_of_first_batch() const {
    return first_offset.value_or(last_offset_of_first_batch);
  }
};
// Errors: INVALID_RECORD, MESSAGE_TOO_LARGE, CORRUPT_MESSAGE. No batch at all is not an error.
Checked<BatchSummary> analyze(BytesView bytes, const AnalyzeRules& rules, const TopicPartition& tp);

struct ValidationRules {
  Origin origin = Origin::client;
  // message.format.version of the topic.
  int8_t magic = k_magic_v2;
  // compression.type of the topic; absent for "producer". "uncompressed" is Codec::none.
  std::optional<Codec> compression;
  // inter.broker.protocol.version is 2.1 or later.
  bool zstd_allowed = true;
  TimestampType timestamp_type = TimestampType::create_time;
  int64_t timestamp_difference_max_ms = INT64_MAX;
  // cleanup.policy has "compact": records need keys.
  bool compacted = false;
  int64_t now_ms = 0;
  ReadLimits limits{k_default_max_decompressed_bytes, k_default_max_whole_bytes};
  // max.message.bytes, for what is written anew: no more than this is kept of a batch, and a larger
  // one is MESSAGE_TOO_LARGE.
  size_t max_rebuilt_size = INT32_MAX;
};

// The batches as they go into the log.
struct Assigned {
  // The caller's own bytes, patched, or Prepared's new ones.
  std::span<char> bytes;
  Offset first_offset;
  Offset last_offset;
  int64_t max_timestamp = k_no_timestamp_ms;
  // What Kafka records in the time index for it.
  Offset shallow_offset_of_max_timestamp = k_no_offset;
  // -1 unless the topic's timestamp type is LogAppendTime.
  int64_t log_append_time = k_no_timestamp_ms;
};

struct ConversionStats {
  int64_t temporary_memory_bytes = 0;
  int32_t records_converted = 0;
};

// Checked batches that wait for their offsets. Borrows the caller's bytes when they are kept, and
// owns new ones otherwise.
class Prepared {
 public:
  Prepared(Prepared&&) noexcept;
  Prepared& operator=(Prepared&&) noexcept;
  ~Prepared();

  // The batches had to be written anew, so their sizes may have changed and must be judged again.
  bool rebuilt() const;
  int32_t record_count() const;
  const ConversionStats& stats() const;
  // Offsets from `next_offset` on. Call once. Fails only where writing anew fails (v0 with a
  // codec).
  Checked<Assigned> assign(Offset next_offset, LeaderEpoch leader_epoch, int64_t now_ms);

 private:
  friend class Preparation;
  struct State;
  explicit Prepared(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// `bytes` are the summary's valid bytes and at least one batch. They may be changed by assign(),
// not before.
Checked<Prepared> prepare(std::span<char> bytes, const BatchSummary& summary,
                          const ValidationRules& rules, const TopicPartition& tp);

}  // namespace samsa::record
