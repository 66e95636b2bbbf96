#pragma once
// Building batches of any format, byte for byte as Kafka's own builder lays them out.

#include <cstdint>
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
// of plain messages (v0, v1 without codec). What it is asked in vain (a negative timestamp, headers
// in v1, an offset that does not grow) is remembered and comes out of build(), so callers need not
// check each append. Not synchronised.
class BatchBuilder {
 public:
  explicit BatchBuilder(const BatchFields& fields);

  // At the next offset. Copies what it is given.
  void append(int64_t timestamp_ms, std::optional<BytesView> key, std::optional<BytesView> value,
              std::span<const Header> headers = {});
  // Offsets must grow.
  void append_at(Offset offset, int64_t timestamp_ms, std::optional<BytesView> key,
                 std::optional<BytesView> value, std::span<const Header> headers = {});
  // At its own offset; its sequence is not carried.
  void append(const Record& record);

  int32_t record_count() const { return count_; }
  // Of the batch if it were built now without compression: what size limits are held against.
  size_t uncompressed_size() const { return header_size_ + plain_.size(); }
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
  void append_v2(Offset offset, int64_t timestamp_ms, std::optional<BytesView> key,
                 std::optional<BytesView> value, std::span<const Header> headers);
  void append_legacy(Offset offset, int64_t timestamp_ms, std::optional<BytesView> key,
                     std::optional<BytesView> value);
  void fail(std::string message);
  Result<void> check_producer() const;
  Result<Bytes> build_v2();
  Result<Bytes> build_legacy();

  BatchFields fields_;
  size_t header_size_;
  // The records as they lie in an uncompressed body.
  Bytes plain_;
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
