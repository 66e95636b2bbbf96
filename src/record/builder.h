#pragma once
// Building batches of any format, byte for byte as Kafka's own builder lays them out.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/errc.h"
#include "base/types.h"
#include "record/batch.h"
#include "record/codec.h"
#include "record/record.h"

namespace samsa::record {

struct BatchFields {
  int8_t magic = k_magic_v2;
  Codec codec = Codec::none;
  TimestampType timestamp_type = TimestampType::create_time;
  Offset base_offset{0};
  // What LogAppendTime stamps.
  int64_t log_append_time_ms = k_no_timestamp_ms;
  ProducerId producer_id = k_no_producer_id;
  ProducerEpoch producer_epoch = k_no_producer_epoch;
  int32_t base_sequence = k_no_sequence;
  bool transactional = false;
  bool control = false;
  LeaderEpoch leader_epoch = k_no_leader_epoch;
};

// Collects records and gives the bytes of one batch (v2), one compressed message (v0, v1), or a run
// of plain messages (v0, v1 without codec). Compresses as it goes, so that it holds what comes out
// and a piece of what goes in. What it is asked in vain (a negative timestamp, headers in v1, an
// offset that does not grow) is remembered and comes out of build(), so callers need not check each
// append. Not synchronised.
class BatchBuilder {
 public:
  explicit BatchBuilder(const BatchFields& fields);

  // What is built is at most this large: beyond it, build() fails with MESSAGE_TOO_LARGE, and
  // nothing more is kept, but everything else is answered as before. Before the first append.
  void limit_size(size_t max_bytes) { max_size_ = max_bytes; }

  // At the next offset. Copies what it is given.
  void append(int64_t timestamp_ms, std::optional<BytesView> key, std::optional<BytesView> value,
              std::span<const Header> headers = {});
  // Offsets must grow.
  void append_at(Offset offset, int64_t timestamp_ms, std::optional<BytesView> key,
                 std::optional<BytesView> value, std::span<const Header> headers = {});
  // At its own offset; its sequence is not carried.
  void append(const Record& record);
  // At the next offset, a record too large to be held: its key, value and headers, as they lie in a
  // v2 batch, follow in pieces that add up to `size`. v2 only.
  void begin_in_pieces(int64_t timestamp_ms, size_t size);
  void append_piece(BytesView piece);

  int32_t record_count() const { return count_; }
  // Of the batch if it were built now without compression: what size limits are held against.
  size_t uncompressed_size() const { return header_size_ + plain_size_; }
  // What the record would add to uncompressed_size().
  size_t size_of(int64_t timestamp_ms, std::optional<BytesView> key, std::optional<BytesView> value,
                 std::span<const Header> headers = {}) const;
  int64_t max_timestamp() const;
  Offset last_offset() const { return last_offset_; }
  // The record of the largest timestamp; its first one where several share it.
  Offset offset_of_max_timestamp() const { return offset_of_max_timestamp_; }
  // What Kafka puts into the time index: the last offset when the batch is read as a whole, the
  // exact one otherwise.
  Offset shallow_offset_of_max_timestamp() const;

  // Compaction keeps the offset range of a batch that lost records at its end. Not below the last
  // record's.
  void override_last_offset(Offset offset) { last_offset_ = offset; }

  // What build() will fail with.
  const std::optional<Error>& failure() const { return failure_; }

  // Empty when nothing was appended. UNKNOWN_SERVER_ERROR with Kafka's sentence for what was asked
  // in vain. Ends the builder's use.
  Result<Bytes> build();

 private:
  bool admit(Offset offset, int64_t timestamp_ms);
  void count(Offset offset, int64_t timestamp_ms);
  void append_v2(Offset offset, int64_t timestamp_ms, std::optional<BytesView> key,
                 std::optional<BytesView> value, std::span<const Header> headers);
  void append_v2_head(Offset offset, int64_t timestamp_ms, size_t fields_size);
  void append_legacy(Offset offset, int64_t timestamp_ms, std::optional<BytesView> key,
                     std::optional<BytesView> value);
  // Where the bytes of records go.
  Bytes& plain() { return fields_.codec == Codec::none ? out_ : plain_; }
  // Settles what was put into plain(), of which `before` bytes had been there: counts it,
  // compresses it once it is much, and drops what is too large.
  void settle(size_t before);
  void compress_plain();
  Result<void> make_encoder();
  void fail(std::string message);
  Result<void> check_producer() const;
  void write_legacy_header();

  BatchFields fields_;
  size_t header_size_;
  size_t max_size_;
  // The batch as it will be, behind room for its header.
  Bytes out_;
  // Records that are yet to be compressed.
  Bytes plain_;
  std::unique_ptr<Encoder> encoder_;
  // Of all records, before compression.
  size_t plain_size_ = 0;
  bool too_large_ = false;
  int32_t count_ = 0;
  std::optional<int64_t> first_timestamp_;
  int64_t max_timestamp_ = k_no_timestamp_ms;
  Offset offset_of_max_timestamp_ = k_no_offset;
  Offset last_offset_ = k_no_offset;
  std::optional<Error> failure_;
};

// A v2 batch without records that keeps an offset range, a producer's sequence and a marker's flag
// alive: what compaction leaves of a batch whose records are all gone.
struct EmptyBatchFields {
  BatchFields fields;
  Offset last_offset;
  int64_t max_timestamp_ms = k_no_timestamp_ms;
};
Bytes empty_batch(const EmptyBatchFields& fields);

}  // namespace samsa::record
