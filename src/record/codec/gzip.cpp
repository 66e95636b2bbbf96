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

class GzipEncoder : public Encoder {
 public:
  GzipEncoder() = default;
  ~GzipEncoder() override {
    if (started_) deflateEnd(&stream_);
  }
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  Result<void> start() {
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      return broken_body("no memory for gzip");
    }
    started_ = true;
    return ok();
  }

  Result<void> write(BytesView plain, Bytes& out) override {
    begin(out);
    crc_ = static_cast<uint32_t>(crc32_z(crc_, bytes_of(plain), plain.size()));
    size_ += static_cast<uint32_t>(plain.size());
    while (!plain.empty()) {
      const unsigned int given = clamp(plain.size());
      stream_.next_in = bytes_of(plain);
      stream_.avail_in = given;
      if (deflate_once(Z_NO_FLUSH, out) != Z_OK) return broken_body("gzip failed to compress");
      plain.remove_prefix(given - stream_.avail_in);
    }
    return ok();
  }

  Result<void> finish(BytesView plain, Bytes& out) override {
    Result<void> written = write(plain, out);
    if (!written) return written;
    stream_.avail_in = 0;
    int status = Z_OK;
    while (status == Z_OK) status = deflate_once(Z_FINISH, out);
    if (status != Z_STREAM_END) return broken_body("gzip failed to compress");
    append_le(out, crc_);
    append_le(out, size_);
    return ok();
  }

 private:
  void begin(Bytes& out) {
    if (!begun_) out.append(k_header);
    begun_ = true;
  }

  int deflate_once(int flush, Bytes& out) {
    std::array<char, 16 * 1024> piece;
    stream_.next_out = reinterpret_cast<unsigned char*>(piece.data());
    stream_.avail_out = piece.size();
    const int status = deflate(&stream_, flush);
    out.append(piece.data(), piece.size() - stream_.avail_out);
    return status;
  }

  z_stream stream_{};
  uint32_t crc_ = 0;
  uint32_t size_ = 0;
  bool started_ = false;
  bool begun_ = false;
};

}  // namespace

Result<std::unique_ptr<Encoder>> gzip_encoder() {
  auto encoder = std::make_unique<GzipEncoder>();
  Result<void> started = encoder->start();
  if (!started) return started.error();
  return std::unique_ptr<Encoder>(std::move(encoder));
}

Result<std::unique_ptr<Decoder>> gzip_decoder(BytesView body) {
  if (!body.starts_with(k_header.substr(0, 3))) return broken_body("Not in GZIP format");
  auto decoder = std::make_unique<GzipDecoder>(body);
  Result<void> started = decoder->start();
  if (!started) return started.error();
  return std::unique_ptr<Decoder>(std::move(decoder));
}

}  // namespace samsa::record
