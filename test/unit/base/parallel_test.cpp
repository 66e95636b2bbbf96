// Independent pieces of work at a time.

#include "base/parallel.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace samsa {
namespace {

TEST(ParallelTest, WhatOnePieceThrowsArrivesAtTheCallerOnceAllHaveEnded) {
  std::atomic<bool> is_thrown{false};
  std::atomic<bool> has_first_ended{false};
  const auto work = [&](size_t i) {
    if (i == 1) {
      is_thrown = true;
      throw std::runtime_error("the second");
    }
    while (!is_thrown) std::this_thread::yield();
    if (i == 0) has_first_ended = true;
  };
  EXPECT_THROW(in_parallel(2, 100, work), std::runtime_error);
  EXPECT_TRUE(has_first_ended);
}

TEST(ParallelTest, WhatHasNotBegunWhenAPieceThrowsIsLeft) {
  int begun = 0;
  const auto work = [&](size_t) {
    if (++begun == 2) throw std::runtime_error("the second");
  };
  EXPECT_THROW(in_parallel(1, 100, work), std::runtime_error);
  EXPECT_EQ(begun, 2);
}

}  // namespace
}  // namespace samsa
