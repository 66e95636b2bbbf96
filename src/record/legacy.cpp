#include "record/legacy.h"

#include <zlib.h>

#include <algorithm>

#include "record/record_errors.h"

namespace samsa::record {
namespace {
constexpr int32_t k_smallest_message = 14;
// What is inside a compressed message stays in memory up to this size, so that ordinary ones are
// decompressed only once.
constexpr size_t k_keep_whole = size_t{4} << 20;

// Whatever keeps it from decompressing: one answer for old formats.
Error fault_of(const PlainStream& plain) {
  const Error& error = *plain.error();
  return error.code == Errc::invalid_record ? Error{Errc::unknown_server_error, error.message}
                                            : error;
}
}  // namespace

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

Result<std::optional<int64_t>> LegacyEntries::last_offset() {
  used_up_ = plain_.ensure(std::min(k_keep_whole, plain_.limits().max_whole_bytes));
  if (plain_.error()) return fault_of(plain_);
  LegacyEntries kept{PlainStream{Codec::none, k_magic_v0, plain_.window(), {}}};
  LegacyEntries& walk = used_up_ ? *this : kept;
  std::optional<int64_t> last;
  for (;;) {
    auto entry = walk.next();
    if (!entry) return entry.error();
    if (!*entry) return last;
    last = (*entry)->offset;
  }
}

Result<std::optional<LegacyEntries::Entry>> LegacyEntries::next() {
  plain_.consume(std::exchange(pending_, 0));
  size_t entry_size = k_log_overhead;
  bool whole = plain_.ensure(entry_size);
  if (whole) {
    const auto size = load_be<int32_t>(plain_.window().data() + layout::k_length);
    if (size < k_smallest_message) {
      return Error{Errc::corrupt_message,
                   "Record size is less than the minimum record overhead (14)"};
    }
    entry_size += static_cast<size_t>(size);
    whole = plain_.ensure(entry_size);
  }
  if (!whole && plain_.error()) return fault_of(plain_);
  if (!whole) return std::optional<Entry>{};
  pending_ = entry_size;
  const BytesView entry = plain_.window().substr(0, entry_size);
  return std::optional<Entry>{{load_be<int64_t>(entry.data()), entry.substr(k_log_overhead)}};
}

}  // namespace samsa::record
