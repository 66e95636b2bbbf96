#pragma once
// One codec's decoder on any bytes, as a whole and in pieces, which must agree; first byte: the
// format.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "record/codec.h"

namespace samsa::record {

inline int fuzz_codec(Codec codec, const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto magic = static_cast<int8_t>(data[0] % 3);
  const Bytes body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = decompress(codec, magic, body, 1 << 20);
  if (whole && whole->size() > (1 << 20)) std::abort();

  auto decoder = Decoder::make(codec, magic, body);
  if (!decoder) return 0;
  Bytes pieces;
  bool good = true;
  while (pieces.size() <= (1 << 20)) {
    auto wanted = (*decoder)->next_size();
    good = wanted.has_value();
    if (!wanted || *wanted == 0) break;
    // No more room than asked for, in a block of its own, so that a write past it is seen.
    std::vector<char> piece(*wanted == 1 ? 700 : *wanted);
    auto count = (*decoder)->read(piece);
    good = count.has_value();
    if (!count || *count == 0) break;
    if (*count > piece.size()) std::abort();
    pieces.append(piece.data(), *count);
  }
  if (whole && good && *whole != pieces && pieces.size() <= (1 << 20)) std::abort();

  Bytes again;
  const BytesView plain = body;
  if (!compress(codec, magic, plain, again)) std::abort();
  const auto back = decompress(codec, magic, again);
  if (!back || *back != plain) std::abort();
  return 0;
}

}  // namespace samsa::record
