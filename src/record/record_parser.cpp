#include "record/record_parser.h"

#include <algorithm>

#include "record/record_errors.h"

namespace samsa::record {

// A Cursor with a short way for numbers of one or two bytes, which most are: this is the innermost
// loop of every produce.
class FieldCursor {
 public:
  explicit FieldCursor(BytesView bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  int32_t varint() {
    return number<int32_t>([](Cursor& c) { return c.varint(); });
  }
  int64_t varlong() {
    return number<int64_t>([](Cursor& c) { return c.varlong(); });
  }
  BytesView take(size_t size) {
    if (remaining() < size) return fail(), BytesView{};
    return {std::exchange(at_, at_ + size), size};
  }

  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  bool failed() const { return failed_; }

 private:
  template <class Number, class Slow>
  [[gnu::always_inline]] Number number(Slow slow) {
    if (remaining() >= 2) {
      const auto first = static_cast<uint8_t>(at_[0]);
      const auto second = static_cast<uint8_t>(at_[1]);
      if (first < 0x80) return ++at_, unfold<Number>(first);
      if (second < 0x80) return at_ += 2, unfold<Number>((first & 0x7fU) | (uint32_t{second} << 7));
    }
    Cursor cursor{{at_, remaining()}};
    const Number value = slow(cursor);
    if (cursor.failed()) return fail(), Number{0};
    at_ = end_ - cursor.remaining();
    return value;
  }
  template <class Number>
  static Number unfold(uint32_t zigzag) {
    return static_cast<Number>(zigzag >> 1) ^ -static_cast<Number>(zigzag & 1);
  }
  void fail() {
    failed_ = true;
    at_ = end_;
  }

  const char* at_;
  const char* end_;
  bool failed_ = false;
};

namespace {

constexpr size_t k_longest_varint = 5;
constexpr size_t k_longest_varlong = 10;
// Records up to this size are made whole in the window before they are looked into; larger ones are
// skimmed in pieces.
constexpr size_t k_skim_whole = 16 * 1024;
// The same where the content goes into a sink.
constexpr size_t k_copy_whole = 1024 * 1024;

size_t to_size(int32_t size) { return static_cast<size_t>(size); }

// A key or value; nothing for a negative size.
inline std::optional<BytesView> field(FieldCursor& cursor) {
  const int32_t size = cursor.varint();
  if (size < 0) return std::nullopt;
  return cursor.take(to_size(size));
}

int32_t size_of(const std::optional<BytesView>& field) {
  return field ? static_cast<int32_t>(field->size()) : -1;
}

Error negative_header_key(int32_t size) {
  return invalid_record("Invalid negative header key size " + std::to_string(size));
}
Error negative_header_count(int32_t count) {
  return invalid_record("Found invalid number of record headers " + std::to_string(count));
}
Error bytes_left_in_record(int32_t body_size) {
  return invalid_record("Invalid record size: expected to read " + std::to_string(body_size) +
                        " bytes in record payload, but there are still bytes remaining");
}

// Reads fields of one record whose bytes need not be in the window at once, and never past the
// record's end.
class Skimmer {
 public:
  Skimmer(PlainStream& stream, size_t size) : stream_(stream), left_(size) {}

  // From here on, what is read or stepped over goes there too.
  void copy_to(PieceSink* sink) { sink_ = sink; }

  int8_t byte() {
    return number<int8_t>(1, [](Cursor& c) { return c.get<int8_t>(); });
  }
  int32_t varint() {
    return number<int32_t>(k_longest_varint, [](Cursor& c) { return c.varint(); });
  }
  int64_t varlong() {
    return number<int64_t>(k_longest_varlong, [](Cursor& c) { return c.varlong(); });
  }
  // The size field's value; its bytes are stepped over.
  int32_t skip_field() {
    const int32_t size = varint();
    if (sink_ != nullptr && size < -1 && !error_) error_ = unusual_number();
    if (size <= 0 || error_) return size;
    if (to_size(size) > left_) {
      error_ = invalid_record("Invalid record size: expected to read more bytes in record payload");
    } else if (!skip(to_size(size))) {
      error_ = stream_.error() ? *stream_.error() : premature_end();
    } else {
      left_ -= to_size(size);
    }
    return size;
  }

  size_t left() const { return left_; }
  const std::optional<Error>& error() const { return error_; }

 private:
  template <class Number, class Read>
  Number number(size_t longest, Read read) {
    if (error_) return 0;
    if (!stream_.ensure(std::min(longest, left_)) && stream_.error()) {
      error_ = stream_.error();
      return 0;
    }
    Cursor cursor{stream_.window().substr(0, std::min(longest, left_))};
    const size_t before = cursor.remaining();
    const Number value = read(cursor);
    if (cursor.failed()) {
      error_ = before < std::min(longest, left_) ? premature_end() : invalid_structure();
      return 0;
    }
    const size_t used = before - cursor.remaining();
    if (sink_ != nullptr) copy_number(value, used);
    stream_.consume(used);
    left_ -= used;
    return value;
  }

  bool skip(size_t size) {
    if (sink_ == nullptr) return stream_.skip(size);
    return stream_.skip(size, [this](BytesView piece) { sink_->piece(piece); });
  }

  // The sink has been told the size of what comes, so nothing can be written otherwise than it is.
  void copy_number(int64_t value, size_t used) {
    if (used == static_cast<size_t>(size_of_varint(static_cast<int32_t>(value)))) {
      sink_->piece(stream_.window().substr(0, used));
    } else {
      error_ = unusual_number();
    }
  }
  static Error unusual_number() {
    return invalid_record("A record that is too large to be held has a size in an unusual form");
  }

  PlainStream& stream_;
  size_t left_;
  PieceSink* sink_ = nullptr;
  std::optional<Error> error_;
};

}  // namespace

Result<void> RecordParser::check_end(PlainStream& stream, size_t used) {
  if (stream.ensure(used + 1)) return bytes_left_over();
  if (stream.error()) return *stream.error();
  return ok();
}

void RecordParser::apply_base(int64_t timestamp_delta, int32_t offset_delta, Record& record) const {
  record.timestamp_ms = base_.log_append_time
                            ? *base_.log_append_time
                            : wrapping_add(base_.first_timestamp, timestamp_delta);
  record.offset = Offset{wrapping_add(base_.base_offset, int64_t{offset_delta})};
  record.sequence = base_.base_sequence >= 0 ? advance_sequence(base_.base_sequence, offset_delta)
                                             : k_no_sequence;
}

Result<void> RecordParser::parse_header_fields(FieldCursor& cursor, int32_t count) {
  headers_.clear();
  for (int32_t i = 0; i < count; ++i) {
    const int32_t key_size = cursor.varint();
    if (key_size < 0) return negative_header_key(key_size);
    const BytesView key = cursor.take(to_size(key_size));
    const auto value = field(cursor);
    // Without this a count of two billion would be taken at its word.
    if (cursor.failed()) return invalid_structure();
    if (depth_ == ReadDepth::full) headers_.push_back({key, value});
  }
  return ok();
}

Result<void> RecordParser::parse_whole(BytesView bytes, int32_t body_size, bool compressed,
                                       Record& record) {
  FieldCursor cursor{bytes};
  cursor.take(1);  // attributes: none are in use
  const int64_t timestamp_delta = cursor.varlong();
  const int32_t offset_delta = cursor.varint();
  record.key = field(cursor);
  record.value = field(cursor);
  record.key_size = size_of(record.key);
  record.value_size = size_of(record.value);
  const int32_t header_count = cursor.varint();
  if (cursor.failed()) return invalid_structure();
  if (header_count < 0) return negative_header_count(header_count);
  Result<void> headers = parse_header_fields(cursor, header_count);
  if (!headers) return headers;
  const auto used = static_cast<int64_t>(bytes.size() - cursor.remaining());
  if (used != body_size) {
    if (compressed && depth_ == ReadDepth::skim) return bytes_left_in_record(body_size);
    return invalid_record("Invalid record size: expected to read " + std::to_string(body_size) +
                          " bytes in record payload, but instead read " + std::to_string(used));
  }
  record.headers = headers_;
  apply_base(timestamp_delta, offset_delta, record);
  return ok();
}

Result<void> RecordParser::skim(PlainStream& stream, int32_t body_size, Record& record) {
  Skimmer fields{stream, to_size(body_size)};
  fields.byte();
  const int64_t timestamp_delta = fields.varlong();
  const int32_t offset_delta = fields.varint();
  if (fields.error()) return *fields.error();
  apply_base(timestamp_delta, offset_delta, record);
  record.in_pieces = depth_ == ReadDepth::full;
  if (record.in_pieces) {
    pieces_->begin(record.timestamp_ms, fields.left());
    fields.copy_to(pieces_);
  }
  record.key_size = fields.skip_field();
  record.value_size = fields.skip_field();
  record.key = record.key_size >= 0 ? std::optional(BytesView{}) : std::nullopt;
  record.value = record.value_size >= 0 ? std::optional(BytesView{}) : std::nullopt;
  const int32_t header_count = fields.varint();
  if (fields.error()) return *fields.error();
  if (header_count < 0) return negative_header_count(header_count);
  for (int32_t i = 0; i < header_count; ++i) {
    const int32_t key_size = fields.skip_field();
    if (!fields.error() && key_size < 0) return negative_header_key(key_size);
    fields.skip_field();
    if (fields.error()) return *fields.error();
  }
  if (fields.left() > 0) return bytes_left_in_record(body_size);
  return ok();
}

// Whether a compressed record is read without being in the window at once.
bool RecordParser::steps_over(int32_t body_size) const {
  if (depth_ == ReadDepth::skim) return to_size(body_size) > k_skim_whole;
  return pieces_ != nullptr && to_size(body_size) > k_copy_whole;
}

Result<void> RecordParser::parse(PlainStream& stream, Record& record, bool last) {
  const bool enough = stream.ensure(k_longest_varint);
  if (!enough && stream.error()) return *stream.error();
  FieldCursor size_field{stream.window().substr(0, k_longest_varint)};
  const size_t before = size_field.remaining();
  const int32_t body_size = size_field.varint();
  if (size_field.failed()) {
    if (before < k_longest_varint) return premature_end();
    // Kafka stumbles over a number that does not end, and answers so.
    return Error{Errc::unknown_server_error, "A record's size takes more than five bytes"};
  }
  const size_t size_length = before - size_field.remaining();
  record.size_in_bytes = size_length + static_cast<size_t>(std::max(body_size, 0));
  record.headers = {};
  record.in_pieces = false;
  const bool compressed = stream.decompresses();
  if (compressed && body_size < 0) return invalid_structure();

  if (compressed && steps_over(body_size)) {
    stream.consume(size_length);
    Result<void> skimmed = skim(stream, body_size, record);
    return !skimmed || !last ? skimmed : check_end(stream, 0);
  }
  const size_t whole = size_length + static_cast<size_t>(std::max(body_size, 0));
  // For the last record one byte more, now and not later, because asking may move the window under
  // the record's views.
  if (!stream.ensure(whole + (last ? 1 : 0)) && stream.window().size() < whole) {
    if (stream.error()) return *stream.error();
    if (compressed) return premature_end();
    // Kafka stumbles over such a record in the midst of a batch, and answers so.
    return last ? bytes_left_over() : Error{Errc::unknown_server_error, premature_end().message};
  }
  // Without compression Kafka reads on into the next record before it notices a wrong size.
  const BytesView rest = stream.window().substr(size_length);
  const BytesView bytes = compressed ? rest.substr(0, to_size(body_size)) : rest;
  Result<void> parsed = parse_whole(bytes, body_size, compressed, record);
  if (!parsed) return parsed;
  pending_ = whole;
  return last ? check_end(stream, whole) : Result<void>{ok()};
}

}  // namespace samsa::record
