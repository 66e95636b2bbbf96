#include "tools/commands/perf_stats.h"

#include <algorithm>
#include <cstdio>

namespace samsa::tools {

namespace {

constexpr int64_t k_samples_max = 500'000;
constexpr double k_mebibyte = 1024.0 * 1024.0;

double per_second(int64_t amount, int64_t elapsed_ms) {
  return 1000.0 * static_cast<double>(amount) / static_cast<double>(elapsed_ms);
}

}  // namespace

void ProducerStats::Sums::add(int64_t latency_ms, int64_t size) {
  ++count;
  bytes += size;
  latency_sum_ms += latency_ms;
  latency_max_ms = std::max(latency_max_ms, latency_ms);
}

ProducerStats::ProducerStats(int64_t records, int64_t window_ms, int64_t now_ms)
    : window_ms_(window_ms),
      sampling_(
          std::max<int64_t>(1, records / std::max<int64_t>(1, std::min(records, k_samples_max)))) {
  total_.start_ms = window_.start_ms = now_ms;
}

std::string ProducerStats::record(int64_t iteration, int64_t latency_ms, int64_t bytes,
                                  int64_t now_ms) {
  total_.add(latency_ms, bytes);
  window_.add(latency_ms, bytes);
  if (iteration % sampling_ == 0) latencies_.push_back(latency_ms);
  if (now_ms - window_.start_ms < window_ms_) return {};
  std::string line = window_line(now_ms);
  window_ = {};
  window_.start_ms = now_ms;
  return line;
}

std::string ProducerStats::window_line(int64_t now_ms) const {
  const int64_t elapsed = now_ms - window_.start_ms;
  char line[256];
  std::snprintf(line, sizeof line,
                "%lld records sent, %.1f records/sec (%.2f MB/sec), %.1f ms avg latency, %.1f ms "
                "max latency.\n",
                static_cast<long long>(window_.count), per_second(window_.count, elapsed),
                per_second(window_.bytes, elapsed) / k_mebibyte,
                static_cast<double>(window_.latency_sum_ms) / static_cast<double>(window_.count),
                static_cast<double>(window_.latency_max_ms));
  return line;
}

std::string ProducerStats::total(int64_t now_ms) {
  const int64_t elapsed = now_ms - total_.start_ms;
  std::sort(latencies_.begin(), latencies_.end());
  auto percentile = [&](double part) -> long long {
    if (latencies_.empty()) return 0;
    const auto index = static_cast<size_t>(part * static_cast<double>(latencies_.size()));
    return latencies_[std::min(index, latencies_.size() - 1)];
  };
  char line[320];
  std::snprintf(line, sizeof line,
                "%lld records sent, %f records/sec (%.2f MB/sec), %.2f ms avg latency, %.2f ms max "
                "latency, %lld ms 50th, %lld ms 95th, %lld ms 99th, %lld ms 99.9th.\n",
                static_cast<long long>(total_.count), per_second(total_.count, elapsed),
                per_second(total_.bytes, elapsed) / k_mebibyte,
                static_cast<double>(total_.latency_sum_ms) / static_cast<double>(total_.count),
                static_cast<double>(total_.latency_max_ms), percentile(0.5), percentile(0.95),
                percentile(0.99), percentile(0.999));
  return line;
}

}  // namespace samsa::tools
