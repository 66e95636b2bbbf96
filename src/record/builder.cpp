#include "record/builder.h"

#include <glog/logging.h>
#include <zlib.h>

#include <limits>

namespace samsa::record {
namespace {

size_t header_size_of(const BatchFields& fields) {
  if (fields.magic >= k_magic_v2) return k_v2_overhead;
  return fields.codec == Codec::none ? 0 : overhead_of(fields.magic);
}

void append_sized(Bytes& to, std::optional<BytesView> field) {
  if (!field) return append_varint(to, -1);
  append_varint(to, static_cast<int32_t>(field->size()));
  to.append(*field);
}

size_t size_of_sized(std::optional<BytesView> field) {
  if (!field) return static_cast<size_t>(size_of_varint(-1));
  return static_cast<size_t>(size_of_varint(static_cast<int32_t>(field->size()))) + field->size();
}

void append_legacy_sized(Bytes& to, std::optional<BytesView> field) {
  append_be(to, field ? static_cast<int32_t>(field->size()) : int32_t{-1});
  if (field) to.append(*field);
}

// Of a record's body: all but the size in front of it.
size_t v2_body_size(int32_t offset_delta, int64_t timestamp_delta, size_t fields_size) {
  return 1 + static_cast<size_t>(size_of_varint(offset_delta)) +
         static_cast<size_t>(size_of_varlong(timestamp_delta)) + fields_size;
}

size_t v2_fields_size(std::optional<BytesView> key, std::optional<BytesView> value,
                      std::span<const Header> headers) {
  size_t size = size_of_sized(key) + size_of_sized(value) +
                static_cast<size_t>(size_of_varint(static_cast<int32_t>(headers.size())));
  for (const Header& header : headers)
    size += size_of_sized(header.key) + size_of_sized(header.value);
  return size;
}

int16_t attributes_of(const BatchFields& fields) {
  int attributes = static_cast<int>(fields.codec);
  if (fields.magic > k_magic_v0 && fields.timestamp_type == TimestampType::log_append_time) {
    attributes |= 0x08;
  }
  if (fields.transactional) attributes |= 0x10;
  if (fields.control) attributes |= 0x20;
  return static_cast<int16_t>(attributes);
}

struct V2Tail {
  int32_t last_offset_delta;
  int64_t first_timestamp;
  int64_t max_timestamp;
  int32_t record_count;
};

// The header is written over the batch's first bytes once all that it covers is in place.
void write_v2_header(Bytes& batch, const BatchFields& fields, const V2Tail& tail) {
  char* at = batch.data();
  store_be(at + layout::k_base_offset, fields.base_offset.value());
  store_be(at + layout::k_length, static_cast<int32_t>(batch.size() - k_log_overhead));
  store_be(at + layout::k_leader_epoch, fields.leader_epoch.value());
  store_be(at + layout::k_magic, fields.magic);
  store_be(at + layout::k_attributes, attributes_of(fields));
  store_be(at + layout::k_last_offset_delta, tail.last_offset_delta);
  store_be(at + layout::k_first_timestamp, tail.first_timestamp);
  store_be(at + layout::k_max_timestamp, tail.max_timestamp);
  store_be(at + layout::k_producer_id, fields.producer_id.value());
  store_be(at + layout::k_producer_epoch, fields.producer_epoch.value());
  store_be(at + layout::k_base_sequence, fields.base_sequence);
  store_be(at + layout::k_record_count, tail.record_count);
  store_be(at + layout::k_crc, BatchView(batch.data(), batch.size()).computed_crc());
}

constexpr size_t k_largest_size = std::numeric_limits<int32_t>::max();
// So many bytes of records are compressed together.
constexpr size_t k_piece = 64 * 1024;

}  // namespace

BatchBuilder::BatchBuilder(const BatchFields& fields)
    : fields_(fields),
      header_size_(header_size_of(fields)),
      max_size_(k_largest_size),
      out_(header_size_, '\0') {
  CHECK(fields.magic >= k_magic_v0 && fields.magic <= k_magic_v2);
  CHECK(fields.magic == k_magic_v0 || fields.timestamp_type != TimestampType::none);
  const std::string magic = std::to_string(fields.magic);
  if (fields.magic >= k_magic_v2) return;
  if (fields.transactional) fail("Transactional records are not supported for magic " + magic);
  if (fields.control) fail("Control records are not supported for magic " + magic);
  if (fields.codec == Codec::zstd) {
    fail("ZStandard compression is not supported for magic " + magic);
  }
}

void BatchBuilder::fail(std::string message) {
  if (!failure_) failure_ = Error{Errc::unknown_server_error, std::move(message)};
}

void BatchBuilder::append(int64_t timestamp_ms, std::optional<BytesView> key,
                          std::optional<BytesView> value, std::span<const Header> headers) {
  append_at(count_ == 0 ? fields_.base_offset : last_offset_ + 1, timestamp_ms, key, value,
            headers);
}

void BatchBuilder::append(const Record& record) {
  append_at(record.offset, record.timestamp_ms, record.key, record.value, record.headers);
}

void BatchBuilder::append_at(Offset offset, int64_t timestamp_ms, std::optional<BytesView> key,
                             std::optional<BytesView> value, std::span<const Header> headers) {
  if (!admit(offset, timestamp_ms)) return;
  if (fields_.magic < k_magic_v2 && !headers.empty()) {
    return fail("Magic v" + std::to_string(fields_.magic) + " does not support record headers");
  }
  const size_t before = plain().size();
  if (fields_.magic >= k_magic_v2) {
    append_v2(offset, timestamp_ms, key, value, headers);
  } else {
    append_legacy(offset, timestamp_ms, key, value);
  }
  settle(before);
  count(offset, timestamp_ms);
}

void BatchBuilder::begin_in_pieces(int64_t timestamp_ms, size_t size) {
  CHECK(fields_.magic >= k_magic_v2);
  const Offset offset = count_ == 0 ? fields_.base_offset : last_offset_ + 1;
  if (!admit(offset, timestamp_ms)) return;
  const size_t before = plain().size();
  append_v2_head(offset, timestamp_ms, size);
  settle(before);
  count(offset, timestamp_ms);
}

void BatchBuilder::append_piece(BytesView piece) {
  if (failure_) return;
  const size_t before = plain().size();
  if (!too_large_) plain() += piece;
  settle(before);
}

bool BatchBuilder::admit(Offset offset, int64_t timestamp_ms) {
  if (failure_) return false;
  if (count_ > 0 && offset <= last_offset_) {
    fail("Illegal offset " + std::to_string(offset.value()) + " following previous offset " +
         std::to_string(last_offset_.value()) + " (Offsets must increase monotonically).");
    return false;
  }
  if (timestamp_ms < 0 && timestamp_ms != k_no_timestamp_ms) {
    fail("Invalid negative timestamp " + std::to_string(timestamp_ms));
    return false;
  }
  const int64_t delta = wrapping_subtract(offset.value(), fields_.base_offset.value());
  if (delta < INT32_MIN || delta > INT32_MAX) {
    fail("Maximum offset delta exceeded, base offset: " +
         std::to_string(fields_.base_offset.value()) +
         ", last offset: " + std::to_string(offset.value()));
    return false;
  }
  if (!first_timestamp_) first_timestamp_ = timestamp_ms;
  return true;
}

void BatchBuilder::count(Offset offset, int64_t timestamp_ms) {
  if (fields_.magic < k_magic_v2 && fields_.timestamp_type == TimestampType::log_append_time) {
    timestamp_ms = fields_.log_append_time_ms;
  }
  ++count_;
  last_offset_ = offset;
  if (fields_.magic > k_magic_v0 && timestamp_ms > max_timestamp_) {
    max_timestamp_ = timestamp_ms;
    offset_of_max_timestamp_ = offset;
  }
}

void BatchBuilder::settle(size_t before) {
  plain_size_ += plain().size() - before;
  if (!too_large_ && plain_.size() >= k_piece) compress_plain();
  if (too_large_) {
    out_.clear();
    plain_.clear();
  } else if (out_.size() > max_size_) {
    too_large_ = true;
    out_ = {};
    plain_ = {};
    encoder_.reset();
  }
}

void BatchBuilder::compress_plain() {
  Result<void> written = make_encoder();
  if (written) written = encoder_->write(plain_, out_);
  if (!written) fail(written.error().message);
  plain_.clear();
}

Result<void> BatchBuilder::make_encoder() {
  if (encoder_) return ok();
  auto encoder = Encoder::make(fields_.codec, fields_.magic);
  if (!encoder) return encoder.error();
  encoder_ = std::move(*encoder);
  return ok();
}

void BatchBuilder::append_v2(Offset offset, int64_t timestamp_ms, std::optional<BytesView> key,
                             std::optional<BytesView> value, std::span<const Header> headers) {
  append_v2_head(offset, timestamp_ms, v2_fields_size(key, value, headers));
  Bytes& to = plain();
  append_sized(to, key);
  append_sized(to, value);
  append_varint(to, static_cast<int32_t>(headers.size()));
  for (const Header& header : headers) {
    append_sized(to, header.key);
    append_sized(to, header.value);
  }
}

void BatchBuilder::append_v2_head(Offset offset, int64_t timestamp_ms, size_t fields_size) {
  const auto offset_delta = static_cast<int32_t>(offset - fields_.base_offset);
  const int64_t timestamp_delta = timestamp_ms - *first_timestamp_;
  Bytes& to = plain();
  append_varint(to, static_cast<int32_t>(v2_body_size(offset_delta, timestamp_delta, fields_size)));
  to.push_back(0);  // attributes: none are in use
  append_varlong(to, timestamp_delta);
  append_varint(to, offset_delta);
}

void BatchBuilder::append_legacy(Offset offset, int64_t timestamp_ms, std::optional<BytesView> key,
                                 std::optional<BytesView> value) {
  const bool inner = fields_.codec != Codec::none;
  if (fields_.magic > k_magic_v0 && fields_.timestamp_type == TimestampType::log_append_time) {
    timestamp_ms = fields_.log_append_time_ms;
  }
  // Inside a compressed v1 message offsets count from the batch's first one.
  const bool relative = inner && fields_.magic > k_magic_v0;
  Bytes& to = plain();
  append_be(to, relative ? offset - fields_.base_offset : offset.value());
  const size_t size = overhead_of(fields_.magic) - k_log_overhead + (key ? key->size() : 0) +
                      (value ? value->size() : 0);
  append_be(to, static_cast<int32_t>(size));
  const size_t message = to.size();
  append_be(to, uint32_t{0});
  append_be(to, fields_.magic);
  const bool append_time =
      fields_.magic > k_magic_v0 && fields_.timestamp_type == TimestampType::log_append_time;
  to.push_back(append_time ? 0x08 : 0);
  if (fields_.magic > k_magic_v0) append_be(to, timestamp_ms);
  append_legacy_sized(to, key);
  append_legacy_sized(to, value);
  const BytesView covered = BytesView(to).substr(message + 4);
  store_be(to.data() + message,
           static_cast<uint32_t>(
               crc32_z(0, reinterpret_cast<const unsigned char*>(covered.data()), covered.size())));
}

size_t BatchBuilder::size_of(int64_t timestamp_ms, std::optional<BytesView> key,
                             std::optional<BytesView> value,
                             std::span<const Header> headers) const {
  if (fields_.magic < k_magic_v2) {
    return overhead_of(fields_.magic) + (key ? key->size() : 0) + (value ? value->size() : 0);
  }
  const int64_t timestamp_delta =
      first_timestamp_ ? wrapping_subtract(timestamp_ms, *first_timestamp_) : 0;
  const int64_t next_delta = count_ == 0 ? 0 : last_offset_ - fields_.base_offset + 1;
  const size_t body = v2_body_size(static_cast<int32_t>(next_delta), timestamp_delta,
                                   v2_fields_size(key, value, headers));
  return body + static_cast<size_t>(size_of_varint(static_cast<int32_t>(body)));
}

int64_t BatchBuilder::max_timestamp() const {
  return fields_.timestamp_type == TimestampType::log_append_time ? fields_.log_append_time_ms
                                                                  : max_timestamp_;
}

Offset BatchBuilder::shallow_offset_of_max_timestamp() const {
  const bool read_as_a_whole = fields_.magic >= k_magic_v2 || fields_.codec != Codec::none;
  if (read_as_a_whole) return last_offset_;
  if (fields_.timestamp_type == TimestampType::log_append_time) return fields_.base_offset;
  return max_timestamp_ == k_no_timestamp_ms ? last_offset_ : offset_of_max_timestamp_;
}

Result<void> BatchBuilder::check_producer() const {
  const auto refuse = [](std::string why) {
    return Error{Errc::unknown_server_error, std::move(why)};
  };
  if (fields_.producer_id == k_no_producer_id) {
    if (!fields_.transactional) return ok();
    return refuse("Cannot write transactional messages without a valid producer ID");
  }
  if (fields_.producer_epoch == k_no_producer_epoch)
    return refuse("Invalid negative producer epoch");
  if (fields_.base_sequence < 0 && !fields_.control) {
    return refuse("Invalid negative sequence number used");
  }
  if (fields_.magic < k_magic_v2) {
    return refuse("Idempotent messages are not supported for magic " +
                  std::to_string(fields_.magic));
  }
  return ok();
}

Result<Bytes> BatchBuilder::build() {
  if (failure_) return *failure_;
  Result<void> producer = check_producer();
  if (!producer) return producer.error();
  if (count_ == 0) return Bytes{};
  if (fields_.codec != Codec::none && !too_large_) {
    if (Result<void> made = make_encoder(); !made) return made.error();
    Result<void> finished = encoder_->finish(plain_, out_);
    if (!finished) return finished.error();
  }
  if (too_large_ || out_.size() > max_size_ || uncompressed_size() > k_largest_size) {
    return Error{Errc::message_too_large,
                 "The record batch is larger than " + std::to_string(max_size_) + " bytes"};
  }
  if (fields_.magic >= k_magic_v2) {
    write_v2_header(out_, fields_,
                    {static_cast<int32_t>(last_offset_ - fields_.base_offset), *first_timestamp_,
                     max_timestamp(), count_});
  } else if (fields_.codec != Codec::none) {
    write_legacy_header();
  }
  return std::move(out_);
}

// Of the message that wraps the others.
void BatchBuilder::write_legacy_header() {
  Bytes header;
  append_be(header, last_offset_.value());
  append_be(header, static_cast<int32_t>(out_.size() - k_log_overhead));
  append_be(header, uint32_t{0});
  append_be(header, fields_.magic);
  header.push_back(static_cast<char>(attributes_of(fields_)));
  if (fields_.magic > k_magic_v0) append_be(header, max_timestamp());
  append_be(header, int32_t{-1});
  append_be(header, static_cast<int32_t>(out_.size() - header_size_));
  CHECK_EQ(header.size(), header_size_);
  out_.replace(0, header_size_, header);
  store_be(out_.data() + layout::k_legacy_crc, BatchView(out_.data(), out_.size()).computed_crc());
}

Bytes empty_batch(const EmptyBatchFields& fields) {
  CHECK(fields.fields.magic == k_magic_v2);
  Bytes batch(k_v2_overhead, '\0');
  BatchFields header = fields.fields;
  header.codec = Codec::none;
  write_v2_header(batch, header,
                  {static_cast<int32_t>(fields.last_offset - header.base_offset), k_no_timestamp_ms,
                   fields.max_timestamp_ms, 0});
  return batch;
}

}  // namespace samsa::record
