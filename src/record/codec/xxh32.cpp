#include "record/codec/xxh32.h"

#include <array>

namespace samsa::record {
namespace {

constexpr uint32_t k_prime1 = 2654435761U;
constexpr uint32_t k_prime2 = 2246822519U;
constexpr uint32_t k_prime3 = 3266489917U;
constexpr uint32_t k_prime4 = 668265263U;
constexpr uint32_t k_prime5 = 374761393U;

uint32_t lane(const char* from) {
  uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

uint32_t round(uint32_t sum, uint32_t input) {
  return std::rotl(sum + input * k_prime2, 13) * k_prime1;
}

}  // namespace

uint32_t xxh32(BytesView bytes) {
  const char* at = bytes.data();
  size_t left = bytes.size();
  uint32_t hash = k_prime5;
  if (left >= 16) {
    std::array<uint32_t, 4> sums = {k_prime1 + k_prime2, k_prime2, 0, 0U - k_prime1};
    for (; left >= 16; left -= 16) {
      for (uint32_t& sum : sums) {
        sum = round(sum, lane(at));
        at += 4;
      }
    }
    hash = std::rotl(sums[0], 1) + std::rotl(sums[1], 7) + std::rotl(sums[2], 12) +
           std::rotl(sums[3], 18);
  }
  hash += static_cast<uint32_t>(bytes.size());
  for (; left >= 4; left -= 4, at += 4) hash = std::rotl(hash + lane(at) * k_prime3, 17) * k_prime4;
  for (; left > 0; --left, ++at) {
    hash = std::rotl(hash + static_cast<uint8_t>(*at) * k_prime5, 11) * k_prime1;
  }
  hash = (hash ^ (hash >> 15)) * k_prime2;
  hash = (hash ^ (hash >> 13)) * k_prime3;
  return hash ^ (hash >> 16);
}

}  // namespace samsa::record
