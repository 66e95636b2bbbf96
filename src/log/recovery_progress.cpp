#include "log/recovery_progress.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace samsa::log {
namespace {

constexpr int64_t k_interval_ms = 2000;
constexpr int k_mib_bits = 20;

std::string size_text(double bytes) {
  constexpr std::array k_units{"B", "KiB", "MiB", "GiB", "TiB"};
  constexpr double k_step = 1024;
  size_t unit = 0;
  for (; bytes >= k_step && unit + 1 < k_units.size(); ++unit) bytes /= k_step;
  char text[32];
  std::snprintf(text, sizeof text, bytes < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", bytes,
                k_units[unit]);
  return text;
}

std::string duration_text(int64_t seconds) {
  constexpr int64_t k_minute = 60, k_hour = 60 * k_minute;
  if (seconds < 2 * k_minute) return std::to_string(seconds) + " s";
  if (seconds < 2 * k_hour) return std::to_string(seconds / k_minute) + " min";
  return std::to_string(seconds / k_hour) + " h";
}

}  // namespace

int64_t recovery_percent(int64_t done_bytes, int64_t total_bytes) {
  return total_bytes > 0 ? std::min<int64_t>(done_bytes * 100 / total_bytes, 100) : 100;
}

int64_t recovery_seconds_left(int64_t done_bytes, int64_t total_bytes, milliseconds elapsed) {
  if (done_bytes >= total_bytes) return 0;
  if (done_bytes <= 0) return -1;
  const double for_one_byte =
      static_cast<double>(elapsed.count()) / 1000 / static_cast<double>(done_bytes);
  return static_cast<int64_t>(static_cast<double>(total_bytes - done_bytes) * for_one_byte) + 1;
}

std::string describe_recovery(int64_t done_bytes, int64_t total_bytes, milliseconds elapsed) {
  const double per_second = static_cast<double>(done_bytes) * 1000 /
                            static_cast<double>(std::max<int64_t>(elapsed.count(), 1));
  std::string text =
      "Recovering logs: " + std::to_string(recovery_percent(done_bytes, total_bytes)) + " % of " +
      size_text(static_cast<double>(total_bytes)) + " checked, " + size_text(per_second) + "/s";
  const int64_t left = recovery_seconds_left(done_bytes, total_bytes, elapsed);
  if (left > 0) text += ", about " + duration_text(left) + " left";
  return text;
}

RecoveryProgress::RecoveryProgress(int64_t total_bytes, const Clock& clock,
                                   std::function<void(const std::string&)> tell)
    : total_bytes_(total_bytes),
      clock_(clock),
      tell_(std::move(tell)),
      began_(clock.steady()),
      next_ms_(k_interval_ms) {}

void RecoveryProgress::advance(int64_t bytes) {
  const int64_t before = done_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  const int64_t done = before + bytes;
  if (before >> k_mib_bits == done >> k_mib_bits) return;
  const milliseconds so_far = elapsed();
  int64_t due = next_ms_.load(std::memory_order_relaxed);
  if (so_far.count() < due ||
      !next_ms_.compare_exchange_strong(due, so_far.count() + k_interval_ms))
    return;
  tell_(describe_recovery(done, total_bytes_, so_far));
}

milliseconds RecoveryProgress::elapsed() const {
  return std::chrono::duration_cast<milliseconds>(clock_.steady() - began_);
}

int64_t RecoveryProgress::percent() const { return recovery_percent(done_bytes_, total_bytes_); }

int64_t RecoveryProgress::seconds_left() const {
  return recovery_seconds_left(done_bytes_, total_bytes_, elapsed());
}

}  // namespace samsa::log
