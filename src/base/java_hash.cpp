#include "base/java_hash.h"

#include <cstring>
#include <limits>

namespace samsa {

int32_t java_string_hash(std::string_view utf8) {
  uint32_t hash = 0;
  const auto unit = [&hash](uint32_t code_unit) { hash = 31 * hash + code_unit; };
  for (size_t i = 0; i < utf8.size();) {
    const auto byte = [&](size_t k) {
      return i + k < utf8.size() ? static_cast<uint8_t>(utf8[i + k]) & 0x3fu : 0u;
    };
    const auto lead = static_cast<uint8_t>(utf8[i]);
    if (lead < 0x80) {
      unit(lead), i += 1;
    } else if (lead < 0xe0) {
      unit((lead & 0x1fu) << 6 | byte(1)), i += 2;
    } else if (lead < 0xf0) {
      unit((lead & 0x0fu) << 12 | byte(1) << 6 | byte(2)), i += 3;
    } else {
      const uint32_t beyond =
          ((lead & 0x07u) << 18 | byte(1) << 12 | byte(2) << 6 | byte(3)) - 0x10000u;
      unit(0xd800u + (beyond >> 10)), unit(0xdc00u + (beyond & 0x3ffu)), i += 4;
    }
  }
  return static_cast<int32_t>(hash);
}

int32_t coordinator_partition(std::string_view key, int32_t partitions) {
  const int32_t hash = java_string_hash(key);
  const int32_t positive =
      hash == std::numeric_limits<int32_t>::min() ? 0 : (hash < 0 ? -hash : hash);
  return positive % partitions;
}

int32_t murmur2(std::string_view bytes) {
  constexpr uint32_t k_seed = 0x9747b28c, k_mix = 0x5bd1e995;
  constexpr int k_shift = 24;
  uint32_t hash = k_seed ^ static_cast<uint32_t>(bytes.size());
  size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    uint32_t word;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    word *= k_mix;
    word ^= word >> k_shift;
    word *= k_mix;
    hash = hash * k_mix ^ word;
  }
  const auto tail = [&](size_t k) {
    return static_cast<uint32_t>(static_cast<uint8_t>(bytes[i + k]));
  };
  switch (bytes.size() - i) {
    case 3:
      hash ^= tail(2) << 16;
      [[fallthrough]];
    case 2:
      hash ^= tail(1) << 8;
      [[fallthrough]];
    case 1:
      hash ^= tail(0);
      hash *= k_mix;
      break;
    default:
      break;
  }
  hash ^= hash >> 13;
  hash *= k_mix;
  hash ^= hash >> 15;
  return static_cast<int32_t>(hash);
}

}  // namespace samsa
