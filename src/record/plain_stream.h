#pragma once
// The plain bytes of a batch's body as a window that moves forward: over the batch itself when it
// is uncompressed, over a small buffer of decompressed bytes otherwise. Inside the room only.

#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/errc.h"
#include "record/codec.h"

namespace samsa::record {

class PlainStream {
 public:
  // Borrows the body.
  PlainStream(Codec codec, int8_t magic, BytesView body, const ReadLimits& limits);

  // The bytes from the current position that are there to be read; valid until the next call that
  // is not const.
  BytesView window() const { return window_; }
  // Makes the window hold `size` bytes or more. False when the body ends before, with all that is
  // left in the window, or when decompressing failed or would take too much: see error(). Memory
  // grows with what is really there, not with what is asked.
  bool ensure(size_t size) { return window_.size() >= size || grow_to(size); }
  // At most the window.
  void consume(size_t size) { window_.remove_prefix(size); }
  // Past the window too, without keeping what is stepped over. False as for ensure().
  bool skip(size_t size) {
    return skip(size, [](BytesView) {});
  }
  // The same, and visit(BytesView) sees what is stepped over, piece by piece.
  template <class Visit>
  bool skip(size_t size, Visit visit) {
    while (window_.size() < size) {
      size -= window_.size();
      visit(window_);
      window_ = {};
      if (!refill()) return false;
    }
    visit(window_.substr(0, size));
    consume(size);
    return true;
  }

  bool decompresses() const { return codec_ != Codec::none; }
  const ReadLimits& limits() const { return limits_; }
  const std::optional<Error>& error() const { return error_; }

 private:
  bool grow_to(size_t size);
  // Decompresses once more behind the window; false at the end and on errors.
  bool refill();
  bool read(size_t wanted);
  void end();
  // Why no more may be decompressed, the next step needing so much room.
  std::optional<Error> refusal(size_t wanted) const;
  void make_room(size_t room);

  Codec codec_;
  ReadLimits limits_;
  size_t produced_ = 0;
  BytesView window_;
  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace samsa::record
