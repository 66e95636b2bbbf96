#include "net/broker_client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "protocol/messages/api_versions.h"
#include "runtime/wait.h"

namespace samsa::net {
namespace {

// Accepts connections in the kernel and answers nothing.
class SilentListener {
 public:
  SilentListener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in any{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    ::bind(fd_, reinterpret_cast<sockaddr*>(&any), sizeof any);
    ::listen(fd_, 4096);
    socklen_t length = sizeof any;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&any), &length);
    port_ = ntohs(any.sin_port);
  }
  ~SilentListener() { ::close(fd_); }
  uint16_t port() const { return port_; }

 private:
  int fd_;
  uint16_t port_ = 0;
};

using Outcome = std::shared_ptr<std::promise<Errc>>;

runtime::Task<void> call_once(std::shared_ptr<BrokerClient> client, milliseconds patience,
                              Outcome outcome) {
  protocol::ApiVersionsRequest request;
  auto call = client->call(std::move(request), 0, std::chrono::steady_clock::now() + patience);
  auto response = co_await std::move(call);
  outcome->set_value(response ? Errc::none : response.error().code);
}

// Closes the client, on the loop like all use of it, after so many turns of the loop.
void close_after(runtime::EventLoop& loop, std::shared_ptr<BrokerClient> client, int turns) {
  if (turns == 0) return client->close();
  loop.post([&loop, client = std::move(client), turns] { close_after(loop, client, turns - 1); });
}

TEST(BrokerClient, MayBeClosedAtAnyMomentOfACall) {
  const SilentListener peer;
  runtime::EventLoop loop("test");
  loop.start();
  runtime::Gate gate;
  constexpr int k_rounds = 1500, k_turns_max = 300;
  for (int round = 0; round < k_rounds; ++round) {
    const auto outcome = std::make_shared<std::promise<Errc>>();
    auto client = std::make_shared<BrokerClient>(loop, "127.0.0.1", peer.port(), "test");
    loop.post([&, client, outcome] {
      runtime::spawn(loop, "call", gate, call_once(client, milliseconds{10000}, outcome));
      close_after(loop, client, round * 7 % k_turns_max);
    });
    ASSERT_EQ(outcome->get_future().get(), Errc::network_exception);
  }
  loop.stop();
}

TEST(BrokerClient, SaysThatThePeerDidNotAnswerInTime) {
  const SilentListener peer;
  runtime::EventLoop loop("test");
  loop.start();
  runtime::Gate gate;
  const auto outcome = std::make_shared<std::promise<Errc>>();
  auto client = std::make_shared<BrokerClient>(loop, "127.0.0.1", peer.port(), "test");
  runtime::spawn(loop, "call", gate, call_once(client, milliseconds{100}, outcome));
  EXPECT_EQ(outcome->get_future().get(), Errc::request_timed_out);
  loop.stop();
}

}  // namespace
}  // namespace samsa::net
