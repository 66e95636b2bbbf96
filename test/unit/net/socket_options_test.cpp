#include "net/socket_options.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/file.h"

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
  EXPECT_EQ(send_buffer_bytes_to_set(102400), 256 * 1024);
  EXPECT_EQ(send_buffer_bytes_to_set(1 << 20), 1 << 20);
}

TEST(SendBuffer, MinusOneLeavesTheSizeToTheKernel) { EXPECT_EQ(send_buffer_bytes_to_set(-1), -1); }

sockaddr_storage address(const std::string& text) {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  storage.ss_family = AF_INET;
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) return storage;
  storage.ss_family = AF_INET6;
  EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1) << text;
  return storage;
}

bool is_within(const std::string& peer, const std::string& own) {
  return is_within_machine(address(peer), address(own));
}

TEST(WithinMachine, IsWhoComesByTheLoopbackOrFromTheAddressThatWasCalled) {
  EXPECT_TRUE(is_within("127.0.0.1", "127.0.0.1"));
  EXPECT_TRUE(is_within("127.0.0.1", "127.0.0.2"));
  EXPECT_TRUE(is_within("::ffff:127.0.0.1", "::ffff:127.0.0.1"));
  EXPECT_TRUE(is_within("::1", "::1"));
  EXPECT_TRUE(is_within("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(is_within("192.0.2.1", "192.0.2.2"));
  EXPECT_FALSE(is_within("2001:db8::1", "2001:db8::2"));
}

std::string congestion_control_of(int socket) {
  char name[16] = "";
  socklen_t length = sizeof name - 1;
  EXPECT_EQ(::getsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name, &length), 0);
  return name;
}

FileDescriptor tcp_socket() {
  return FileDescriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
}

TEST(Bbr, IsLeftByAListenerAndAnotherCongestionControlStays) {
  for (const std::string name : {"bbr", "cubic", "reno"}) {  // such as the kernel has
    const FileDescriptor listener = tcp_socket();
    set_congestion_control(listener.get(), name);
    const std::string before = congestion_control_of(listener.get());
    EXPECT_EQ(leave_bbr(listener.get()), before == "bbr" ? "bbr" : "");
    EXPECT_EQ(congestion_control_of(listener.get()), before == "bbr" ? "reno" : before);
  }
}

TEST(Bbr, ConnectionsHaveWhatTheirListenerLeftItForAndCanBeGivenItBack) {
  const FileDescriptor listener = tcp_socket(), client = tcp_socket();
  const std::string left = leave_bbr(listener.get());
  sockaddr_storage own = address("127.0.0.1");
  socklen_t length = sizeof(sockaddr_in);
  auto* name = reinterpret_cast<sockaddr*>(&own);
  ASSERT_EQ(::bind(listener.get(), name, length), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ASSERT_EQ(::getsockname(listener.get(), name, &length), 0);
  ASSERT_EQ(::connect(client.get(), name, length), 0);
  const FileDescriptor accepted{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  EXPECT_EQ(congestion_control_of(accepted.get()), congestion_control_of(listener.get()));
  if (left.empty()) return;  // the machine's default is another one
  EXPECT_EQ(congestion_control_of(accepted.get()), "reno");
  EXPECT_TRUE(set_congestion_control(accepted.get(), left));
  EXPECT_EQ(congestion_control_of(accepted.get()), left);
}

}  // namespace
}  // namespace samsa::net
