#pragma once
// CRC-32C (Castagnoli), as record batches v2 and producer snapshots carry it.

#include <cstdint>
#include <string_view>

namespace samsa {
uint32_t crc32c(std::string_view bytes);
}  // namespace samsa
