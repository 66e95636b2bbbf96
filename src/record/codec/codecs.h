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

inline Error too_large_to_hold(size_t max_bytes) {
  return {Errc::message_too_large,
          "A part of the record batch that can only be read as a whole exceeds the limit of " +
              std::to_string(max_bytes) + " bytes"};
}

// Whether the room that a decoder wants is for more than may come, so that it need not be given.
// Blocks of lz4 may turn out smaller than what they want, and are at most this large; a larger
// block is snappy's, which tells its size.
inline bool wants_too_much(size_t wanted, size_t produced, size_t max_bytes) {
  constexpr size_t k_largest_of_unknown_size = size_t{4} << 20;
  return wanted > k_largest_of_unknown_size && wanted > max_bytes - std::min(produced, max_bytes);
}

// Cuts what it is given into blocks of one size, of which only the last may be smaller, and keeps
// what does not fill one. visit(BytesView) for each block.
class BlockCutter {
 public:
  explicit BlockCutter(size_t block_size) : block_size_(block_size) {}

  template <class Visit>
  void add(BytesView plain, Visit visit) {
    if (!held_.empty()) {
      const BytesView missing = plain.substr(0, block_size_ - held_.size());
      held_.append(missing);
      plain.remove_prefix(missing.size());
      if (held_.size() < block_size_) return;
      visit(BytesView(held_));
      held_.clear();
    }
    while (plain.size() >= block_size_) {
      visit(plain.substr(0, block_size_));
      plain.remove_prefix(block_size_);
    }
    held_.append(plain);
  }
  template <class Visit>
  void finish(BytesView plain, Visit visit) {
    const size_t whole = held_.empty() ? plain.size() - plain.size() % block_size_ : plain.size();
    add(plain.substr(0, whole), visit);
    if (!held_.empty()) visit(BytesView(held_));
    // Most bodies are less than a block: those are not copied.
    if (whole < plain.size()) visit(plain.substr(whole));
  }

 private:
  size_t block_size_;
  Bytes held_;
};

Result<std::unique_ptr<Encoder>> gzip_encoder();
Result<std::unique_ptr<Decoder>> gzip_decoder(BytesView body);

std::unique_ptr<Encoder> snappy_encoder();
Result<std::unique_ptr<Decoder>> snappy_decoder(BytesView body);

// `old_checksum`: the header's checksum covers the frame's magic too, as clients of message format
// v0 compute it; a decoder with it accepts any.
std::unique_ptr<Encoder> lz4_encoder(bool old_checksum);
Result<std::unique_ptr<Decoder>> lz4_decoder(BytesView body, bool old_checksum);

Result<std::unique_ptr<Encoder>> zstd_encoder();
Result<std::unique_ptr<Decoder>> zstd_decoder(BytesView body);

}  // namespace samsa::record
