#include "log/disk_pace.h"

#include "base/thread_time.h"

namespace samsa::log {

DiskPace::Awake DiskPace::awake_before(SteadyTime now) {
  // To ask the kernel each time would cost as much as a small append.
  constexpr milliseconds k_good_enough{10};
  thread_local Awake last;
  if (!last.time || now < last.at || now - last.at > k_good_enough)
    last = {now, thread_awake_time()};
  return last;
}

bool DiskPace::was_asleep(const Awake& before, SteadyTime ended) {
  const auto awake = thread_awake_time();
  return !awake || !before.time || (ended - before.at) - (*awake - *before.time) >= k_slow;
}

}  // namespace samsa::log
