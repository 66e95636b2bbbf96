#include "record/batch.h"

#include <glog/logging.h>
#include <zlib.h>

namespace samsa::record {
namespace {

constexpr size_t k_size_limit_v0 = k_v0_overhead - k_log_overhead;

Error corrupt(std::string message) { return {Errc::corrupt_message, std::move(message)}; }

}  // namespace

std::string_view name_of(TimestampType type) {
  switch (type) {
    case TimestampType::none:
      return "NoTimestampType";
    case TimestampType::create_time:
      return "CreateTime";
    case TimestampType::log_append_time:
      return "LogAppendTime";
  }
  return "";
}

Result<std::optional<BatchHeader>> peek_any_header(BytesView bytes, size_t max_size) {
  if (bytes.size() < k_log_overhead) return std::optional<BatchHeader>{};
  const auto size = load_be<int32_t>(bytes.data() + layout::k_length);
  if (size < static_cast<int32_t>(k_size_limit_v0)) {
    return corrupt("Record size " + std::to_string(size) +
                   " is less than the minimum record overhead (14)");
  }
  if (static_cast<size_t>(size) > max_size) {
    return corrupt("Record size " + std::to_string(size) +
                   " exceeds the largest allowable message size (" + std::to_string(max_size) +
                   ").");
  }
  if (bytes.size() < k_header_up_to_magic) return std::optional<BatchHeader>{};
  BatchHeader header;
  header.magic = static_cast<int8_t>(bytes[layout::k_magic]);
  if (header.magic < k_magic_v0 || header.magic > k_magic_v2) {
    return corrupt("Invalid magic found in record: " + std::to_string(header.magic));
  }
  header.size_in_bytes = k_log_overhead + static_cast<size_t>(size);
  return std::optional<BatchHeader>{header};
}

Result<std::optional<BatchHeader>> peek_header(BytesView bytes, size_t max_size) {
  auto header = peek_any_header(bytes, max_size);
  if (!header || !*header) return header;
  const size_t size = (*header)->size_in_bytes, least = overhead_of((*header)->magic);
  if (size < least) {
    return corrupt("Record batch is corrupt (the size " + std::to_string(size) +
                   " is smaller than the minimum allowed overhead " + std::to_string(least) + ")");
  }
  return header;
}

Result<BatchView> BatchView::parse(BytesView bytes) {
  auto header = peek_header(bytes);
  if (!header) return header.error();
  if (!*header || (*header)->size_in_bytes > bytes.size()) {
    return corrupt("Record batch of " + std::to_string(bytes.size()) + " bytes is cut off");
  }
  return BatchView{bytes.data(), (*header)->size_in_bytes};
}

uint32_t BatchView::computed_crc() const {
  if (is_v2()) return crc32c(bytes().substr(layout::k_attributes));
  const BytesView covered = bytes().substr(layout::k_magic);
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(covered.data()), covered.size()));
}

Result<void> BatchView::check_codec() const {
  if (codec_from_id(codec_id())) return ok();
  return Error{Errc::unknown_server_error,
               "Unknown compression type id: " + std::to_string(codec_id())};
}

Result<void> BatchView::ensure_valid() const {
  const uint32_t computed = computed_crc();
  if (stored_crc() == computed) return ok();
  return corrupt("Record is corrupt (stored crc = " + std::to_string(stored_crc()) +
                 ", computed crc = " + std::to_string(computed) + ")");
}

std::string BatchView::to_string() const {
  const auto text = [](bool value) { return value ? "true" : "false"; };
  const auto number = [](auto strong) { return std::to_string(strong.value()); };
  const std::string compression(printed_name_of(codec_id()));
  if (!is_v2()) {
    return "LegacyRecordBatch(offset=" + number(last_offset()) +
           ", magic=" + std::to_string(magic()) + ", attributes=" + std::to_string(attributes()) +
           ", compression=" + compression + ", crc=" + std::to_string(stored_crc()) + ", " +
           std::string(name_of(timestamp_type())) + '=' + std::to_string(max_timestamp()) + ')';
  }
  return "RecordBatch(magic=" + std::to_string(magic()) + ", offsets=[" + number(base_offset()) +
         ", " + number(last_offset()) + "], sequence=[" + std::to_string(base_sequence()) + ", " +
         std::to_string(last_sequence()) + "], isTransactional=" + text(is_transactional()) +
         ", isControlBatch=" + text(is_control()) + ", compression=" + compression +
         ", timestampType=" + std::string(name_of(timestamp_type())) +
         ", crc=" + std::to_string(stored_crc()) + ')';
}

void MutableBatch::set_max_timestamp(TimestampType type, int64_t timestamp_ms) {
  CHECK(magic() != k_magic_v0 && type != TimestampType::none) << "v0 has no timestamp to set";
  if (timestamp_type() == type && max_timestamp() == timestamp_ms) return;
  const uint8_t type_bit = type == TimestampType::log_append_time ? 0x08 : 0;
  if (is_v2()) {
    // Kafka writes back only the attributes it knows, so unknown bits go.
    const auto kept = static_cast<uint8_t>(attributes() & 0x37);
    store_be(writable() + layout::k_attributes, static_cast<int16_t>(kept | type_bit));
    store_be(writable() + layout::k_max_timestamp, timestamp_ms);
    store_be(writable() + layout::k_crc, computed_crc());
    return;
  }
  writable()[layout::k_legacy_attributes] = static_cast<char>((attributes() & 0x07) | type_bit);
  store_be(writable() + layout::k_v1_timestamp, timestamp_ms);
  store_be(writable() + layout::k_legacy_crc, computed_crc());
}

}  // namespace samsa::record
