#include "record/plain_stream.h"

#include <algorithm>

#include "record/codec/codecs.h"

namespace samsa::record {
namespace {
constexpr size_t k_least_room = 16 * 1024;
constexpr size_t k_first_capacity = 64 * 1024;
// What a decoder needs besides what it looks back at.
constexpr size_t k_around_history = size_t{1} << 20;
}  // namespace

PlainStream::PlainStream(Codec codec, int8_t magic, BytesView body, const ReadLimits& limits)
    : codec_(codec), limits_(limits) {
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
    if (decoder_ && window_.size() >= limits_.max_whole_bytes) {
      error_ = too_large_to_hold(limits_.max_whole_bytes);
      end();
    }
    if (!refill()) return false;
  }
  return true;
}

std::optional<Error> PlainStream::refusal(size_t wanted) const {
  if (wants_too_much(wanted, produced_, limits_.max_decompressed_bytes)) {
    return too_large(limits_.max_decompressed_bytes);
  }
  const bool looks_far_back =
      produced_ > limits_.max_whole_bytes &&
      decoder_->history_bytes() > limits_.max_whole_bytes + k_around_history;
  if (wanted > limits_.max_whole_bytes || looks_far_back) {
    return too_large_to_hold(limits_.max_whole_bytes);
  }
  return std::nullopt;
}

bool PlainStream::refill() {
  if (ended_) return false;
  auto wanted = decoder_->next_size();
  if (!wanted) {
    error_ = wanted.error();
  } else if (*wanted > 0) {
    error_ = refusal(*wanted);
    if (!error_ && read(*wanted)) return true;
  }
  end();
  return false;
}

bool PlainStream::read(size_t wanted) {
  make_room(std::max(wanted, k_least_room));
  char* at = buffer_.get() + (window_.data() - buffer_.get()) + window_.size();
  // No more at once than is needed or stays in the processor's caches, whatever has become of the
  // buffer.
  const size_t room = std::min(static_cast<size_t>(buffer_.get() + capacity_ - at),
                               std::max(wanted, k_first_capacity));
  auto count = decoder_->read({at, room});
  if (!count) {
    error_ = count.error();
    return false;
  }
  produced_ += *count;
  window_ = {window_.data(), window_.size() + *count};
  if (produced_ > limits_.max_decompressed_bytes)
    error_ = too_large(limits_.max_decompressed_bytes);
  return *count > 0 && !error_;
}

void PlainStream::end() {
  ended_ = true;
  decoder_.reset();
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
