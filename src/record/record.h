#pragma once
// The records of a batch, of any format, one after the other, and the meaning of control records.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/errc.h"
#include "base/types.h"
#include "record/batch.h"
#include "record/codec.h"

namespace samsa::record {

struct Header {
  BytesView key;
  std::optional<BytesView> value;
  friend bool operator==(const Header&, const Header&) = default;
};

// A view: valid until the reader that gave it moves on.
struct Record {
  Offset offset;
  // -1 where the format (v0) or the producer gave none. LogAppendTime has been applied.
  int64_t timestamp_ms = k_no_timestamp_ms;
  int32_t sequence = k_no_sequence;
  std::optional<BytesView> key;
  std::optional<BytesView> value;
  std::span<const Header> headers;
  // -1 for null; known when skimming too.
  int32_t key_size = -1;
  int32_t value_size = -1;
  // With its length field (v2), or its offset and size fields (v0, v1).
  size_t size_in_bytes = 0;
  // v0 and v1: the message from its CRC on, so that an inner CRC and format can be checked. Empty
  // for v2.
  BytesView legacy_message;
  // Its content went to a PieceSink: `key`, `value` and `headers` are as when skimming.
  bool in_pieces = false;
};

// Takes the content of records that are too large to be held, while they are read.
class PieceSink {
 public:
  virtual ~PieceSink() = default;
  // A record with this timestamp, whose key, value and headers take so many bytes and follow.
  virtual void begin(int64_t timestamp_ms, size_t size) = 0;
  // Adding up to `size`, unless the record turns out to be malformed.
  virtual void piece(BytesView bytes) = 0;
};

enum class ReadDepth {
  // Everything.
  full,
  // Keys, values and headers are checked and stepped over: `key` and `value` say only whether they
  // are there (an empty
  // view), `headers` is empty. Needs a small, constant amount of memory for v2. For validation.
  skim,
};

// Reads the records of one batch and decompresses as it goes. A compressed message of v0 or v1 is
// gone through at the first call, as its last inner offset must be known before the first can be
// told; where it is large, it is decompressed again for that. Borrows the batch. Errors:
// INVALID_RECORD for a malformed record, a wrong count or bytes left over, with Kafka's sentences;
// UNKNOWN_SERVER_ERROR for a body that does not decompress; MESSAGE_TOO_LARGE past the limits. Not
// synchronised. Movable.
class RecordReader {
 public:
  // Large records of compressed v2 batches go to `pieces`, where there is one to take them.
  explicit RecordReader(BatchView batch, ReadDepth depth = ReadDepth::full,
                        const ReadLimits& limits = {}, PieceSink* pieces = nullptr);
  RecordReader(RecordReader&&) noexcept;
  RecordReader& operator=(RecordReader&&) noexcept;
  ~RecordReader();

  // The next record, null at the end. The record, and all its views, live until the next call.
  // After an error, do not call again.
  Result<const Record*> next();

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

// Calls visit(const Record&) for each; visit returns void or Result<void>.
template <class Visit>
Result<void> for_each_record(BatchView batch, Visit visit, const ReadLimits& limits = {}) {
  RecordReader reader{batch, ReadDepth::full, limits};
  for (;;) {
    auto record = reader.next();
    if (!record) return record.error();
    if (!*record) return ok();
    if constexpr (std::is_void_v<decltype(visit(**record))>) {
      visit(**record);
    } else {
      Result<void> visited = visit(**record);
      if (!visited) return visited;
    }
  }
}

// The first offset: of the header for v2, of the first inner message for a compressed v0 or v1
// (decompresses it).
Result<Offset> first_offset(BatchView batch, const ReadLimits& limits = {});

enum class ControlType : int16_t {
  abort = 0,
  commit = 1,
  quorum_reassignment = 2,
  leader_change = 3,
  // A type from the future: to be ignored.
  unknown = -1,
};

// INVALID_RECORD for a key that is too short or has a negative version.
Result<ControlType> parse_control_key(BytesView key);

struct EndTransactionMarker {
  // abort or commit.
  ControlType type = ControlType::abort;
  int32_t coordinator_epoch = 0;
};

// Nothing for a control record of another type; INVALID_RECORD when malformed.
Result<std::optional<EndTransactionMarker>> parse_end_transaction_marker(const Record& record);

// Key and value of the marker's record.
Bytes encode_control_key(ControlType type);
Bytes encode_end_transaction_value(int32_t coordinator_epoch);

struct MarkerFields {
  Offset offset{0};
  int64_t timestamp_ms = 0;
  LeaderEpoch leader_epoch = k_no_leader_epoch;
  ProducerId producer_id;
  ProducerEpoch producer_epoch;
};
// A whole control batch with the one marker in it.
Bytes end_transaction_batch(const MarkerFields& fields, EndTransactionMarker marker);

}  // namespace samsa::record
