#pragma once
// Messages of v0 and v1: fields of one, and the inner ones of a compressed one. Inside the room
// only.

#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/errc.h"
#include "record/batch.h"
#include "record/plain_stream.h"
#include "record/record.h"

namespace samsa::record {

// One message, from its CRC on. Borrows its bytes, which are at least 14.
class LegacyMessage {
 public:
  explicit LegacyMessage(BytesView bytes) : bytes_(bytes) {}

  BytesView bytes() const { return bytes_; }
  int8_t magic() const { return static_cast<int8_t>(bytes_[4]); }
  uint8_t attributes() const { return static_cast<uint8_t>(bytes_[5]); }
  int codec_id() const { return attributes() & 0x07; }
  uint32_t stored_crc() const { return load_be<uint32_t>(bytes_.data()); }
  uint32_t computed_crc() const;
  TimestampType timestamp_type() const {
    if (magic() == k_magic_v0) return TimestampType::none;
    return (attributes() & 0x08) != 0 ? TimestampType::log_append_time : TimestampType::create_time;
  }

  struct Fields {
    int64_t timestamp_ms = k_no_timestamp_ms;
    std::optional<BytesView> key;
    std::optional<BytesView> value;
  };
  // INVALID_RECORD when they do not fit into the message.
  Result<Fields> fields() const;

 private:
  BytesView bytes_;
};

// Walks the entries (offset, size, message) of a compressed message's plain inside. An entry that
// is cut off ends it silently, as in Kafka.
class LegacyEntries {
 public:
  explicit LegacyEntries(PlainStream plain) : plain_(std::move(plain)) {}

  // The offset of the last entry, if there is any. Before the first next(), and goes through all:
  // where that is little, it is kept for next(), otherwise this walk is used_up().
  Result<std::optional<int64_t>> last_offset();
  bool used_up() const { return used_up_; }

  struct Entry {
    int64_t offset = 0;
    BytesView message;
  };
  // Nothing at the end; CORRUPT_MESSAGE for a size that no message can have. The entry lives until
  // the next call.
  Result<std::optional<Entry>> next();

 private:
  PlainStream plain_;
  // The previous entry, which is yet to be stepped over.
  size_t pending_ = 0;
  bool used_up_ = false;
};

}  // namespace samsa::record
