#pragma once
// One record batch (v2) or one message (v0, v1) as a view over its bytes, and walking a run of
// them.
//
// A message of v0 or v1 counts as a batch: of itself, or, compressed, of the messages inside its
// value.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/errc.h"
#include "base/types.h"
#include "base/wrapping.h"
#include "record/codec.h"

namespace samsa::record {

enum class TimestampType : int8_t { none = -1, create_time = 0, log_append_time = 1 };
// As configs and tools write it: "CreateTime", "LogAppendTime", "NoTimestampType".
std::string_view name_of(TimestampType type);

inline constexpr int8_t k_magic_v0 = 0;
inline constexpr int8_t k_magic_v1 = 1;
inline constexpr int8_t k_magic_v2 = 2;

// Offset and size fields, which precede what the size counts in every format.
inline constexpr size_t k_log_overhead = 12;
// Enough to know the size and the format.
inline constexpr size_t k_header_up_to_magic = 17;
// Everything but the records.
inline constexpr size_t k_v2_overhead = 61;
inline constexpr size_t k_v1_overhead = k_log_overhead + 22;
inline constexpr size_t k_v0_overhead = k_log_overhead + 14;

// Smallest size of a whole batch of that magic.
constexpr size_t overhead_of(int8_t magic) {
  return magic >= k_magic_v2 ? k_v2_overhead : magic == k_magic_v1 ? k_v1_overhead : k_v0_overhead;
}

// Field positions from the start of the batch.
namespace layout {
inline constexpr size_t k_base_offset = 0;
inline constexpr size_t k_length = 8;
inline constexpr size_t k_magic = 16;
// v2
inline constexpr size_t k_leader_epoch = 12;
inline constexpr size_t k_crc = 17;
inline constexpr size_t k_attributes = 21;
inline constexpr size_t k_last_offset_delta = 23;
inline constexpr size_t k_first_timestamp = 27;
inline constexpr size_t k_max_timestamp = 35;
inline constexpr size_t k_producer_id = 43;
inline constexpr size_t k_producer_epoch = 51;
inline constexpr size_t k_base_sequence = 53;
inline constexpr size_t k_record_count = 57;
// v0 and v1
inline constexpr size_t k_legacy_crc = 12;
inline constexpr size_t k_legacy_attributes = 17;
inline constexpr size_t k_v1_timestamp = 18;
inline constexpr size_t k_v0_key = 18;
inline constexpr size_t k_v1_key = 26;
}  // namespace layout

// Sequence numbers go on with 0 after the largest int32.
constexpr int32_t advance_sequence(int32_t sequence, int32_t by) {
  const int64_t sum = int64_t{sequence} + by;
  return static_cast<int32_t>(sum > INT32_MAX ? sum - INT32_MAX - 1 : sum);
}
constexpr int32_t retreat_sequence(int32_t sequence, int32_t by) {
  const int64_t difference = int64_t{sequence} - by;
  return static_cast<int32_t>(difference < 0 ? difference + INT32_MAX + 1 : difference);
}

// Borrows the bytes of one whole batch: the size field agrees with their number, the magic is 0, 1
// or 2, and they hold at least overhead_of(magic). BatchIterator and parse() make only such views;
// nothing else about the content is promised.
class BatchView {
 public:
  // The batch at the start of `bytes`; CORRUPT_MESSAGE when there is none or not the whole of it.
  static Result<BatchView> parse(BytesView bytes);

  BytesView bytes() const { return {at_, size_}; }
  size_t size_in_bytes() const { return size_; }
  int8_t magic() const { return static_cast<int8_t>(at_[layout::k_magic]); }
  bool is_v2() const { return magic() >= k_magic_v2; }

  // v2: the first offset. v0, v1: the offset field, which for a compressed message is the LAST
  // inner one (v1) or whatever the producer wrote; record.h's first_offset() looks inside.
  Offset base_offset() const { return Offset{load_be<int64_t>(at_)}; }
  Offset last_offset() const {
    if (!is_v2()) return base_offset();
    return Offset{wrapping_add(base_offset().value(), int64_t{last_offset_delta()})};
  }
  Offset next_offset() const { return Offset{wrapping_add(last_offset().value(), int64_t{1})}; }
  // v2 only.
  int32_t last_offset_delta() const { return load_be<int32_t>(at_ + layout::k_last_offset_delta); }

  uint32_t stored_crc() const {
    return load_be<uint32_t>(at_ + (is_v2() ? layout::k_crc : layout::k_legacy_crc));
  }
  // Reads all of the batch.
  uint32_t computed_crc() const;
  bool crc_ok() const { return stored_crc() == computed_crc(); }

  // Only the low byte of the attributes is in use.
  uint8_t attributes() const {
    return static_cast<uint8_t>(
        at_[is_v2() ? layout::k_attributes + 1 : layout::k_legacy_attributes]);
  }
  // 5 to 7 when the codec is not one of Kafka's.
  int codec_id() const { return attributes() & 0x07; }
  // Only after check_codec() or with a codec_id() known to be good.
  Codec codec() const { return static_cast<Codec>(codec_id()); }
  bool is_compressed() const { return codec_id() != 0; }
  bool is_transactional() const { return is_v2() && (attributes() & 0x10) != 0; }
  bool is_control() const { return is_v2() && (attributes() & 0x20) != 0; }
  TimestampType timestamp_type() const {
    if (magic() == k_magic_v0) return TimestampType::none;
    return (attributes() & 0x08) != 0 ? TimestampType::log_append_time : TimestampType::create_time;
  }

  // v2: of the header. v1: of the message or wrapper. v0: -1.
  int64_t max_timestamp() const {
    if (is_v2()) return load_be<int64_t>(at_ + layout::k_max_timestamp);
    return magic() == k_magic_v1 ? load_be<int64_t>(at_ + layout::k_v1_timestamp)
                                 : k_no_timestamp_ms;
  }
  int64_t first_timestamp() const {
    return is_v2() ? load_be<int64_t>(at_ + layout::k_first_timestamp) : max_timestamp();
  }

  // v0 and v1 have none of these and answer with the "none" values.
  LeaderEpoch leader_epoch() const {
    return is_v2() ? LeaderEpoch{load_be<int32_t>(at_ + layout::k_leader_epoch)}
                   : k_no_leader_epoch;
  }
  ProducerId producer_id() const {
    return is_v2() ? ProducerId{load_be<int64_t>(at_ + layout::k_producer_id)} : k_no_producer_id;
  }
  bool has_producer_id() const { return producer_id() > k_no_producer_id; }
  ProducerEpoch producer_epoch() const {
    return is_v2() ? ProducerEpoch{load_be<int16_t>(at_ + layout::k_producer_epoch)}
                   : k_no_producer_epoch;
  }
  int32_t base_sequence() const {
    return is_v2() ? load_be<int32_t>(at_ + layout::k_base_sequence) : k_no_sequence;
  }
  int32_t last_sequence() const {
    return base_sequence() == k_no_sequence
               ? k_no_sequence
               : advance_sequence(base_sequence(), last_offset_delta());
  }
  // As the header claims it; v0 and v1 do not say.
  std::optional<int32_t> record_count() const {
    if (!is_v2()) return std::nullopt;
    return load_be<int32_t>(at_ + layout::k_record_count);
  }

  // The records' bytes (v2), still compressed if the batch is.
  BytesView body() const { return bytes().substr(k_v2_overhead); }
  // The message from its CRC on (v0, v1).
  BytesView legacy_message() const { return bytes().substr(k_log_overhead); }

  // UNKNOWN_SERVER_ERROR for codec ids 5 to 7, as Kafka answers them.
  Result<void> check_codec() const;
  // Size and CRC, with the sentence that Kafka's log reader gives; CORRUPT_MESSAGE.
  Result<void> ensure_valid() const;
  // For logs: Kafka's own rendering of a batch.
  std::string to_string() const;

  // The caller vouches for the class's promise.
  BatchView(const char* at, size_t size) : at_(at), size_(size) {}

 protected:
  const char* at_;
  size_t size_;
};

// The same over bytes that may be written. Borrows them, alone.
class MutableBatch : public BatchView {
 public:
  MutableBatch(const char* at, size_t size) : BatchView(at, size) {}

  // v2: outside the CRC, so this is a store. v0, v1: the offset field, outside the CRC too.
  void set_base_offset(Offset offset) { store_be(writable(), offset.value()); }
  // So that last_offset() gives the argument.
  void set_last_offset(Offset offset) {
    const int64_t back = is_v2() ? last_offset_delta() : 0;
    set_base_offset(Offset{wrapping_subtract(offset.value(), back)});
  }
  // v2 only; outside the CRC.
  void set_leader_epoch(LeaderEpoch epoch) {
    store_be(writable() + layout::k_leader_epoch, epoch.value());
  }
  // Changes timestamp type and max timestamp (v1: the message's timestamp) and recomputes the CRC,
  // unless both are so already. Reads all of the batch. v1 and v2 only.
  void set_max_timestamp(TimestampType type, int64_t timestamp_ms);

 private:
  char* writable() { return const_cast<char*>(at_); }
};

// What the header at a position says; for readers that have only the first bytes of a batch, such
// as a file's reader.
struct BatchHeader {
  int8_t magic = 0;
  // Of the whole batch, log overhead included.
  size_t size_in_bytes = 0;
};
// Nothing where the bytes are too few to say. CORRUPT_MESSAGE, with Kafka's sentence, for a size
// below the smallest message of the format or above `max_size`, and for an unknown magic.
Result<std::optional<BatchHeader>> peek_header(BytesView bytes, size_t max_size = INT32_MAX);
// The same, but also of a batch that is too short for its format, which Kafka finds only with the
// CRC. No view may be made of such a batch.
Result<std::optional<BatchHeader>> peek_any_header(BytesView bytes, size_t max_size = INT32_MAX);

// Walks the batches in a run of bytes and never reads past its end. Batch is BatchView or
// MutableBatch.
//
//   BatchIterator batches{bytes};
//   for (;;) {
//     auto batch = batches.next();
//     if (!batch) return batch.error();
//     if (!*batch) break;
//     use(**batch);
//   }
template <class Batch, class Char>
class BasicBatchIterator {
 public:
  explicit BasicBatchIterator(std::span<Char> bytes, size_t max_size = INT32_MAX)
      : bytes_(bytes), max_size_(max_size) {}
  explicit BasicBatchIterator(BytesView bytes,
                              size_t max_size = INT32_MAX) requires std::is_const_v<Char>
      : bytes_(bytes.data(), bytes.size()), max_size_(max_size) {}

  // The next whole batch; nothing at the end of the bytes or where what is left is not a whole
  // batch: see tail(). After an error (CORRUPT_MESSAGE) every further call gives the same one.
  Result<std::optional<Batch>> next() {
    auto header = peek_header(tail(), max_size_);
    if (!header) return header.error();
    if (!*header || (*header)->size_in_bytes > bytes_.size() - position_) {
      return std::optional<Batch>{};
    }
    Batch batch{bytes_.data() + position_, (*header)->size_in_bytes};
    position_ += batch.size_in_bytes();
    return std::optional<Batch>{batch};
  }

  // Where the next batch starts: the end of the last whole one.
  size_t position() const { return position_; }
  // What follows the last whole batch. Not empty after the end: a truncated batch.
  BytesView tail() const { return {bytes_.data() + position_, bytes_.size() - position_}; }
  bool truncated() const { return position_ < bytes_.size(); }

 private:
  std::span<Char> bytes_;
  size_t max_size_;
  size_t position_ = 0;
};

using BatchIterator = BasicBatchIterator<BatchView, const char>;
using MutableBatchIterator = BasicBatchIterator<MutableBatch, char>;

// Calls visit(BatchView) for each whole batch; a truncated tail is not an error. visit returns void
// or Result<void>.
template <class Visit>
Result<void> for_each_batch(BytesView bytes, Visit visit) {
  BatchIterator batches{bytes};
  for (;;) {
    auto batch = batches.next();
    if (!batch) return batch.error();
    if (!*batch) return ok();
    if constexpr (std::is_void_v<decltype(visit(**batch))>) {
      visit(**batch);
    } else {
      Result<void> visited = visit(**batch);
      if (!visited) return visited;
    }
  }
}

}  // namespace samsa::record
