#include <zstd.h>

#include "record/codec/codecs.h"

namespace samsa::record {
namespace {

// What zstd's Java binding uses unless told otherwise.
constexpr int k_level = 3;
// A context that a body has made larger than this is not kept for the next one.
constexpr size_t k_keep_at_most = size_t{4} << 20;

struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
using Decompressor = std::unique_ptr<ZSTD_DCtx, FreeDecompressor>;
using Compressor = std::unique_ptr<ZSTD_CCtx, FreeCompressor>;

// Contexts are dear to make and serve one body after the other, so each thread keeps one of each
// kind.
thread_local Decompressor spare_decompressor;
thread_local Compressor spare_compressor;

class ZstdDecoder : public Decoder {
 public:
  explicit ZstdDecoder(BytesView body)
      : rest_(body),
        context_(spare_decompressor ? std::move(spare_decompressor)
                                    : Decompressor(ZSTD_createDCtx())) {}
  ~ZstdDecoder() override {
    if (!context_ || ZSTD_sizeof_DCtx(context_.get()) > k_keep_at_most) return;
    ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
    spare_decompressor = std::move(context_);
  }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;

  bool ready() const { return context_ != nullptr; }

  Result<size_t> next_size() override { return size_t{at_frame_end_ && rest_.empty() ? 0U : 1U}; }

  Result<size_t> read(std::span<char> into) override {
    ZSTD_outBuffer output{into.data(), into.size(), 0};
    while (output.pos == 0 && !(at_frame_end_ && rest_.empty())) {
      ZSTD_inBuffer input{rest_.data(), rest_.size(), 0};
      const size_t hint = ZSTD_decompressStream(context_.get(), &output, &input);
      if (ZSTD_isError(hint)) return broken_body(ZSTD_getErrorName(hint));
      rest_.remove_prefix(input.pos);
      at_frame_end_ = hint == 0;
      if (output.pos == 0 && input.pos == 0 && !at_frame_end_) {
        return broken_body("Read error or truncated source");
      }
    }
    return output.pos;
  }

  size_t history_bytes() const override { return ZSTD_sizeof_DCtx(context_.get()); }

 private:
  BytesView rest_;
  Decompressor context_;
  bool at_frame_end_ = false;
};

class ZstdEncoder : public Encoder {
 public:
  ZstdEncoder()
      : context_(spare_compressor ? std::move(spare_compressor) : Compressor(ZSTD_createCCtx())) {
    if (!context_) return;
    ZSTD_CCtx_reset(context_.get(), ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, k_level);
  }
  ~ZstdEncoder() override {
    if (context_) spare_compressor = std::move(context_);
  }
  ZstdEncoder(const ZstdEncoder&) = delete;
  ZstdEncoder& operator=(const ZstdEncoder&) = delete;

  bool ready() const { return context_ != nullptr; }

  Result<void> write(BytesView plain, Bytes& out) override {
    given_ += plain.size();
    ZSTD_inBuffer input{plain.data(), plain.size(), 0};
    while (input.pos < input.size) {
      const size_t left = step(ZSTD_e_continue, input, plain.size() - input.pos, out);
      if (ZSTD_isError(left)) return broken_body("zstd failed to compress");
    }
    return ok();
  }

  // Only here is zstd told that this is the end, when it has seen all: that way the frame has no
  // size in its header, like Kafka's, whose writer does not know it beforehand.
  Result<void> finish(BytesView plain, Bytes& out) override {
    Result<void> written = write(plain, out);
    if (!written) return written;
    ZSTD_inBuffer nothing{nullptr, 0, 0};
    size_t left = 1;
    while (left > 0) {
      left = step(ZSTD_e_end, nothing, std::min(given_, ZSTD_CStreamInSize()), out);
      if (ZSTD_isError(left)) return broken_body("zstd failed to compress");
    }
    return ok();
  }

 private:
  size_t step(ZSTD_EndDirective how, ZSTD_inBuffer& input, size_t expected, Bytes& out) {
    const size_t start = out.size();
    out.resize(start + ZSTD_compressBound(expected) + 16);
    ZSTD_outBuffer output{out.data() + start, out.size() - start, 0};
    const size_t left = ZSTD_compressStream2(context_.get(), &output, &input, how);
    out.resize(start + output.pos);
    return left;
  }

  Compressor context_;
  size_t given_ = 0;
};

}  // namespace

Result<std::unique_ptr<Encoder>> zstd_encoder() {
  auto encoder = std::make_unique<ZstdEncoder>();
  if (!encoder->ready()) return broken_body("no memory for zstd");
  return std::unique_ptr<Encoder>(std::move(encoder));
}

Result<std::unique_ptr<Decoder>> zstd_decoder(BytesView body) {
  auto decoder = std::make_unique<ZstdDecoder>(body);
  if (!decoder->ready()) return broken_body("no memory for zstd");
  return std::unique_ptr<Decoder>(std::move(decoder));
}

}  // namespace samsa::record
