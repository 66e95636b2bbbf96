// Independent pieces of work at a time.

#include "base/parallel.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace samsa {
namespace {

TEST(ParallelTest, WhatOnePieceThrowsArrivesAtTheCallerOnceAllHaveEnded) {
  std::atomic<int> at_work{0};
  const auto work = [&](size_t i) {
    ++at_work;
    if (i == 3) {
      --at_work;
      throw std::runtime_error("the third");
    }
    --at_work;
  };
  EXPECT_THROW(in_parallel(4, 100, work), std::runtime_error);
  EXPECT_EQ(at_work, 0);
}

}  // namespace
}  // namespace samsa
