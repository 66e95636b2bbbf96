#include "log/throttle.h"

#include <algorithm>

namespace samsa::log {

milliseconds Throttle::spend(int64_t bytes, SteadyTime now) {
  using std::chrono::duration_cast;
  using std::chrono::nanoseconds;
  constexpr milliseconds k_shortest_rest{300};
  constexpr double k_longest_s = 24 * 60 * 60;
  if (bytes <= 0 || bytes_per_second_ < 0) return milliseconds{0};
  const double seconds = std::min(static_cast<double>(bytes) / bytes_per_second_, k_longest_s);
  std::scoped_lock hold(mutex_);
  paid_until_ = std::max(paid_until_, now) +
                duration_cast<nanoseconds>(std::chrono::duration<double>(seconds));
  const auto rest = duration_cast<milliseconds>(paid_until_ - now);
  return rest < k_shortest_rest ? milliseconds{0} : rest;
}

}  // namespace samsa::log
