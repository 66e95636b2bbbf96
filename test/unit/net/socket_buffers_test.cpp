#include "net/socket_buffers.h"

#include <gtest/gtest.h>

namespace samsa::net {
namespace {

const std::string k_limits = "4096\t131072\t6291456\n";

TEST(SocketBuffers, ASizeThatTheKernelReachesByTuningIsLeftToIt) {
  EXPECT_EQ(buffer_bytes_to_set(102400, k_limits), -1);
  EXPECT_EQ(buffer_bytes_to_set(6291456, k_limits), -1);
}

TEST(SocketBuffers, ASizeBeyondTheKernelsTuningIsSet) {
  EXPECT_EQ(buffer_bytes_to_set(6291457, k_limits), 6291457);
}

TEST(SocketBuffers, MinusOneLeavesTheSizeToTheKernel) {
  EXPECT_EQ(buffer_bytes_to_set(-1, k_limits), -1);
}

TEST(SocketBuffers, WithoutKnownLimitsTheConfiguredSizeIsSet) {
  EXPECT_EQ(buffer_bytes_to_set(102400, ""), 102400);
  EXPECT_EQ(buffer_bytes_to_set(102400, "4096 nonsense"), 102400);
}

}  // namespace
}  // namespace samsa::net
