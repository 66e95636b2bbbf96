#pragma once
// Whether writes have taken so long lately that no event loop should wait for the next one. Any
// thread.

#include <atomic>
#include <chrono>

#include "base/clock.h"

namespace samsa::log {

class DiskPace {
 public:
  explicit DiskPace(const Clock& clock) : clock_(clock) {}

  // Calls `work`, which writes or syncs, and notes how long it took.
  template <class Work>
  auto watch(const Work& work) {
    const SteadyTime began = clock_.steady();
    auto done = work();
    const SteadyTime ended = clock_.steady();
    if (ended - began >= k_slow) slow_until_ = (ended + k_remembered).time_since_epoch().count();
    return done;
  }

  // For k_remembered after the last slow one.
  bool is_slow() const {
    const auto until = slow_until_.load(std::memory_order_relaxed);
    return until != 0 && clock_.steady().time_since_epoch().count() < until;
  }

  // A write into the page cache takes microseconds, and may take some milliseconds when the kernel
  // slows down whoever writes faster than the disk.
  static constexpr milliseconds k_slow{100};
  static constexpr milliseconds k_remembered{10'000};

 private:
  const Clock& clock_;
  std::atomic<SteadyTime::rep> slow_until_{0};
};

}  // namespace samsa::log
