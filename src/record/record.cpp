#include "record/record.h"

#include <glog/logging.h>

#include "record/legacy.h"
#include "record/plain_stream.h"
#include "record/record_errors.h"
#include "record/record_parser.h"

namespace samsa::record {

// One for each of the formats.
class RecordReader::Impl {
 public:
  Impl() = default;
  virtual ~Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  virtual Result<const Record*> next() = 0;
};

namespace {

RecordBase base_of(BatchView batch) {
  RecordBase base;
  base.base_offset = batch.base_offset().value();
  base.first_timestamp = batch.first_timestamp();
  base.base_sequence = batch.base_sequence();
  if (batch.timestamp_type() == TimestampType::log_append_time) {
    base.log_append_time = batch.max_timestamp();
  }
  return base;
}

class V2Reader : public RecordReader::Impl {
 public:
  V2Reader(BatchView batch, ReadDepth depth, const ReadLimits& limits, PieceSink* pieces)
      : count_(*batch.record_count()),
        stream_(batch.codec(), batch.magic(), batch.body(), limits),
        parser_(base_of(batch), depth, pieces) {}

  Result<const Record*> next() override {
    if (count_ < 0) {
      return invalid_record("Found invalid record count " + std::to_string(count_) +
                            " in magic v2 batch");
    }
    if (given_ == count_) return nullptr;
    parser_.consume_previous(stream_);
    ++given_;
    Result<void> parsed = parser_.parse(stream_, record_, given_ == count_);
    if (!parsed) return parsed.error();
    return &record_;
  }

 private:
  int32_t count_;
  int32_t given_ = 0;
  PlainStream stream_;
  RecordParser parser_;
  Record record_;
};

Result<void> fill_from(const LegacyMessage& message, Record& record) {
  auto fields = message.fields();
  // Kafka stumbles over such a message instead of refusing it, and answers so.
  if (!fields) return Error{Errc::unknown_server_error, fields.error().message};
  record.timestamp_ms = fields->timestamp_ms;
  record.key = fields->key;
  record.value = fields->value;
  record.key_size = fields->key ? static_cast<int32_t>(fields->key->size()) : -1;
  record.value_size = fields->value ? static_cast<int32_t>(fields->value->size()) : -1;
  record.size_in_bytes = k_log_overhead + message.bytes().size();
  record.legacy_message = message.bytes();
  return ok();
}

// The one record of an uncompressed message of v0 or v1.
class PlainLegacyReader : public RecordReader::Impl {
 public:
  explicit PlainLegacyReader(BatchView batch) : batch_(batch) {}

  Result<const Record*> next() override {
    if (given_) return nullptr;
    given_ = true;
    Result<void> filled = fill_from(LegacyMessage{batch_.legacy_message()}, record_);
    if (!filled) return filled.error();
    record_.offset = batch_.base_offset();
    return &record_;
  }

 private:
  BatchView batch_;
  bool given_ = false;
  Record record_;
};

// The messages inside a compressed one.
class CompressedLegacyReader : public RecordReader::Impl {
 public:
  CompressedLegacyReader(BatchView batch, const ReadLimits& limits)
      : wrapper_(batch), limits_(limits) {}

  Result<const Record*> next() override {
    if (!entries_) {
      Result<void> opened = open();
      if (!opened) return opened.error();
    }
    auto entry = entries_->next();
    if (!entry) return entry.error();
    if (!*entry) return nullptr;
    const LegacyMessage message{(*entry)->message};
    if (message.codec_id() != 0) return inner_codec_fault(message);
    Result<void> filled = fill_from(message, record_);
    if (!filled) return fault_of(message, filled.error());
    record_.offset = Offset{wrapping_add(base_, (*entry)->offset)};
    if (message.magic() == k_magic_v1 &&
        wrapper_.timestamp_type() == TimestampType::log_append_time) {
      record_.timestamp_ms = wrapper_.max_timestamp();
    }
    return &record_;
  }

 private:
  static Error inner_codec_fault(const LegacyMessage& message) {
    if (codec_from_id(message.codec_id())) {
      return invalid_record("Inner messages must not be compressed");
    }
    return {Errc::unknown_server_error,
            "Unknown compression type id: " + std::to_string(message.codec_id())};
  }

  // Where the message's checksum is wrong, that is what is wrong with it; but Kafka does not come
  // to that with one of another format than the wrapper's, which it stumbles over when it describes
  // it.
  Error fault_of(const LegacyMessage& message, const Error& structure) const {
    if (message.magic() != wrapper_.magic()) return structure;
    if (message.stored_crc() == message.computed_crc()) return structure;
    return {Errc::corrupt_message,
            "Record is corrupt (stored crc = " + std::to_string(message.stored_crc()) +
                ", computed crc = " + std::to_string(message.computed_crc()) + ")"};
  }

  Result<void> open() {
    const std::string magic = std::to_string(wrapper_.magic());
    if (wrapper_.codec() == Codec::zstd) {
      return invalid_record(
          "Invalid wrapper compressionType found in legacy deep record iterator " + magic);
    }
    auto fields = LegacyMessage{wrapper_.legacy_message()}.fields();
    if (!fields) return fields.error();
    if (!fields->value) {
      return invalid_record(
          "Found invalid compressed record set with null value (magic = " + magic + ")");
    }
    const auto begin = [&] {
      entries_.emplace(PlainStream{wrapper_.codec(), wrapper_.magic(), *fields->value, limits_});
    };
    begin();
    auto last = entries_->last_offset();
    if (!last) return last.error();
    if (!*last) return invalid_record("Found invalid compressed record set with no inner records");
    if (entries_->used_up()) begin();
    return find_base(**last);
  }

  Result<void> find_base(int64_t last) {
    if (wrapper_.magic() == k_magic_v0) return ok();
    const int64_t wrapper_offset = wrapper_.base_offset().value();
    // Some versions of librdkafka produce with 0 here.
    if (wrapper_offset == 0) return ok();
    if (wrapper_offset < last) {
      return invalid_record(
          "Found invalid wrapper offset in compressed v1 message set, wrapper offset '" +
          std::to_string(wrapper_offset) + "' is less than the last inner message offset '" +
          std::to_string(last) + "' and it is not zero.");
    }
    base_ = wrapping_subtract(wrapper_offset, last);
    return ok();
  }

  BatchView wrapper_;
  ReadLimits limits_;
  int64_t base_ = 0;
  std::optional<LegacyEntries> entries_;
  Record record_;
};

// A batch that cannot be read at all.
class FailedReader : public RecordReader::Impl {
 public:
  explicit FailedReader(Error error) : error_(std::move(error)) {}
  Result<const Record*> next() override { return error_; }

 private:
  Error error_;
};

std::unique_ptr<RecordReader::Impl> open_batch(BatchView batch, ReadDepth depth,
                                               const ReadLimits& limits, PieceSink* pieces) {
  Result<void> codec = batch.check_codec();
  if (!codec) return std::make_unique<FailedReader>(codec.error());
  if (batch.is_v2()) return std::make_unique<V2Reader>(batch, depth, limits, pieces);
  if (batch.is_compressed()) return std::make_unique<CompressedLegacyReader>(batch, limits);
  return std::make_unique<PlainLegacyReader>(batch);
}

}  // namespace

RecordReader::RecordReader(BatchView batch, ReadDepth depth, const ReadLimits& limits,
                           PieceSink* pieces)
    : impl_(open_batch(batch, depth, limits, pieces)) {}
RecordReader::RecordReader(RecordReader&&) noexcept = default;
RecordReader& RecordReader::operator=(RecordReader&&) noexcept = default;
RecordReader::~RecordReader() = default;

Result<const Record*> RecordReader::next() { return impl_->next(); }

Result<Offset> first_offset(BatchView batch, const ReadLimits& limits) {
  if (batch.is_v2() || !batch.is_compressed()) return batch.base_offset();
  RecordReader reader{batch, ReadDepth::full, limits};
  auto first = reader.next();
  if (!first) return first.error();
  // A compressed message without inner ones is an error of the reader's.
  CHECK(*first != nullptr);
  return (*first)->offset;
}

}  // namespace samsa::record
