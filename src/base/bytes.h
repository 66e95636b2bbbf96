#pragma once
// Big-endian loads and stores, and a cursor over foreign bytes that cannot run past their end.

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace samsa {

// Bytes are held as characters: a view borrows, a string owns.
using BytesView = std::string_view;
using Bytes = std::string;

template <std::integral T>
constexpr T swap_endian(T value) {
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(value)));
  if constexpr (sizeof(T) == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(value)));
  if constexpr (sizeof(T) == 8)
    return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(value)));
}
static_assert(std::endian::native == std::endian::little, "stores and loads below swap");

template <std::integral T>
T load_be(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return swap_endian(value);
}

template <std::integral T>
void store_be(void* to, T value) {
  value = swap_endian(value);
  std::memcpy(to, &value, sizeof value);
}

template <std::integral T>
void append_be(Bytes& to, T value) {
  value = swap_endian(value);
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Protobuf-style base-128; at most 5 and 10 bytes.
void append_unsigned_varint(Bytes& to, uint32_t value);
void append_varint(Bytes& to, int32_t value);   // zigzag
void append_varlong(Bytes& to, int64_t value);  // zigzag
int size_of_unsigned_varint(uint32_t value);
int size_of_varint(int32_t value);
int size_of_varlong(int64_t value);

// Reads from bytes it does not own. The first read past the end, or of a malformed varint, marks
// the cursor failed; from then on everything reads as zero or empty, so callers check failed() once
// at the end of a structure.
class Cursor {
 public:
  explicit Cursor(BytesView bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  template <std::integral T>
  T get() {
    if (remaining() < sizeof(T)) return fail(), T{};
    T value = load_be<T>(at_);
    at_ += sizeof(T);
    return value;
  }
  uint32_t unsigned_varint();
  int32_t varint();
  int64_t varlong();
  BytesView take(size_t size) {
    if (remaining() < size) return fail(), BytesView{};
    BytesView taken{at_, size};
    at_ += size;
    return taken;
  }

  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  BytesView rest() const { return {at_, remaining()}; }
  bool failed() const { return failed_; }
  void fail() {
    failed_ = true;
    at_ = end_;
  }

 private:
  const char* at_;
  const char* end_;
  bool failed_ = false;
};

}  // namespace samsa
