#pragma once
// The primitives of Kafka's wire format, in its plain and its flexible (KIP-482) form. Generated
// messages are built from them.

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/errc.h"
#include "protocol/record_data.h"

namespace samsa::protocol {

using samsa::Bytes;
using samsa::BytesView;

class Encoder {
 public:
  // Where bytes that are not in memory belong: before the given index of bytes().
  struct Hole {
    size_t before;
    uint32_t size;
  };

  Encoder() = default;
  void set_flexible(bool flexible) { flexible_ = flexible; }

  template <std::integral T>
  void put(T value) {
    append_be(bytes_, value);
  }
  void put(bool value) { bytes_.push_back(value ? 1 : 0); }
  void put(double value) { append_be(bytes_, std::bit_cast<int64_t>(value)); }
  void string(BytesView value) {
    if (!flexible_) return plain_string(value);
    put_size(value.size());
    bytes_ += value;
  }
  void plain_string(BytesView value) {
    append_be(bytes_, static_cast<int16_t>(value.size()));
    bytes_ += value;
  }
  void bytes(BytesView value) {
    put_size(value.size());
    bytes_ += value;
  }
  void records(const RecordData& data);
  void count(size_t items) { put_size(items); }
  void null_string() { flexible_ ? bytes_.push_back(0) : null_plain_string(); }
  void null_plain_string() { append_be(bytes_, int16_t{-1}); }
  void null_bytes() { flexible_ ? bytes_.push_back(0) : append_be(bytes_, int32_t{-1}); }
  void null_array() { null_bytes(); }
  void no_tags() {
    if (flexible_) bytes_.push_back(0);
  }

  // Reserves the frame's length and fills it in when all is encoded, holes counted.
  void begin_frame() { append_be(bytes_, int32_t{0}); }
  void end_frame();

  const Bytes& encoded() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }
  const std::vector<Hole>& holes() const { return holes_; }

 private:
  friend class TaggedFields;
  void put_size(size_t size) {
    if (flexible_) {
      append_unsigned_varint(bytes_, static_cast<uint32_t>(size + 1));
    } else {
      append_be(bytes_, static_cast<int32_t>(size));
    }
  }

  Bytes bytes_;
  std::vector<Hole> holes_;
  bool flexible_ = false;
};

// Collects the tagged fields of one struct, in rising order of their tags, and writes them behind
// their count.
class TaggedFields {
 public:
  explicit TaggedFields(Encoder& out) : out_(out) {}
  void begin(uint32_t tag);
  void end();
  void finish();

 private:
  Encoder& out_;
  Bytes before_, collected_;
  uint32_t tag_ = 0, count_ = 0;
};

// Reads a message from bytes that a stranger wrote. Fails softly: see Cursor. A declared count is
// refused when the bytes that remain could not hold so many items (KAFKA-14063).
class Decoder {
 public:
  explicit Decoder(BytesView bytes) : in_(bytes) {}
  void set_flexible(bool flexible) { flexible_ = flexible; }

  template <class T>
  T take() {
    if constexpr (std::is_same_v<T, bool>) {
      return in_.get<int8_t>() != 0;
    } else if constexpr (std::is_same_v<T, double>) {
      return std::bit_cast<double>(in_.get<int64_t>());
    } else {
      return in_.get<T>();
    }
  }
  template <class T>
  void get(T& value) {
    value = take<T>();
  }
  void get(std::vector<bool>::reference value) { value = take<bool>(); }

  void string(std::string& value) { required(value, string_length()); }
  void plain_string(std::string& value) { required(value, in_.get<int16_t>()); }
  void bytes(std::string& value) { required(value, length()); }
  void nullable_string(std::optional<std::string>& value, bool allowed) {
    optional(value, string_length(), allowed);
  }
  void nullable_plain_string(std::optional<std::string>& value, bool allowed) {
    optional(value, in_.get<int16_t>(), allowed);
  }
  void nullable_bytes(std::optional<std::string>& value, bool allowed) {
    optional(value, length(), allowed);
  }
  void records(RecordData& value);

  // A number of items, each of which takes at least so many bytes.
  int32_t count(size_t smallest_item_bytes) { return nullable_count(smallest_item_bytes, false); }
  // -1 for null.
  int32_t nullable_count(size_t smallest_item_bytes, bool null_allowed);

  uint32_t begin_tags();
  void skip_tags();

  bool failed() const { return in_.failed(); }
  size_t remaining() const { return in_.remaining(); }
  BytesView rest() const { return in_.rest(); }
  void fail() { in_.fail(); }

 private:
  friend class TaggedField;
  int64_t length() {
    return flexible_ ? static_cast<int64_t>(in_.unsigned_varint()) - 1 : in_.get<int32_t>();
  }
  int64_t string_length() {
    return flexible_ ? static_cast<int64_t>(in_.unsigned_varint()) - 1 : in_.get<int16_t>();
  }
  void required(std::string& value, int64_t length);
  void optional(std::optional<std::string>& value, int64_t length, bool null_allowed);

  Cursor in_;
  bool flexible_ = false;
};

// One tagged field while it is read: confined to the size that it declares.
class TaggedField {
 public:
  explicit TaggedField(Decoder& in);
  uint32_t tag() const { return tag_; }
  void skip();
  // What the field did not use is an error, as is using more.
  void finish();

 private:
  Decoder& in_;
  Cursor after_;
  uint32_t tag_ = 0;
};

template <class Message>
Result<Message> decode_whole(BytesView body, int16_t version, const char* name) {
  Decoder in(body);
  Message message;
  message.decode_from(in, version);
  if (in.failed() || in.remaining() != 0)
    return Error{Errc::invalid_request, std::string(name) + " version " + std::to_string(version) +
                                            " can't be decoded from " +
                                            std::to_string(body.size()) + " bytes"};
  return message;
}

template <class Message>
Bytes encode_message(const Message& message, int16_t version) {
  Encoder out;
  message.encode(out, version);
  return out.take();
}

}  // namespace samsa::protocol
