#include "runtime/wait.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "runtime/block_on.h"

namespace samsa::runtime {
namespace {

using namespace std::chrono_literals;

SteadyTime in(milliseconds delay) { return std::chrono::steady_clock::now() + delay; }

struct WaitTest : testing::Test {
  WaitTest() { loop.start(); }
  Gate gate;  // outlives what runs on the loop
  EventLoop loop{"test"};
};

Task<std::optional<int>> await_one_shot(OneShot<int> value, milliseconds patience) {
  co_return co_await value.until(in(patience));
}

TEST_F(WaitTest, OneShotHandsOverAValueSetByAnotherThread) {
  OneShot<int> value;
  std::thread setter([value] { value.set(7); });
  EXPECT_EQ(block_on(loop, gate, await_one_shot(value, 10s)), 7);
  setter.join();
}

TEST_F(WaitTest, OneShotGivesNothingAtItsDeadline) {
  EXPECT_EQ(block_on(loop, gate, await_one_shot({}, 1ms)), std::nullopt);
}

TEST_F(WaitTest, OneShotKeepsTheFirstValue) {
  OneShot<int> value;
  EXPECT_TRUE(value.set(1));
  EXPECT_FALSE(value.set(2));
  EXPECT_EQ(block_on(loop, gate, await_one_shot(value, 10s)), 1);
}

Task<int> count_notifications(Signal signal) {
  int seen = 0;
  while (co_await signal.until(in(5ms))) ++seen;
  co_return seen;
}

TEST_F(WaitTest, SignalRemembersANotificationBetweenWaits) {
  Signal signal;
  signal.notify();
  signal.notify();  // not yet looked at: the same news
  EXPECT_EQ(block_on(loop, gate, count_notifications(signal)), 1);
}

Task<bool> resumes_on_its_loop(Workers& workers, EventLoop* home) {
  const auto worker = co_await workers.run([] { return std::this_thread::get_id(); });
  co_return worker != std::this_thread::get_id() && home->is_current();
}

TEST_F(WaitTest, WorkersRunElsewhereAndResumeOnTheCallersLoop) {
  Workers workers("worker", 2);
  EXPECT_TRUE(block_on(loop, gate, resumes_on_its_loop(workers, &loop)));
}

Task<std::string> tells_what_was_thrown(Workers& workers) {
  auto failing = workers.run([]() -> int { throw std::runtime_error("out of something"); });
  try {
    co_await std::move(failing);
  } catch (const std::runtime_error& error) {
    co_return error.what();
  }
  co_return "nothing";
}

TEST_F(WaitTest, WhatIsThrownOnAWorkerArrivesAtTheCaller) {
  Workers workers("worker", 1);
  workers.post([] { throw std::runtime_error("nobody awaits this"); });
  EXPECT_EQ(block_on(loop, gate, tells_what_was_thrown(workers)), "out of something");
}

TEST_F(WaitTest, WorkersAreAddedWhileAllAreBusyUpToTheirNumber) {
  std::latch all_at_once(3);
  std::atomic<int> running = 0, most = 0;
  {
    Workers workers("worker", 3);
    for (int i = 0; i < 3; ++i) workers.post([&] { all_at_once.arrive_and_wait(); });
    for (int i = 0; i < 100; ++i)
      workers.post([&] {
        for (int now = ++running, seen = most; seen < now;)
          if (most.compare_exchange_weak(seen, now)) break;
        std::this_thread::yield();
        --running;
      });
  }
  EXPECT_LE(most, 3);
}

Task<void> park(Signal signal) { co_await signal.until(in(10s)); }

TEST_F(WaitTest, GateRefusesAfterCloseAndDrainsWhatIsInside) {
  Signal signal;
  ASSERT_TRUE(spawn(loop, "parked", gate, park(signal)));
  gate.close();
  EXPECT_FALSE(spawn(loop, "late", gate, park(signal)));
  EXPECT_FALSE(gate.drain(in(1ms)));
  signal.notify();
  EXPECT_TRUE(gate.drain(in(10s)));
}

}  // namespace
}  // namespace samsa::runtime
