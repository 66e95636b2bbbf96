#pragma once
// What rooms count and measure with. Any thread may record at any time without a lock; readers see
// values that are recent, not exact to the instant.

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace samsa::metrics {

class Counter {
 public:
  void add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// The spread of values of 0 and more, exact to an eighth of their size, over the last five to ten
// minutes; the unit is the family's. A kibibyte and a half.
class Histogram {
 public:
  void record(uint64_t value) {
    count_.fetch_add(1, std::memory_order_relaxed);
    windows_[current_.load(std::memory_order_relaxed)][bucket_of(value)].fetch_add(
        1, std::memory_order_relaxed);
  }
  // Of all values ever recorded.
  uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  // The value below which this part of the recent ones lies, e.g. 0.99; 0 when there are none.
  double quantile(double part) const;
  // Forgets the older window and starts another. For one thread at a time.
  void rotate();

 private:
  static constexpr size_t k_octaves = 40;  // up to 2^40; larger values count as that
  static constexpr size_t k_steps = 4;     // in each octave
  static constexpr size_t k_buckets = k_octaves * k_steps;
  using Window = std::array<std::atomic<uint32_t>, k_buckets>;

  // Values below k_steps have a bucket each; then k_steps buckets for every doubling.
  static size_t bucket_of(uint64_t value) {
    if (value < k_steps) return static_cast<size_t>(value);
    const auto octave = static_cast<size_t>(std::bit_width(value)) - 2;  // 1 for 4..7
    const size_t bucket = octave * k_steps + static_cast<size_t>((value >> (octave - 1)) % k_steps);
    return bucket < k_buckets ? bucket : k_buckets - 1;
  }
  static double middle_of(size_t bucket);

  std::array<Window, 2> windows_{};
  std::atomic<uint8_t> current_{0};
  std::atomic<uint64_t> count_{0};
};

}  // namespace samsa::metrics
