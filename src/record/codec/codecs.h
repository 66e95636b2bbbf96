#pragma once
// The four codecs, each in its own file; for codec.cpp only.

#include <memory>

#include "record/codec.h"

namespace samsa::record {

// Ends a body that is broken. Kafka's codecs fail with an IOException, which reaches clients as
// UNKNOWN_SERVER_ERROR.
inline Error broken_body(std::string why) { return {Errc::unknown_server_error, std::move(why)}; }

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
