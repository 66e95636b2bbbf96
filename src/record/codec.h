#pragma once
// The compression codecs of record batches, in the framing that Kafka's Java client writes and
// reads.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/errc.h"

namespace samsa::record {

// As the lowest three bits of a batch's attributes have it; 5 to 7 mean nothing in 2.7.
enum class Codec : uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

// The name that configs and tools use: "none", "gzip", "snappy", "lz4", "zstd".
std::string_view name_of(Codec codec);
// As Kafka prints it in sentences and dumps: "NONE", "GZIP"; "UNKNOWN" for an id that is none.
std::string_view printed_name_of(int codec_id);
std::optional<Codec> codec_from_name(std::string_view name);
std::optional<Codec> codec_from_id(int id);

// Decompressed bytes of one batch that comes from outside, unless told otherwise: a few compressed
// bytes must not take the broker's memory and time.
inline constexpr size_t k_default_max_decompressed_bytes = size_t{256} << 20;
// Of one that is in a log: what was taken in once must be readable again, whatever the bound is now
// or was in the broker that wrote it.
inline constexpr size_t k_max_decompressed_bytes = INT32_MAX;

// What has to be in memory at once of a batch that comes from outside, unless told otherwise.
inline constexpr size_t k_default_max_whole_bytes = size_t{16} << 20;

// What reading one batch may cost. More is MESSAGE_TOO_LARGE.
struct ReadLimits {
  // All that it unpacks to.
  size_t max_decompressed_bytes = k_max_decompressed_bytes;
  // What has to be in memory at once: a record that is not read in pieces, a block of the codec,
  // what the codec looks back at.
  size_t max_whole_bytes = SIZE_MAX;
};

// Appends the compressed form to `out`. The magic of the batch matters to lz4 alone: magic 0
// carries the header checksum over the wrong bytes, as the clients of its day expect. Fails only
// where a library cannot get memory.
Result<void> compress(Codec codec, int8_t magic, BytesView plain, Bytes& out);

// All of the body at once. Broken input is UNKNOWN_SERVER_ERROR, as Kafka answers it (gzip that is
// cut off: INVALID_RECORD); more than `max_bytes` of output is MESSAGE_TOO_LARGE and costs no more
// memory than that.
Result<Bytes> decompress(Codec codec, int8_t magic, BytesView body,
                         size_t max_bytes = k_max_decompressed_bytes);

// Compresses a body piece by piece, so that writing a batch needs memory for a piece and for what
// comes out. That does not depend on how the body is cut. Not synchronised.
class Encoder {
 public:
  virtual ~Encoder() = default;

  // Appends to `out` what has become ready; some of what was given may be held back.
  virtual Result<void> write(BytesView plain, Bytes& out) = 0;
  // The last piece, which may be all or nothing. Ends the encoder's use.
  virtual Result<void> finish(BytesView plain, Bytes& out) = 0;

  // Magic and errors: as for compress(). Codec::none has no encoder.
  static Result<std::unique_ptr<Encoder>> make(Codec codec, int8_t magic);
};

// Decompresses a body piece by piece, so that reading a batch needs memory for a piece and not for
// the batch. Borrows the body. Not synchronised.
class Decoder {
 public:
  virtual ~Decoder() = default;

  // Room that the next read() needs at least; 0 once the body has ended.
  virtual Result<size_t> next_size() = 0;
  // Writes decompressed bytes into `into`, which has room for next_size() or more; the count, 0 at
  // the end of the body.
  virtual Result<size_t> read(std::span<char> into) = 0;
  // Memory that the decoder itself takes for what it has given already, as far as the body decides
  // that.
  virtual size_t history_bytes() const { return 0; }

  // Codec::none has no decoder: its body is the plain bytes.
  static Result<std::unique_ptr<Decoder>> make(Codec codec, int8_t magic, BytesView body);
};

}  // namespace samsa::record
