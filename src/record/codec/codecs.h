#pragma once
// The four codecs, each in its own file; for this room only.

#include <algorithm>
#include <memory>
#include <string>

#include "record/codec.h"

namespace samsa::record {

// Ends a body that is broken. Kafka's codecs fail with an IOException, which reaches clients as
// UNKNOWN_SERVER_ERROR.
inline Error broken_body(std::string why) { return {Errc::unknown_server_error, std::move(why)}; }

inline Error too_large(size_t max_bytes) {
  return {Errc::message_too_large,
          "The decompressed size of the record batch exceeds the limit of " +
              std::to_string(max_bytes) + " bytes"};
}

// Whether the room that a decoder wants is for more than may come, so that it need not be given.
// Blocks of lz4 may turn out smaller than what they want, and are at most this large; a larger
// block is snappy's, which tells its size.
inline bool wants_too_much(size_t wanted, size_t produced, size_t max_bytes) {
  constexpr size_t k_largest_of_unknown_size = size_t{4} << 20;
  return wanted > k_largest_of_unknown_size && wanted > max_bytes - std::min(produced, max_bytes);
}

Result<void> gzip_compress(BytesView plain, Bytes& out);
Result<std::unique_ptr<Decoder>> gzip_decoder(BytesView body);

Result<void> snappy_compress(BytesView plain, Bytes& out);
Result<std::unique_ptr<Decoder>> snappy_decoder(BytesView body);

// `old_checksum`: the header's checksum covers the frame's magic too, as clients of message format
// v0 compute it; a decoder with it accepts any.
void lz4_compress(BytesView plain, bool old_checksum, Bytes& out);
Result<std::unique_ptr<Decoder>> lz4_decoder(BytesView body, bool old_checksum);

Result<void> zstd_compress(BytesView plain, Bytes& out);
Result<std::unique_ptr<Decoder>> zstd_decoder(BytesView body);

}  // namespace samsa::record
