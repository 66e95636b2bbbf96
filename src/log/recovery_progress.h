#pragma once
// How far the recovery of logs has come, told while it lasts.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"

namespace samsa::log {

// 0 to 100, which it is when there is nothing to check.
int64_t recovery_percent(int64_t done_bytes, int64_t total_bytes);
// As things have gone so far; 0 when it is done, -1 as long as nothing can be told.
int64_t recovery_seconds_left(int64_t done_bytes, int64_t total_bytes, milliseconds elapsed);
// "Recovering logs: 42 % of 12.3 GiB checked, 1.1 GiB/s, about 6 s left".
std::string describe_recovery(int64_t done_bytes, int64_t total_bytes, milliseconds elapsed);

// Counts the bytes of all logs together and tells of them every few seconds. Any thread.
class RecoveryProgress {
 public:
  // The clock outlives this.
  RecoveryProgress(int64_t total_bytes, const Clock& clock,
                   std::function<void(const std::string&)> tell);
  // So many bytes more are checked. For every batch: costs an addition, and a look at the clock
  // once a MiB.
  void advance(int64_t bytes);
  int64_t percent() const;
  int64_t seconds_left() const;

 private:
  milliseconds elapsed() const;
  const int64_t total_bytes_;
  const Clock& clock_;
  const std::function<void(const std::string&)> tell_;
  const SteadyTime began_;
  std::atomic<int64_t> done_bytes_{0};
  std::atomic<int64_t> next_ms_;  // since the beginning, when to tell again
};

}  // namespace samsa::log
