#pragma once
// Record batches inside a message: passed on as they are, never copied on the way in.

#include <cstdint>

#include "base/bytes.h"

namespace samsa::protocol {

class RecordData {
 public:
  RecordData() = default;  // null
  // Views bytes that outlive the message: a received frame, or what the caller holds until the
  // message is encoded.
  explicit RecordData(BytesView bytes) : bytes_(bytes), is_null_(false) {}
  // Bytes that are not in memory: the encoder writes their length and leaves a hole for the sender
  // to fill.
  static RecordData external(uint32_t size) {
    RecordData data;
    data.is_null_ = false;
    data.external_size_ = size;
    return data;
  }

  bool is_null() const { return is_null_; }
  BytesView view() const { return bytes_; }
  uint32_t external_size() const { return external_size_; }
  size_t size() const { return bytes_.size() + external_size_; }
  friend bool operator==(const RecordData&, const RecordData&) = default;

 private:
  BytesView bytes_;
  uint32_t external_size_ = 0;
  bool is_null_ = true;
};

}  // namespace samsa::protocol
