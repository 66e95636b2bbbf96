#include "record/legacy.h"

#include <zlib.h>

#include "record/record_errors.h"

namespace samsa::record {
namespace {
constexpr int32_t k_smallest_message = 14;
}

uint32_t LegacyMessage::computed_crc() const {
  const BytesView covered = bytes_.substr(4);
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(covered.data()), covered.size()));
}

Result<LegacyMessage::Fields> LegacyMessage::fields() const {
  Fields fields;
  Cursor cursor{bytes_.substr(6)};
  if (magic() != k_magic_v0) fields.timestamp_ms = cursor.get<int64_t>();
  const auto sized = [&cursor]() -> std::optional<BytesView> {
    const auto size = cursor.get<int32_t>();
    if (size < 0) return std::nullopt;
    return cursor.take(static_cast<size_t>(size));
  };
  fields.key = sized();
  fields.value = sized();
  if (cursor.failed()) return invalid_structure();
  return fields;
}

Result<std::optional<LegacyEntries::Entry>> LegacyEntries::next() {
  if (rest_.size() < k_log_overhead) return std::optional<Entry>{};
  const auto size = load_be<int32_t>(rest_.data() + layout::k_length);
  if (size < k_smallest_message) {
    return Error{Errc::corrupt_message,
                 "Record size is less than the minimum record overhead (14)"};
  }
  if (rest_.size() - k_log_overhead < static_cast<size_t>(size)) return std::optional<Entry>{};
  Entry entry{load_be<int64_t>(rest_.data()),
              rest_.substr(k_log_overhead, static_cast<size_t>(size))};
  rest_.remove_prefix(k_log_overhead + entry.message.size());
  return std::optional<Entry>{entry};
}

}  // namespace samsa::record
