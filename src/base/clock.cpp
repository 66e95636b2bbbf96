#include "base/clock.h"

namespace samsa {

Clock& Clock::system() {
  class SystemClock : public Clock {
   public:
    int64_t wall_ms() const override {
      return std::chrono::duration_cast<milliseconds>(
                 std::chrono::system_clock::now().time_since_epoch())
          .count();
    }
    SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  };
  static SystemClock clock;
  return clock;
}

}  // namespace samsa
