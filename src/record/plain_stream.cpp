#include "record/plain_stream.h"

#include <algorithm>

#include "record/codec/codecs.h"

namespace samsa::record {
namespace {
constexpr size_t k_least_room = 16 * 1024;
constexpr size_t k_first_capacity = 64 * 1024;
}  // namespace

PlainStream::PlainStream(Codec codec, int8_t magic, BytesView body, size_t max_bytes)
    : codec_(codec), max_bytes_(max_bytes) {
  if (codec == Codec::none) {
    window_ = body;
    ended_ = true;
    return;
  }
  auto decoder = Decoder::make(codec, magic, body);
  if (decoder) {
    decoder_ = std::move(*decoder);
  } else {
    error_ = decoder.error();
    ended_ = true;
  }
}

bool PlainStream::grow_to(size_t size) {
  while (window_.size() < size) {
    if (!refill()) return false;
  }
  return true;
}

bool PlainStream::skip(size_t size) {
  while (window_.size() < size) {
    size -= window_.size();
    window_ = {};
    if (!refill()) return false;
  }
  consume(size);
  return true;
}

bool PlainStream::refill() {
  if (ended_) return false;
  auto wanted = decoder_->next_size();
  if (wanted && wants_too_much(*wanted, produced_, max_bytes_)) {
    error_ = too_large(max_bytes_);
  } else if (wanted && *wanted > 0) {
    make_room(std::max(*wanted, k_least_room));
    char* end = buffer_.get() + (window_.data() - buffer_.get()) + window_.size();
    const size_t room = static_cast<size_t>(buffer_.get() + capacity_ - end);
    auto count = decoder_->read({end, room});
    if (count && *count > 0) {
      produced_ += *count;
      window_ = {window_.data(), window_.size() + *count};
      if (produced_ <= max_bytes_) return true;
      error_ = too_large(max_bytes_);
    } else if (!count) {
      error_ = count.error();
    }
  } else if (!wanted) {
    error_ = wanted.error();
  }
  ended_ = true;
  decoder_.reset();
  return false;
}

void PlainStream::make_room(size_t room) {
  if (buffer_ != nullptr && !window_.empty()) {
    const auto behind =
        static_cast<size_t>(buffer_.get() + capacity_ - window_.data()) - window_.size();
    if (behind >= room) return;
  }
  const size_t needed = window_.size() + room;
  if (needed <= capacity_) {
    if (!window_.empty()) std::memmove(buffer_.get(), window_.data(), window_.size());
  } else {
    const size_t capacity = std::max({needed, capacity_ * 2, k_first_capacity});
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (!window_.empty()) std::memcpy(larger.get(), window_.data(), window_.size());
    buffer_ = std::move(larger);
    capacity_ = capacity;
  }
  window_ = {buffer_.get(), window_.size()};
}

}  // namespace samsa::record
