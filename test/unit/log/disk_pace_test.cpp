// When a directory counts as slow.

#include "log/disk_pace.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <time.h>

#include <atomic>
#include <thread>
#include <vector>

namespace samsa::log {
namespace {

int64_t processor_ms() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return used.tv_sec * 1000 + used.tv_nsec / 1'000'000;
}

bool compute_for_ms(int64_t how_long) {
  for (const int64_t until = processor_ms() + how_long; processor_ms() < until;) {
  }
  return true;
}

TEST(DiskPaceTest, AWriteThatSleepsMakesItSlowForTenSeconds) {
  ManualClock clock;
  DiskPace pace{clock};
  pace.watch([&] {
    clock.advance(DiskPace::k_slow - milliseconds{1});
    return true;
  });
  EXPECT_FALSE(pace.is_slow());
  pace.watch([&] {
    clock.advance(DiskPace::k_slow + milliseconds{100});
    return true;
  });
  EXPECT_TRUE(pace.is_slow());
  clock.advance(DiskPace::k_remembered - milliseconds{1});
  EXPECT_TRUE(pace.is_slow());
  clock.advance(milliseconds{1});
  EXPECT_FALSE(pace.is_slow());
}

TEST(DiskPaceTest, AThreadThatIsBlockedIsTold) {
  DiskPace pace{Clock::system()};
  pace.watch([] { return ::poll(nullptr, 0, 150); });
  EXPECT_TRUE(pace.is_slow());
}

TEST(DiskPaceTest, AWriteThatComputesOrWaitsForAProcessorIsNotTheDisks) {
  DiskPace pace{Clock::system()};
  pace.watch([] { return compute_for_ms(150); });
  EXPECT_FALSE(pace.is_slow());

  cpu_set_t before, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  std::atomic<bool> stopped{false};
  std::vector<std::jthread> others;
  for (int i = 0; i < 5; ++i)
    others.emplace_back([&] {
      while (!stopped) compute_for_ms(1);
    });
  const auto began = Clock::system().steady();
  pace.watch([] { return compute_for_ms(60); });
  const auto took = Clock::system().steady() - began;
  stopped = true;
  ::sched_setaffinity(0, sizeof before, &before);
  EXPECT_GT(took, DiskPace::k_slow) << "nobody else wanted the processor";
  EXPECT_FALSE(pace.is_slow());
}

}  // namespace
}  // namespace samsa::log
