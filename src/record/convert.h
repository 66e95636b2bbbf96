#pragma once
// Batches in an older format, for those who fetch with an old version.

#include <cstdint>

#include "base/bytes.h"
#include "base/errc.h"
#include "base/types.h"
#include "record/batch.h"
#include "record/codec.h"
#include "record/validate.h"

namespace samsa::record {

struct DownConversion {
  // 0 or 1; batches that are no newer are copied as they are.
  int8_t to_magic = k_magic_v1;
  // Where the reader is: records of uncompressed v2 batches before it are left out, because an old
  // reader would take a first record below it for a fault.
  Offset first_offset{0};
  // Converting ends before the batch that would make the output larger, but never before the first
  // one.
  size_t max_bytes = SIZE_MAX;
  // A compressed batch that needs more is MESSAGE_TOO_LARGE.
  ReadLimits limits{k_default_max_decompressed_bytes, k_default_max_whole_bytes};
};

struct Converted {
  Bytes bytes;
  // Of the input, whole batches: where to go on.
  size_t consumed = 0;
  ConversionStats stats;
};

// Control batches are dropped, headers and producer state are lost. UNSUPPORTED_COMPRESSION_TYPE
// for zstd. A truncated tail of the input is left alone.
Result<Converted> down_convert(BytesView batches, const DownConversion& how);

// What Kafka sends where conversion left nothing but the response has promised `size` bytes: the
// header of a message that is too large to be whole, which readers skip, padded with zeroes.
Bytes unreadable_filler(size_t size);

}  // namespace samsa::record
