#include "base/bytes.h"

namespace samsa {
namespace {

constexpr uint32_t zigzag(int32_t v) {
  return (static_cast<uint32_t>(v) << 1) ^ static_cast<uint32_t>(v >> 31);
}
constexpr uint64_t zigzag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}

template <std::unsigned_integral T>
void append_base128(Bytes& to, T value) {
  while (value >= 0x80) {
    to.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  to.push_back(static_cast<char>(value));
}

template <std::unsigned_integral T>
int base128_size(T value) {
  return value == 0 ? 1 : static_cast<int>((std::bit_width(value) + 6) / 7);
}

template <std::unsigned_integral T>
T read_base128(Cursor& in) {
  constexpr int k_bits = sizeof(T) * 8;
  T value = 0;
  for (int shift = 0; shift < k_bits; shift += 7) {
    const auto byte = static_cast<uint8_t>(in.get<int8_t>());
    value |= static_cast<T>(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return value;
  }
  in.fail();
  return 0;
}

}  // namespace

void append_unsigned_varint(Bytes& to, uint32_t value) { append_base128(to, value); }
void append_varint(Bytes& to, int32_t value) { append_base128(to, zigzag(value)); }
void append_varlong(Bytes& to, int64_t value) { append_base128(to, zigzag(value)); }
int size_of_unsigned_varint(uint32_t value) { return base128_size(value); }
int size_of_varint(int32_t value) { return base128_size(zigzag(value)); }
int size_of_varlong(int64_t value) { return base128_size(zigzag(value)); }

uint32_t Cursor::unsigned_varint() { return read_base128<uint32_t>(*this); }

int32_t Cursor::varint() {
  const auto raw = read_base128<uint32_t>(*this);
  return static_cast<int32_t>(raw >> 1) ^ -static_cast<int32_t>(raw & 1);
}

int64_t Cursor::varlong() {
  const auto raw = read_base128<uint64_t>(*this);
  return static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
}

}  // namespace samsa
