#include <zlib.h>

#include <algorithm>
#include <array>

#include "record/codec/codecs.h"

namespace samsa::record {
namespace {

// What java.util.zip writes: deflate, no flags, no time, no extra flags, operating system unknown
// (0 before Java 16).
constexpr BytesView k_header{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};
constexpr int k_gzip_window = 16 + MAX_WBITS;

unsigned char* bytes_of(BytesView view) {
  return reinterpret_cast<unsigned char*>(const_cast<char*>(view.data()));
}

unsigned int clamp(size_t size) {
  return static_cast<unsigned int>(std::min<size_t>(size, 1U << 30));
}

void append_le(Bytes& to, uint32_t value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

class GzipDecoder : public Decoder {
 public:
  explicit GzipDecoder(BytesView body) : rest_(body) {}
  ~GzipDecoder() override {
    if (started_) inflateEnd(&stream_);
  }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  Result<void> start() {
    if (inflateInit2(&stream_, k_gzip_window) != Z_OK) return broken_body("Not in GZIP format");
    started_ = true;
    return ok();
  }

  Result<size_t> next_size() override { return size_t{ended_ ? 0U : 1U}; }

  Result<size_t> read(std::span<char> into) override {
    stream_.next_out = reinterpret_cast<unsigned char*>(into.data());
    stream_.avail_out = clamp(into.size());
    while (!ended_ && !error_ && stream_.avail_out > 0) {
      Result<void> stepped = step();
      if (!stepped) error_ = stepped.error();
    }
    const auto count = static_cast<size_t>(reinterpret_cast<char*>(stream_.next_out) - into.data());
    // What came before the fault is given first, as Kafka sees it: a reader may find it wrong in
    // another way.
    if (count == 0 && error_) return *error_;
    return count;
  }

 private:
  // Java looks at the sums behind the data in a call of its own. A fault of the data itself takes
  // with it what the same call had made.
  static bool is_of_the_sums(const char* fault) {
    const std::string_view text = fault != nullptr ? fault : "";
    return text == "incorrect data check" || text == "incorrect length check";
  }

  Result<void> step() {
    stream_.next_in = bytes_of(rest_);
    const unsigned int given = clamp(rest_.size());
    stream_.avail_in = given;
    const auto room = stream_.avail_out;
    unsigned char* const began = stream_.next_out;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    rest_.remove_prefix(given - stream_.avail_in);
    if (status == Z_STREAM_END) {
      // Another member may follow; anything else after the first is ignored, as Java's reader does
      // it.
      ended_ = !rest_.starts_with(k_header.substr(0, 3));
      if (!ended_ && inflateReset(&stream_) != Z_OK) return broken_body("Not in GZIP format");
      return ok();
    }
    if (status != Z_OK && status != Z_BUF_ERROR) {
      if (!is_of_the_sums(stream_.msg)) stream_.next_out = began;
      return broken_body(stream_.msg != nullptr ? stream_.msg : "Not in GZIP format");
    }
    if (rest_.empty() && stream_.avail_out == room) {
      // Java's reader tells this from other faults, and Kafka answers it as a batch that ends
      // early.
      return Error{Errc::invalid_record, "Incorrect declared batch size, premature EOF reached"};
    }
    return ok();
  }

  BytesView rest_;
  z_stream stream_{};
  bool started_ = false;
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace

Result<void> gzip_compress(BytesView plain, Bytes& out) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return broken_body("no memory for gzip");
  }
  out.append(k_header);
  BytesView rest = plain;
  std::array<char, 16 * 1024> piece;
  int status = Z_OK;
  while (status == Z_OK) {
    const unsigned int given = clamp(rest.size());
    stream.next_in = bytes_of(rest);
    stream.avail_in = given;
    stream.next_out = reinterpret_cast<unsigned char*>(piece.data());
    stream.avail_out = piece.size();
    status = deflate(&stream, given == rest.size() ? Z_FINISH : Z_NO_FLUSH);
    rest.remove_prefix(given - stream.avail_in);
    out.append(piece.data(), piece.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  if (status != Z_STREAM_END) return broken_body("gzip failed to compress");
  append_le(out, static_cast<uint32_t>(crc32_z(0, bytes_of(plain), plain.size())));
  append_le(out, static_cast<uint32_t>(plain.size()));
  return ok();
}

Result<std::unique_ptr<Decoder>> gzip_decoder(BytesView body) {
  if (!body.starts_with(k_header.substr(0, 3))) return broken_body("Not in GZIP format");
  auto decoder = std::make_unique<GzipDecoder>(body);
  Result<void> started = decoder->start();
  if (!started) return started.error();
  return std::unique_ptr<Decoder>(std::move(decoder));
}

}  // namespace samsa::record
