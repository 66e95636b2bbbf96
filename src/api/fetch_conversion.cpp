#include "api/fetch_conversion.h"

#include <algorithm>

#include "record/batch.h"

namespace samsa::api {
namespace {

constexpr int64_t k_mib = 1024 * 1024;

// Batches from the start of the slice on until what they become would be larger than so many bytes;
// at least one message, even one that its reader can only skip, because an old client that gets
// none asks for the same again.
Result<Bytes> convert_some(log::ReadSlice slice, record::DownConversion how, int64_t most_bytes) {
  // Compressed batches and those without conversion stay about as large as they are.
  constexpr int64_t k_least_read = 128 * 1024;
  int64_t to_read = std::max(most_bytes, k_least_read);
  how.max_bytes = static_cast<size_t>(std::max<int64_t>(most_bytes, 0));
  const int64_t end = slice.position + slice.length;
  Bytes converted;
  while (converted.empty() && slice.position < end) {
    slice.length = std::min(to_read, end - slice.position);
    auto bytes = log::read_bytes(slice);
    if (!bytes) return bytes.error();
    auto some = record::down_convert(*bytes, how);
    if (!some) return some.error();
    converted = std::move(some->bytes);
    slice.position += static_cast<int64_t>(some->consumed);
    if (some->consumed > 0) continue;
    const auto header = record::peek_any_header(*bytes);
    if (!header || !*header) break;
    if (slice.length == end - slice.position) break;  // cut by the client's own limit
    to_read = std::max<int64_t>(2 * to_read, static_cast<int64_t>((*header)->size_in_bytes));
  }
  return converted;
}

}  // namespace

int64_t ConversionMemory::allowance() const {
  constexpr int64_t k_all = 64 * k_mib, k_one = 4 * k_mib, k_parts = 8;
  return std::clamp<int64_t>((k_all - held_bytes_) / k_parts, 0, k_one);
}

std::shared_ptr<const void> ConversionMemory::hold(int64_t bytes) {
  held_bytes_ += bytes;
  return {this, [this, bytes](const void*) { held_bytes_ -= bytes; }};
}

std::vector<Result<Bytes>> convert_within(int64_t most_bytes, size_t turn,
                                          const std::vector<ToConvert>& wanted) {
  std::vector<Result<Bytes>> converted(wanted.size(), Result<Bytes>{Bytes{}});
  bool has_some = false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (has_some && most_bytes <= 0) break;
    const size_t at = (turn + i) % wanted.size();
    converted[at] = convert_some(*wanted[at].slice, wanted[at].how, most_bytes);
    if (!converted[at]) continue;
    has_some |= !converted[at]->empty();
    most_bytes -= std::ssize(*converted[at]);
  }
  return converted;
}

}  // namespace samsa::api
