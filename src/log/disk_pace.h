#pragma once
// Whether writes have waited so long for the disk lately that no event loop should wait for the
// next one. Any thread.

#include <atomic>
#include <chrono>
#include <optional>

#include "base/clock.h"

namespace samsa::log {

class DiskPace {
 public:
  explicit DiskPace(const Clock& clock) : clock_(clock) {}

  // Calls `work`, which writes or syncs, and notes how long it waited for the disk.
  template <class Work>
  auto watch(const Work& work) {
    const SteadyTime began = clock_.steady();
    const Awake before = awake_before(began);
    auto done = work();
    const SteadyTime ended = clock_.steady();
    if (ended - began >= k_slow && was_asleep(before, ended))
      slow_until_ = (ended + k_remembered).time_since_epoch().count();
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
  // How long a thread had not been asleep up to a moment.
  struct Awake {
    SteadyTime at{};
    std::optional<std::chrono::nanoseconds> time;
  };
  // Of the calling thread, as it was a little before `now`.
  static Awake awake_before(SteadyTime now);
  // A thread that waits for a processor while others have it is late as well, and its disk is not
  // slow.
  static bool was_asleep(const Awake& before, SteadyTime ended);

  const Clock& clock_;
  std::atomic<SteadyTime::rep> slow_until_{0};
};

}  // namespace samsa::log
