#include <snappy.h>

#include <utility>

#include "record/codec/codecs.h"

// The Java library's framing: a header, then blocks of raw snappy, each behind its length.
namespace samsa::record {
namespace {

constexpr BytesView k_magic{"\x82SNAPPY\0", 8};
constexpr size_t k_header = 16;
constexpr int32_t k_version = 1;
constexpr size_t k_block = 32 * 1024;

Error corrupt() { return broken_body("FAILED_TO_UNCOMPRESS(5)"); }

class SnappyDecoder : public Decoder {
 public:
  // A body without the header is one block of raw snappy.
  SnappyDecoder(BytesView rest, bool framed) : rest_(rest), framed_(framed) {}

  Result<size_t> next_size() override {
    if (!block_.data()) {
      Result<void> found = framed_ ? find_block() : take_all();
      if (!found) return found.error();
    }
    return size_;
  }

  Result<size_t> read(std::span<char> into) override {
    auto wanted = next_size();
    if (!wanted || *wanted == 0) return wanted;
    if (!snappy::RawUncompress(block_.data(), block_.size(), into.data())) return corrupt();
    block_ = {};
    return *wanted;
  }

 private:
  Result<void> take_all() {
    const BytesView all = rest_;
    rest_ = {};
    return all.empty() ? end() : set_block(all);
  }

  Result<void> find_block() {
    for (;;) {
      if (rest_.size() < 4) return end();
      const auto length = load_be<int32_t>(rest_.data());
      if (rest_.substr(0, 4) == k_magic.substr(0, 4)) {
        // Bodies joined one after the other: each has its header.
        if (rest_.size() < k_header) return corrupt();
        if (!rest_.starts_with(k_magic)) return end();
        rest_.remove_prefix(k_header);
        continue;
      }
      rest_.remove_prefix(4);
      if (length < 0 || static_cast<size_t>(length) > rest_.size()) {
        return broken_body("failed to read chunk");
      }
      const BytesView block = rest_.substr(0, static_cast<size_t>(length));
      rest_.remove_prefix(block.size());
      Result<void> set = set_block(block);
      // A block of no plain bytes is not the end.
      if (!set || size_ > 0) return set;
    }
  }

  Result<void> set_block(BytesView block) {
    size_t size = 0;
    if (!snappy::GetUncompressedLength(block.data(), block.size(), &size)) return corrupt();
    // Three bytes of snappy make 64 plain ones at best, so a larger claim is a lie that would only
    // cost memory.
    if (size > block.size() * 64) return corrupt();
    if (size == 0 && !snappy::IsValidCompressedBuffer(block.data(), block.size())) return corrupt();
    block_ = block;
    size_ = size;
    return ok();
  }

  Result<void> end() {
    block_ = k_magic;  // not null: there is nothing more to look for
    size_ = 0;
    return ok();
  }

  BytesView rest_;
  bool framed_;
  BytesView block_{};
  size_t size_ = 0;
};

class SnappyEncoder : public Encoder {
 public:
  Result<void> write(BytesView plain, Bytes& out) override {
    begin(out);
    cutter_.add(plain, [this, &out](BytesView block) { append_block(block, out); });
    return ok();
  }
  Result<void> finish(BytesView plain, Bytes& out) override {
    begin(out);
    cutter_.finish(plain, [this, &out](BytesView block) { append_block(block, out); });
    return ok();
  }

 private:
  void begin(Bytes& out) {
    if (std::exchange(begun_, true)) return;
    out.append(k_magic);
    append_be(out, k_version);
    append_be(out, k_version);
  }

  void append_block(BytesView block, Bytes& out) {
    const size_t bound = snappy::MaxCompressedLength(block.size());
    if (compressed_.size() < bound) compressed_.resize(bound);
    size_t size = 0;
    snappy::RawCompress(block.data(), block.size(), compressed_.data(), &size);
    append_be(out, static_cast<int32_t>(size));
    out.append(compressed_.data(), size);
  }

  BlockCutter cutter_{k_block};
  Bytes compressed_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<Encoder> snappy_encoder() { return std::make_unique<SnappyEncoder>(); }

Result<std::unique_ptr<Decoder>> snappy_decoder(BytesView body) {
  if (body.empty()) return broken_body("EMPTY_INPUT(6)");
  const bool framed = body.size() >= k_header && body.starts_with(k_magic);
  if (framed) {
    if (load_be<int32_t>(body.data() + k_magic.size()) < k_version) {
      return broken_body("INCOMPATIBLE_VERSION(7)");
    }
    body.remove_prefix(k_header);
  }
  return std::unique_ptr<Decoder>(std::make_unique<SnappyDecoder>(body, framed));
}

}  // namespace samsa::record
