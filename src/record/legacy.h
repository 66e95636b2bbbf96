#pragma once
// Messages of v0 and v1: fields of one, and the inner ones of a compressed one. Inside the room
// only.

#include <optional>

#include "base/bytes.h"
#include "base/errc.h"
#include "record/batch.h"
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
  explicit LegacyEntries(BytesView plain) : rest_(plain) {}

  struct Entry {
    int64_t offset = 0;
    BytesView message;
  };
  // Nothing at the end; CORRUPT_MESSAGE for a size that no message can have.
  Result<std::optional<Entry>> next();

 private:
  BytesView rest_;
};

}  // namespace samsa::record
