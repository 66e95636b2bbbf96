#include <lz4.h>

#include <algorithm>
#include <array>
#include <utility>

#include "record/codec/codecs.h"
#include "record/codec/xxh32.h"

// The lz4 frame format by hand and not through lz4frame: the header checksum of message format v0
// is wrong on purpose, which the library neither writes nor reads.
namespace samsa::record {
namespace {

constexpr uint32_t k_frame_magic = 0x184D2204;
constexpr uint32_t k_stored_plain = 0x80000000;
constexpr size_t k_block = 64 * 1024;
// Version 1, independent blocks, no checksums and no content size; blocks of 64 KiB.
constexpr char k_flags = 0x60;
constexpr char k_block_descriptor = 0x40;

uint32_t load_le(const char* from) {
  uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

void append_le(Bytes& to, uint32_t value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

char header_checksum(BytesView covered) { return static_cast<char>((xxh32(covered) >> 8) & 0xFF); }

class Lz4Decoder : public Decoder {
 public:
  Lz4Decoder(BytesView blocks, size_t max_block, bool block_checksums)
      : rest_(blocks), max_block_(max_block), block_checksums_(block_checksums) {}

  Result<size_t> next_size() override {
    for (;;) {
      if (ended_) return size_t{0};
      Result<void> checked = check_block();
      if (!checked) return checked.error();
      if (ended_) return size_t{0};
      if (!is_empty_block()) break;
      leave_block();
    }
    const size_t size = block_size();
    if (stored_plain()) return size;
    // No block grows by more than 255 times, so a small body cannot ask for much memory.
    return std::min(max_block_, size * 255 + 16);
  }

  Result<size_t> read(std::span<char> into) override {
    auto wanted = next_size();
    if (!wanted || *wanted == 0) return wanted;
    const BytesView block = rest_.substr(4, block_size());
    size_t count = block.size();
    if (stored_plain()) {
      std::memcpy(into.data(), block.data(), block.size());
    } else {
      const int capacity = static_cast<int>(std::min(into.size(), max_block_));
      const int done =
          LZ4_decompress_safe(block.data(), into.data(), static_cast<int>(block.size()), capacity);
      if (done <= 0) return broken_body("Error decoding offset of a lz4 block");
      count = static_cast<size_t>(done);
    }
    if (block_checksums_ && xxh32(block) != load_le(block.data() + block.size())) {
      return broken_body("Block checksum mismatch");
    }
    leave_block();
    return count;
  }

 private:
  // The block at the front is there as a whole, or it is the end mark.
  Result<void> check_block() {
    if (rest_.size() < 4) return broken_body("Stream ended prematurely");
    const uint32_t size = block_size();
    if (size == 0) {
      ended_ = true;
      return ok();
    }
    if (size > max_block_) {
      return broken_body("Block size " + std::to_string(size) +
                         " exceeded max: " + std::to_string(max_block_));
    }
    if (rest_.size() - 4 < size + (block_checksums_ ? 4 : 0)) {
      return broken_body("Stream ended prematurely");
    }
    return ok();
  }

  // Legal, and always one token without literals; it must not be taken for the end, nor give room
  // that was measured for it to the block that follows.
  bool is_empty_block() const {
    return !stored_plain() && block_size() == 1 && (static_cast<uint8_t>(rest_[4]) >> 4) == 0;
  }

  void leave_block() { rest_.remove_prefix(4 + block_size() + (block_checksums_ ? 4 : 0)); }

  uint32_t block_size() const { return load_le(rest_.data()) & ~k_stored_plain; }
  bool stored_plain() const { return (load_le(rest_.data()) & k_stored_plain) != 0; }

  BytesView rest_;
  size_t max_block_;
  bool block_checksums_;
  bool ended_ = false;
};

class Lz4Encoder : public Encoder {
 public:
  explicit Lz4Encoder(bool old_checksum) : old_checksum_(old_checksum) {}

  Result<void> write(BytesView plain, Bytes& out) override {
    begin(out);
    cutter_.add(plain, [&out](BytesView block) { append_block(block, out); });
    return ok();
  }
  Result<void> finish(BytesView plain, Bytes& out) override {
    begin(out);
    cutter_.finish(plain, [&out](BytesView block) { append_block(block, out); });
    append_le(out, 0);
    return ok();
  }

 private:
  void begin(Bytes& out) {
    if (std::exchange(begun_, true)) return;
    const size_t start = out.size();
    append_le(out, k_frame_magic);
    out.push_back(k_flags);
    out.push_back(k_block_descriptor);
    out.push_back(header_checksum(BytesView(out).substr(start + (old_checksum_ ? 0 : 4))));
  }

  static void append_block(BytesView block, Bytes& out) {
    std::array<char, LZ4_COMPRESSBOUND(k_block)> compressed;
    const int size = LZ4_compress_default(block.data(), compressed.data(),
                                          static_cast<int>(block.size()), compressed.size());
    if (size <= 0 || static_cast<size_t>(size) >= block.size()) {
      append_le(out, static_cast<uint32_t>(block.size()) | k_stored_plain);
      out.append(block);
    } else {
      append_le(out, static_cast<uint32_t>(size));
      out.append(compressed.data(), static_cast<size_t>(size));
    }
  }

  BlockCutter cutter_{k_block};
  bool old_checksum_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<Encoder> lz4_encoder(bool old_checksum) {
  return std::make_unique<Lz4Encoder>(old_checksum);
}

Result<std::unique_ptr<Decoder>> lz4_decoder(BytesView body, bool old_checksum) {
  if (body.size() < 7) return broken_body("Stream ended prematurely");
  if (load_le(body.data()) != k_frame_magic) {
    return broken_body("Stream unsupported (invalid magic bytes)");
  }
  const auto flags = static_cast<uint8_t>(body[4]);
  const auto descriptor = static_cast<uint8_t>(body[5]);
  if ((flags & 0x03) != 0) return broken_body("Reserved bits must be 0");
  if ((flags & 0x20) == 0) return broken_body("Dependent block stream is unsupported");
  if ((flags >> 6) != 1) {
    return broken_body("Version " + std::to_string(flags >> 6) + " is unsupported");
  }
  if ((descriptor & 0x0F) != 0) return broken_body("Reserved2 field must be 0");
  if ((descriptor & 0x80) != 0) return broken_body("Reserved3 field must be 0");
  const int size_code = (descriptor >> 4) & 0x07;
  if (size_code < 4) return broken_body("Block size value must be between 4 and 7");
  // The content size, where given, is not relied upon.
  const size_t checksum_at = (flags & 0x08) != 0 ? 14 : 6;
  if (body.size() <= checksum_at) return broken_body("Stream ended prematurely");
  if (!old_checksum && body[checksum_at] != header_checksum(body.substr(4, checksum_at - 4))) {
    return broken_body("Stream frame descriptor corrupted");
  }
  return std::unique_ptr<Decoder>(std::make_unique<Lz4Decoder>(
      body.substr(checksum_at + 1), size_t{1} << (2 * size_code + 8), (flags & 0x10) != 0));
}

}  // namespace samsa::record
