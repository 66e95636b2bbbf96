#include "metrics/instruments.h"

#include <cmath>

namespace samsa::metrics {

double Histogram::middle_of(size_t bucket) {
  const size_t octave = bucket / k_steps;
  if (octave == 0) return static_cast<double>(bucket);
  const double width = std::ldexp(1.0, static_cast<int>(octave) - 1);
  const double low = static_cast<double>(k_steps + bucket % k_steps) * width;
  return low + (width - 1) / 2;
}

double Histogram::quantile(double part) const {
  uint64_t total = 0;
  std::array<uint64_t, k_buckets> sums{};
  for (size_t i = 0; i < k_buckets; ++i) {
    for (const Window& window : windows_) sums[i] += window[i].load(std::memory_order_relaxed);
    total += sums[i];
  }
  if (total == 0) return 0;
  const auto rank = static_cast<uint64_t>(std::ceil(part * static_cast<double>(total)));
  uint64_t seen = 0;
  for (size_t i = 0; i < k_buckets; ++i) {
    seen += sums[i];
    if (seen >= rank && seen > 0) return middle_of(i);
  }
  return middle_of(k_buckets - 1);
}

void Histogram::rotate() {
  const auto next = static_cast<uint8_t>(1 - current_.load(std::memory_order_relaxed));
  for (auto& bucket : windows_[next]) bucket.store(0, std::memory_order_relaxed);
  current_.store(next, std::memory_order_relaxed);
}

}  // namespace samsa::metrics
