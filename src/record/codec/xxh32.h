#pragma once
// The 32-bit xxHash with seed 0: lz4 frames carry it.

#include <cstdint>

#include "base/bytes.h"

namespace samsa::record {
uint32_t xxh32(BytesView bytes);
}  // namespace samsa::record
