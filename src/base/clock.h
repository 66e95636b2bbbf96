#pragma once
// Time comes in through a parameter, so that tests and the simulator own it.

#include <chrono>
#include <cstdint>

namespace samsa {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since the Unix epoch; may jump.
  virtual int64_t wall_ms() const = 0;
  // Never goes back; for deadlines.
  virtual SteadyTime steady() const = 0;

  static Clock& system();
};

// Stands still until told otherwise. Not synchronised: advance it only while no other thread reads
// it.
class ManualClock : public Clock {
 public:
  int64_t wall_ms() const override { return wall_ms_; }
  SteadyTime steady() const override { return steady_; }
  void advance(milliseconds by) {
    wall_ms_ += by.count();
    steady_ += by;
  }

 private:
  int64_t wall_ms_ = 1'600'000'000'000;
  SteadyTime steady_{};
};

}  // namespace samsa
