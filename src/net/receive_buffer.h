#pragma once
// Bytes received and not yet answered. Grows with what arrives, not with what a length field
// claims: requests that come one behind the other are received, and so answered, several at a time.

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/bytes.h"

namespace samsa::net {

class ReceiveBuffer {
 public:
  // What every open connection keeps: enough for the requests of a consumer or a small producer.
  static constexpr size_t k_small_bytes = 512;
  static constexpr size_t k_growth_max_bytes = 4 << 20;
  // Enough for the requests that a producer of batches of 16 KiB, Kafka's default, sends before it
  // waits for an answer.
  static constexpr size_t k_several_bytes = 128 << 10;

  // Room for the next receive: at least one byte, more when a frame of the given size is under way.
  struct Room {
    char* at;
    size_t size;
  };
  Room room(size_t frame_end_wanted) {
    if (was_filled_ && frame_end_wanted <= capacity_)
      grow(std::min(2 * capacity_, k_several_bytes));
    was_filled_ = false;
    if (end_ == capacity_ || begin_ + frame_end_wanted > capacity_) make_room(frame_end_wanted);
    return {data_.get() + end_, capacity_ - end_};
  }
  void received(size_t size) {
    end_ += size;
    was_filled_ = end_ == capacity_;
  }

  size_t size() const { return end_ - begin_; }
  char* data() { return data_.get() + begin_; }
  void consume(size_t size) {
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  // Large memory stays while frames come, as it would have to be faulted in page by page again;
  // this frees it when nothing is buffered.
  bool can_shrink() const { return size() == 0 && capacity_ > k_small_bytes; }
  void shrink() {
    if (!can_shrink()) return;
    data_.reset();
    capacity_ = begin_ = end_ = 0;
  }

 private:
  // Moves what is buffered to the front and grows towards the wanted size, at most doubling beyond
  // a few MiB at a time so that a claim of 100 MiB costs memory only as bytes come in.
  void make_room(size_t wanted) {
    const size_t used = size();
    const size_t target = std::max({wanted, used + 1, k_small_bytes});
    const size_t step = std::min(target, std::max(2 * used, k_growth_max_bytes));
    if (step > capacity_) return grow(step);
    if (begin_ > 0) std::memmove(data_.get(), data_.get() + begin_, used);
    begin_ = 0;
    end_ = used;
  }
  void grow(size_t capacity) {
    if (capacity <= capacity_) return;
    const size_t used = size();
    auto grown = std::make_unique_for_overwrite<char[]>(capacity);
    if (used > 0) std::memcpy(grown.get(), data_.get() + begin_, used);
    data_ = std::move(grown);
    capacity_ = capacity;
    begin_ = 0;
    end_ = used;
  }

  std::unique_ptr<char[]> data_;
  size_t capacity_ = 0, begin_ = 0, end_ = 0;
  bool was_filled_ = false;  // so that more is likely to wait
};

}  // namespace samsa::net
