#include "net/receive_buffer.h"

#include <gtest/gtest.h>

#include <string>

namespace samsa::net {
namespace {

// As much as there is room for, or less.
size_t receive(ReceiveBuffer& buffer, size_t frame_end_wanted, const std::string& bytes) {
  const auto room = buffer.room(frame_end_wanted);
  const size_t size = std::min(room.size, bytes.size());
  bytes.copy(room.at, size);
  buffer.received(size);
  return size;
}

const std::string k_much(size_t{1} << 20, 'x');

TEST(ReceiveBufferTest, TakesMoreAtATimeWhileItIsFilledUpToABound) {
  ReceiveBuffer buffer;
  size_t taken = receive(buffer, 0, k_much);
  EXPECT_EQ(taken, ReceiveBuffer::k_small_bytes);
  for (size_t i = 0; i < 20; ++i) {
    buffer.consume(buffer.size());
    taken = receive(buffer, 0, k_much);
  }
  EXPECT_EQ(taken, ReceiveBuffer::k_several_bytes);
}

TEST(ReceiveBufferTest, StaysAsItIsWhileFramesLeaveRoom) {
  ReceiveBuffer buffer;
  for (int i = 0; i < 3; ++i) {
    receive(buffer, 0, k_much.substr(0, 300));
    buffer.consume(300);
  }
  EXPECT_EQ(buffer.room(0).size, ReceiveBuffer::k_small_bytes);
}

TEST(ReceiveBufferTest, KeepsTheBeginningOfAFrameWhenItGrows) {
  ReceiveBuffer buffer;
  const std::string frames = std::string(500, 'a') + std::string(100, 'b');
  ASSERT_EQ(receive(buffer, 0, frames), 512U);
  buffer.consume(500);
  ASSERT_EQ(receive(buffer, 100, frames.substr(512) + k_much), 2 * 512U - 12);
  EXPECT_EQ(std::string(buffer.data(), 100), std::string(100, 'b'));
}

TEST(ReceiveBufferTest, AClaimedSizeCostsMemoryOnlyAsBytesComeIn) {
  ReceiveBuffer buffer;
  receive(buffer, 0, k_much.substr(0, 4));
  EXPECT_LE(buffer.room(size_t{100} << 20).size, ReceiveBuffer::k_growth_max_bytes);
}

TEST(ReceiveBufferTest, IsGivenBackWhenNothingIsBuffered) {
  ReceiveBuffer buffer;
  receive(buffer, size_t{1} << 20, k_much);
  EXPECT_FALSE(buffer.can_shrink());
  buffer.consume(k_much.size());
  ASSERT_TRUE(buffer.can_shrink());
  buffer.shrink();
  EXPECT_EQ(buffer.room(0).size, ReceiveBuffer::k_small_bytes);
}

}  // namespace
}  // namespace samsa::net
