// Any bytes as a log: batches are walked, judged and read through, forwards and down-converted.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "record/convert.h"
#include "record/record.h"

using namespace samsa;
using namespace samsa::record;

namespace {

constexpr size_t k_bound = 1 << 20;

// Every byte that a record shows is read, so that a view into nowhere is noticed.
size_t touch(BytesView bytes) {
  size_t sum = 0;
  for (const char c : bytes) sum += static_cast<unsigned char>(c);
  return sum;
}

size_t read_through(BatchView batch, ReadDepth depth) {
  size_t sum = 0;
  RecordReader reader{batch, depth, {k_bound}};
  for (auto record = reader.next(); record && *record; record = reader.next()) {
    const Record& r = **record;
    sum += touch(r.key.value_or("")) + touch(r.value.value_or("")) + touch(r.legacy_message);
    for (const Header& header : r.headers)
      sum += touch(header.key) + touch(header.value.value_or(""));
    if (batch.is_control()) static_cast<void>(parse_end_transaction_marker(r));
  }
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const BytesView bytes{reinterpret_cast<const char*>(data), size};
  size_t sum = 0;
  BatchIterator batches{bytes};
  for (auto batch = batches.next(); batch && *batch; batch = batches.next()) {
    sum += (*batch)->crc_ok() ? 1 : 0;
    sum += (*batch)->to_string().size() + touch((*batch)->bytes());
    sum += read_through(**batch, ReadDepth::full) + read_through(**batch, ReadDepth::skim);
    static_cast<void>(first_offset(**batch, {k_bound}));
  }
  if (batches.position() > size) std::abort();
  for (const int8_t magic : {k_magic_v0, k_magic_v1}) {
    auto converted = down_convert(
        bytes, {.to_magic = magic, .max_bytes = k_bound, .limits = {k_bound, k_bound / 4}});
    // What comes out must be readable again.
    if (converted) {
      Result<void> read = for_each_batch(converted->bytes, [](BatchView) {});
      if (!read) std::abort();
    }
  }
  return sum == SIZE_MAX ? 1 : 0;
}
