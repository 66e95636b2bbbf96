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

 private:
  BytesView rest_;
  Decompressor context_;
  bool at_frame_end_ = false;
};

}  // namespace

Result<void> zstd_compress(BytesView plain, Bytes& out) {
  if (!spare_compressor) spare_compressor.reset(ZSTD_createCCtx());
  ZSTD_CCtx* context = spare_compressor.get();
  if (context == nullptr) return broken_body("no memory for zstd");
  ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, k_level);
  const size_t start = out.size();
  out.resize(start + ZSTD_compressBound(plain.size()) + 16);
  ZSTD_outBuffer output{out.data() + start, out.size() - start, 0};
  ZSTD_inBuffer input{plain.data(), plain.size(), 0};
  // In two steps because a stream's writer does not know the size beforehand: that way the frame
  // has none in its header, like Kafka's.
  size_t left = ZSTD_compressStream2(context, &output, &input, ZSTD_e_continue);
  while (!ZSTD_isError(left) && input.pos < input.size) {
    left = ZSTD_compressStream2(context, &output, &input, ZSTD_e_continue);
  }
  if (!ZSTD_isError(left)) left = ZSTD_compressStream2(context, &output, &input, ZSTD_e_end);
  out.resize(start + output.pos);
  if (left != 0) return broken_body("zstd failed to compress");
  return ok();
}

Result<std::unique_ptr<Decoder>> zstd_decoder(BytesView body) {
  auto decoder = std::make_unique<ZstdDecoder>(body);
  if (!decoder->ready()) return broken_body("no memory for zstd");
  return std::unique_ptr<Decoder>(std::move(decoder));
}

}  // namespace samsa::record
