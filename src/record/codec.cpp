#include "record/codec.h"

#include <glog/logging.h>

#include <algorithm>
#include <array>

#include "record/codec/codecs.h"

namespace samsa::record {
namespace {

constexpr std::array<std::string_view, 5> k_names = {"none", "gzip", "snappy", "lz4", "zstd"};
constexpr std::array<std::string_view, 5> k_printed_names = {"NONE", "GZIP", "SNAPPY", "LZ4",
                                                             "ZSTD"};
// The least that a stretch of plain bytes is asked for, so that small reads do not add up.
constexpr size_t k_piece = 16 * 1024;

}  // namespace

std::string_view name_of(Codec codec) { return k_names.at(static_cast<size_t>(codec)); }

std::string_view printed_name_of(int codec_id) {
  return codec_from_id(codec_id) ? k_printed_names.at(static_cast<size_t>(codec_id)) : "UNKNOWN";
}

std::optional<Codec> codec_from_name(std::string_view name) {
  const auto found = std::find(k_names.begin(), k_names.end(), name);
  if (found == k_names.end()) return std::nullopt;
  return static_cast<Codec>(found - k_names.begin());
}

std::optional<Codec> codec_from_id(int id) {
  if (id < 0 || id >= static_cast<int>(k_names.size())) return std::nullopt;
  return static_cast<Codec>(id);
}

Result<std::unique_ptr<Encoder>> Encoder::make(Codec codec, int8_t magic) {
  switch (codec) {
    case Codec::none:
      break;
    case Codec::gzip:
      return gzip_encoder();
    case Codec::snappy:
      return snappy_encoder();
    case Codec::lz4:
      return lz4_encoder(magic == 0);
    case Codec::zstd:
      return zstd_encoder();
  }
  LOG(FATAL) << "no encoder for codec " << static_cast<int>(codec);
  return std::unique_ptr<Encoder>{};
}

Result<void> compress(Codec codec, int8_t magic, BytesView plain, Bytes& out) {
  if (codec == Codec::none) {
    out.append(plain);
    return ok();
  }
  auto encoder = Encoder::make(codec, magic);
  if (!encoder) return encoder.error();
  return (*encoder)->finish(plain, out);
}

Result<std::unique_ptr<Decoder>> Decoder::make(Codec codec, int8_t magic, BytesView body) {
  switch (codec) {
    case Codec::none:
      break;
    case Codec::gzip:
      return gzip_decoder(body);
    case Codec::snappy:
      return snappy_decoder(body);
    case Codec::lz4:
      return lz4_decoder(body, magic == 0);
    case Codec::zstd:
      return zstd_decoder(body);
  }
  LOG(FATAL) << "no decoder for codec " << static_cast<int>(codec);
  return std::unique_ptr<Decoder>{};
}

Result<Bytes> decompress(Codec codec, int8_t magic, BytesView body, size_t max_bytes) {
  if (codec == Codec::none) {
    if (body.size() > max_bytes) return too_large(max_bytes);
    return Bytes(body);
  }
  auto decoder = Decoder::make(codec, magic, body);
  if (!decoder) return decoder.error();
  Bytes plain;
  size_t used = 0;
  for (;;) {
    auto wanted = (*decoder)->next_size();
    if (!wanted) return wanted.error();
    if (*wanted == 0) break;
    if (wants_too_much(*wanted, used, max_bytes)) return too_large(max_bytes);
    const size_t room = std::max(*wanted, k_piece);
    if (plain.size() - used < room) plain.resize(std::max(used + room, plain.size() * 2));
    auto count = (*decoder)->read({plain.data() + used, plain.size() - used});
    if (!count) return count.error();
    if (*count == 0) break;
    used += *count;
    if (used > max_bytes) return too_large(max_bytes);
  }
  plain.resize(used);
  return plain;
}

}  // namespace samsa::record
