#pragma once
// The primitives of Kafka's wire format, in its plain and its flexible (KIP-482) form. Generated
// messages are built from them.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/errc.h"
#include "protocol/record_data.h"

namespace samsa::protocol {

using samsa::Bytes;
using samsa::BytesView;

inline constexpr size_t k_longest_string = 32767;

// The tagged fields of a received struct that our schema does not know. They are kept as they came,
// so that a message encodes again as it was. Takes one pointer where there are none.
class UnknownTags {
 public:
  UnknownTags() = default;
  UnknownTags(const UnknownTags& other) { *this = other; }
  UnknownTags(UnknownTags&&) noexcept = default;
  UnknownTags& operator=(const UnknownTags& other) {
    kept_ = other.kept_ ? std::make_unique<Kept>(*other.kept_) : nullptr;
    return *this;
  }
  UnknownTags& operator=(UnknownTags&&) noexcept = default;

  // The field with its tag and size in front, as it was on the wire.
  void add(BytesView field);
  uint32_t count() const { return kept_ ? kept_->count : 0; }
  BytesView fields() const { return kept_ ? BytesView(kept_->fields) : BytesView(); }
  friend bool operator==(const UnknownTags& a, const UnknownTags& b) {
    return a.fields() == b.fields();
  }

 private:
  struct Kept {
    uint32_t count = 0;
    Bytes fields;
  };
  std::unique_ptr<Kept> kept_;
};

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
    value = fitting(value);
    put_size(value.size());
    bytes_ += value;
  }
  void plain_string(BytesView value) {
    value = fitting(value);
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
  // The tags of a struct whose schema knows none.
  void tags(const UnknownTags& unknown) {
    if (flexible_) put_tags(unknown);
  }

  // Reserves the frame's length and fills it in when all is encoded, holes counted. False when it
  // is longer than a frame can say.
  void begin_frame() { append_be(bytes_, int32_t{0}); }
  [[nodiscard]] bool end_frame();

  const Bytes& encoded() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }
  const std::vector<Hole>& holes() const { return holes_; }

 private:
  friend class TaggedFields;
  void put_tags(const UnknownTags& unknown);
  // Strings have at most 32767 bytes. What is longer, such as a message that quotes a peer's own
  // string, is cut at a character rather than sent with a length that lies.
  static BytesView fitting(BytesView value) {
    return value.size() <= k_longest_string ? value : cut(value);
  }
  static BytesView cut(BytesView value);
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
  TaggedFields(Encoder& out, const UnknownTags& unknown) : out_(out), unknown_(unknown.fields()) {}
  void begin(uint32_t tag);
  void end();
  void finish();

 private:
  // Unknown tags go where they belong among the known ones.
  void take_unknown_below(uint64_t tag);

  Encoder& out_;
  BytesView unknown_;
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

  void string(std::string& value) { required_string(value, string_length()); }
  void plain_string(std::string& value) { required(value, in_.get<int16_t>()); }
  void bytes(std::string& value) { required(value, length()); }
  void nullable_string(std::optional<std::string>& value, bool allowed) {
    const int64_t length = string_length();
    if (length > int64_t{k_longest_string}) return in_.fail();
    optional(value, length, allowed);
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
  // The tags of a struct whose schema knows none.
  void tags(UnknownTags& unknown) {
    if (flexible_) take_tags(unknown);
  }

  bool failed() const { return in_.failed(); }
  size_t remaining() const { return in_.remaining(); }
  BytesView rest() const { return in_.rest(); }
  void fail() { in_.fail(); }

 private:
  friend class TaggedField;
  void take_tags(UnknownTags& unknown);
  int64_t length() {
    return flexible_ ? static_cast<int64_t>(in_.unsigned_varint()) - 1 : in_.get<int32_t>();
  }
  int64_t string_length() {
    return flexible_ ? static_cast<int64_t>(in_.unsigned_varint()) - 1 : in_.get<int16_t>();
  }
  void required(std::string& value, int64_t length);
  // A compact length could be any; only what a plain string can hold is a string.
  void required_string(std::string& value, int64_t length) {
    if (length > int64_t{k_longest_string}) return in_.fail();
    required(value, length);
  }
  void optional(std::optional<std::string>& value, int64_t length, bool null_allowed);

  Cursor in_;
  bool flexible_ = false;
};

// One tagged field while it is read: confined to the size that it declares.
class TaggedField {
 public:
  explicit TaggedField(Decoder& in);
  uint32_t tag() const { return tag_; }
  // For a tag that the schema does not know.
  void keep(UnknownTags& unknown);
  // What the field did not use is an error, as is using more.
  void finish();

 private:
  Decoder& in_;
  Cursor after_;
  BytesView whole_;
  uint32_t tag_ = 0;
};

// Makes room for what was declared, but for no more at once than is harmless if it never comes.
template <class Item>
void reserve_for(std::vector<Item>& items, int32_t declared_count) {
  constexpr int32_t k_most_items = 1024;
  items.clear();
  items.reserve(static_cast<size_t>(std::min(declared_count, k_most_items)));
}

// What follows the message is ignored, as by Kafka: librdkafka sends a few bytes too many.
template <class Message>
Result<Message> decode_message(BytesView body, int16_t version, const char* name) {
  if (version < Message::k_min_version || version > Message::k_max_version)
    return Error{Errc::unsupported_version,
                 std::string(name) + " has no version " + std::to_string(version)};
  Decoder in(body);
  Message message;
  message.decode_from(in, version);
  if (in.failed())
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
