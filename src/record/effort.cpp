#include "record/effort.h"

#include <algorithm>
#include <cstdint>

#include "record/batch.h"

namespace samsa::record {
namespace {

// Measured with bench/, rounded: picoseconds for a plain byte. Without codecs an append runs at the
// speed of memory, whatever is done to it.
constexpr int64_t unpacking_ps(Codec codec) {
  switch (codec) {
    case Codec::none:
      return 0;
    case Codec::gzip:
      return 5000;
    case Codec::snappy:
    case Codec::lz4:
      return 400;
    case Codec::zstd:
      return 1000;
  }
  return 0;
}
constexpr int64_t packing_ps(Codec codec) {
  switch (codec) {
    case Codec::none:
      return 0;
    case Codec::gzip:
      return 60'000;
    case Codec::snappy:
    case Codec::lz4:
      return 2000;
    case Codec::zstd:
      return 9000;
  }
  return 0;
}

// What compressed records are taken to unpack to.
constexpr int64_t k_usual_ratio = 4;

struct Content {
  Codec codec = Codec::none;
  int8_t magic = k_magic_v2;
  int64_t plain_bytes = 0;
};

Content content_of(BytesView batches) {
  Content content;
  // Batches that do not parse, or have no codec of Kafka's, are refused without effort.
  static_cast<void>(for_each_batch(batches, [&content](BatchView batch) {
    const auto size = static_cast<int64_t>(batch.size_in_bytes());
    const Codec codec = codec_from_id(batch.codec_id()).value_or(Codec::none);
    content.plain_bytes += codec == Codec::none ? size : size * k_usual_ratio;
    content.magic = batch.magic();
    if (codec != Codec::none) content.codec = codec;
  }));
  return content;
}

}  // namespace

std::optional<size_t> EffortBudget::take(BytesView batches, std::optional<Codec> compression,
                                         int8_t magic) {
  const Content content = content_of(batches);
  const Codec target = compression.value_or(content.codec);
  // The offsets inside compressed messages of v0 are absolute, so those are always written anew.
  const bool kept =
      target == content.codec && magic == content.magic && content.magic != k_magic_v0;
  const int64_t byte_ps = unpacking_ps(content.codec) + (kept ? 0 : packing_ps(target));
  if (byte_ps == 0) return SIZE_MAX;
  const int64_t affordable = left_.count() * 1000 / byte_ps;
  if (content.plain_bytes > affordable) {
    left_ = std::chrono::nanoseconds{0};
    return std::nullopt;
  }
  left_ -= std::chrono::nanoseconds{content.plain_bytes * byte_ps / 1000};
  return static_cast<size_t>(affordable);
}

}  // namespace samsa::record
