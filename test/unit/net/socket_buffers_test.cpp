#include "net/socket_buffers.h"

#include <gtest/gtest.h>

namespace samsa::net {
namespace {

const std::string k_limits = "4096\t131072\t6291456\n";

TEST(ReceiveBuffer, ASizeThatTheKernelReachesByTuningIsLeftToIt) {
  EXPECT_EQ(receive_buffer_bytes_to_set(102400, k_limits), -1);
  EXPECT_EQ(receive_buffer_bytes_to_set(6291456, k_limits), -1);
}

TEST(ReceiveBuffer, ASizeBeyondTheKernelsTuningIsSet) {
  EXPECT_EQ(receive_buffer_bytes_to_set(6291457, k_limits), 6291457);
}

TEST(ReceiveBuffer, MinusOneLeavesTheSizeToTheKernel) {
  EXPECT_EQ(receive_buffer_bytes_to_set(-1, k_limits), -1);
}

TEST(ReceiveBuffer, WithoutKnownLimitsTheConfiguredSizeIsSet) {
  EXPECT_EQ(receive_buffer_bytes_to_set(102400, ""), 102400);
  EXPECT_EQ(receive_buffer_bytes_to_set(102400, "4096 nonsense"), 102400);
}

TEST(SendBuffer, IsAlwaysOneSizeUnlessMoreIsConfigured) {
  EXPECT_EQ(send_buffer_bytes_to_set(102400), 192 * 1024);
  EXPECT_EQ(send_buffer_bytes_to_set(1 << 20), 1 << 20);
}

TEST(SendBuffer, MinusOneLeavesTheSizeToTheKernel) { EXPECT_EQ(send_buffer_bytes_to_set(-1), -1); }

}  // namespace
}  // namespace samsa::net
