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

std::string describe_recovery(int64_t done_bytes, int64_t total_bytes, milliseconds elapsed) {
  const auto done = static_cast<double>(done_bytes);
  const double per_second =
      done * 1000 / static_cast<double>(std::max<int64_t>(elapsed.count(), 1));
  const int64_t percent =
      total_bytes > 0 ? std::min<int64_t>(done_bytes * 100 / total_bytes, 100) : 100;
  std::string text = "Recovering logs: " + std::to_string(percent) + " % of " +
                     size_text(static_cast<double>(total_bytes)) + " checked, " +
                     size_text(per_second) + "/s";
  if (done_bytes > 0 && done_bytes < total_bytes)
    text +=
        ", about " +
        duration_text(
            static_cast<int64_t>(static_cast<double>(total_bytes - done_bytes) / per_second) + 1) +
        " left";
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
  const auto elapsed = std::chrono::duration_cast<milliseconds>(clock_.steady() - began_);
  int64_t due = next_ms_.load(std::memory_order_relaxed);
  if (elapsed.count() < due ||
      !next_ms_.compare_exchange_strong(due, elapsed.count() + k_interval_ms))
    return;
  tell_(describe_recovery(done, total_bytes_, elapsed));
}

}  // namespace samsa::log
