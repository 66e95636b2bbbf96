#pragma once
// Holds the threads that share it to a rate of bytes together. Any thread.

#include <mutex>

#include "base/clock.h"

namespace samsa::log {

class Throttle {
 public:
  explicit Throttle(double bytes_per_second) : bytes_per_second_(bytes_per_second) {}

  // Tells of bytes read or written. How long the caller is to rest before the next ones; short
  // rests are saved up.
  milliseconds spend(int64_t bytes, SteadyTime now);

 private:
  const double bytes_per_second_;
  std::mutex mutex_;
  SteadyTime paid_until_{};  // when all that was told of would be done at the rate
};

}  // namespace samsa::log
