// Independent pieces of work at a time.

#include "base/parallel.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace samsa {
namespace {

TEST(ParallelTest, WhatOnePieceThrowsArrivesAtTheCallerOnceAllHaveEnded) {
  std::atomic<bool> is_thrown{false};
  std::atomic<int> ended{0};
  const auto work = [&](size_t i) {
    if (i == 1) {
      is_thrown = true;
      throw std::runtime_error("the second");
    }
    while (!is_thrown) std::this_thread::yield();
    ++ended;
  };
  EXPECT_THROW(in_parallel(2, 100, work), std::runtime_error);
  EXPECT_GE(ended, 1) << "the first was not waited for";
  EXPECT_LT(ended, 99) << "the rest was not left";
}

}  // namespace
}  // namespace samsa
