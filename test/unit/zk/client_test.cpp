// The client over Apache's C library, against a server that misbehaves on demand.

#include <glog/logging.h>
#include <gmock/gmock.h>

#include <future>

#include "scripted_server.h"
#include "zk/client/apache_session.h"

namespace samsa::zk {
namespace {

using std::chrono::steady_clock;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Type = WatchEvent::Type;

constexpr milliseconds k_patience{10000};

// What the client's listener has heard, to be awaited from the test's thread.
class Heard {
 public:
  void note(const WatchEvent& event) {
    std::scoped_lock hold(mutex_);
    events_.push_back(event.type);
    changed_.notify_all();
  }
  bool await(Type type) {
    std::unique_lock hold(mutex_);
    return changed_.wait_for(hold, k_patience,
                             [&] { return std::ranges::count(events_, type) > 0; });
  }
  bool await_sessions(int64_t count) {
    std::unique_lock hold(mutex_);
    return changed_.wait_for(hold, k_patience, [&] {
      return std::ranges::count(events_, Type::session_established) == count;
    });
  }
  std::vector<Type> all() {
    std::scoped_lock hold(mutex_);
    return events_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Type> events_;
};

class ClientTest : public testing::Test {
 protected:
  ClientTest() { loop_.start(); }
  ~ClientTest() override {
    if (client_) client_->close();
    loop_.stop();
  }

  Result<std::unique_ptr<Client>> connect(const std::string& chroot = "") {
    return ApacheClient::connect({.connect = server_.address() + chroot,
                                  .session_timeout = session_timeout_,
                                  .connection_timeout = connection_timeout_,
                                  .loop = &loop_});
  }
  void start() {
    auto connected = connect();
    ASSERT_TRUE(connected) << connected.error();
    client_ = std::move(*connected);
    await_loop();  // the events of connecting itself are not what the tests look at
    client_->set_listener([this](const WatchEvent& event) { heard_.note(event); });
  }
  void await_loop() {
    std::promise<void> passed;
    loop_.post([&] { passed.set_value(); });
    passed.get_future().wait();
  }
  template <class T>
  ZkCode code_of(ZkFuture<T> future) {
    struct Run {
      static runtime::Task<void> into(ZkFuture<T> from, std::promise<ZkCode>* to) {
        const auto result = co_await from.wait();
        to->set_value(result.code);
      }
    };
    std::promise<ZkCode> code;
    runtime::spawn(loop_, "test", gate_, Run::into(future, &code));
    return code.get_future().get();
  }

  ScriptedServer server_;
  milliseconds session_timeout_{1500}, connection_timeout_{5000};
  runtime::EventLoop loop_{"test"};
  runtime::Gate gate_;
  Heard heard_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, TakesItsSessionForExpiredOnceNoServerHasAnsweredForTheTimeout) {
  start();
  const auto cut_off = steady_clock::now();
  server_.be_silent(true);
  ASSERT_TRUE(heard_.await(Type::session_expired));
  const auto took = steady_clock::now() - cut_off;
  // From the server's last word, which came up to a heartbeat before it fell silent.
  EXPECT_GT(took, session_timeout_ / 2);
  EXPECT_LT(took, session_timeout_ * 4 / 3);
}

TEST_F(ClientTest, IsNotCutOffWhenItIsMerelyIdle) {
  session_timeout_ = milliseconds{300};
  start();
  const auto until = steady_clock::now() + 3 * session_timeout_;
  while (steady_clock::now() < until) ASSERT_EQ(client_->state(), SessionState::connected);
}

TEST_F(ClientTest, ClosesTheSessionItGaveUpAndOpensAnother) {
  session_timeout_ = milliseconds{300};
  start();
  server_.be_silent(true);
  ASSERT_TRUE(heard_.await(Type::session_expired));
  server_.be_silent(false);
  ASSERT_TRUE(heard_.await(Type::session_established));
  EXPECT_EQ(client_->generation(), 2U);
  EXPECT_EQ(client_->session_id(), 2);
  EXPECT_TRUE(server_.await("close 1"));
}

// A read with a watch, as the client makes it.
struct WatchingCall : Call {
  std::promise<int> answered;
  int submit(zhandle_t* handle, const void* context) override {
    return zoo_aexists(handle, "/watched", 1, &WatchingCall::complete, context);
  }
  void fail(ZkCode) override {}
  static void complete(int rc, const ::Stat*, const void* context) {
    const std::unique_ptr<CallPtr> call(static_cast<CallPtr*>(const_cast<void*>(context)));
    static_cast<WatchingCall&>(**call).answered.set_value(rc);
  }
};

TEST_F(ClientTest, DeliversNoWatchEventOfASessionThatIsOver) {
  runtime::Workers worker("zk-session", 1);
  auto session = std::make_shared<ApacheSession>(
      ConnectOptions{
          .connect = server_.address(), .session_timeout = milliseconds{300}, .loop = &loop_},
      worker);
  session->set_listener([this](const WatchEvent& event) { heard_.note(event); });
  ASSERT_TRUE(session->open());
  const auto call = std::make_shared<WatchingCall>();
  session->start(call);
  EXPECT_EQ(call->answered.get_future().get(), ZNONODE);
  // The old handle stays open while the worker, which would close it, is held up.
  std::promise<void> go_on;
  worker.post([&] { go_on.get_future().wait(); });
  server_.tell_returning_clients_of("/watched");
  server_.be_silent(true);
  EXPECT_TRUE(heard_.await(Type::session_expired));
  server_.be_silent(false);
  EXPECT_TRUE(server_.await("told 1 of /watched"));
  go_on.set_value();
  EXPECT_TRUE(heard_.await_sessions(2));
  EXPECT_THAT(heard_.all(), Not(Contains(Type::data_changed)));
  session->close();
}

TEST_F(ClientTest, DeliversAWatchEventThatCameWhileItWasReconnecting) {
  start();
  EXPECT_EQ(code_of(client_->exists("/watched", true)), ZkCode::no_node);
  server_.tell_returning_clients_of("/watched");
  server_.hang_up();
  ASSERT_TRUE(heard_.await(Type::data_changed));
  EXPECT_EQ(client_->generation(), 1U);
}

TEST_F(ClientTest, OpensAnotherSessionWhenTheServerSaysItIsExpired) {
  start();
  server_.forget_sessions();
  server_.hang_up();
  ASSERT_TRUE(heard_.await(Type::session_established));
  EXPECT_THAT(heard_.all(), ElementsAre(Type::session_disconnected, Type::session_expired,
                                        Type::session_established));
  EXPECT_THAT(server_.diary(), ElementsAre("open 1", "expire 1", "open 2"));
}

TEST_F(ClientTest, AnswersWhatWasOutstandingWhenTheSessionEnds) {
  session_timeout_ = milliseconds{300};
  start();
  server_.be_silent(true);
  auto read = client_->get("/a", false);
  auto create = client_->create("/b", {}, CreateMode::ephemeral);
  EXPECT_EQ(code_of(read), ZkCode::session_expired);
  EXPECT_EQ(code_of(create), ZkCode::session_expired);
}

TEST_F(ClientTest, RepeatsReadsAndTellsThatACreatesFateIsUnknownWhenTheConnectionBreaks) {
  start();
  server_.be_silent(true);
  auto read = client_->get("/a", false);
  auto create = client_->create("/b", {}, CreateMode::ephemeral);
  server_.hang_up();
  server_.be_silent(false);
  EXPECT_EQ(code_of(create), ZkCode::connection_loss);
  EXPECT_EQ(code_of(read), ZkCode::no_node);
}

TEST_F(ClientTest, MakesTheChrootPathStepByStep) {
  auto client = connect("/a/b");
  ASSERT_TRUE(client) << client.error();
  EXPECT_THAT(server_.diary(),
              ElementsAre("open 1", "create /a", "create /a/b", "close 1", "open 2"));
}

TEST_F(ClientTest, SaysWhichPathOfTheChrootWasNotMadeInTime) {
  connection_timeout_ = milliseconds{300};
  server_.ignore_operations();
  auto client = connect("/a/b");
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Errc::request_timed_out);
  EXPECT_THAT(client.error().message, HasSubstr("/a"));
}

TEST_F(ClientTest, SaysWhereNobodyAnswered) {
  connection_timeout_ = milliseconds{300};
  server_.be_silent(true);
  for (const char* chroot : {"", "/a"}) {
    auto client = connect(chroot);
    ASSERT_FALSE(client);
    EXPECT_THAT(client.error().message, HasSubstr(server_.address()));
  }
}

TEST_F(ClientTest, TriesTheServersOfTheListUntilOneAnswers) {
  const int closed = ::socket(AF_INET, SOCK_STREAM, 0);  // bound, not listening
  sockaddr_in any{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  ASSERT_EQ(::bind(closed, reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
  socklen_t length = sizeof any;
  ::getsockname(closed, reinterpret_cast<sockaddr*>(&any), &length);
  const std::string dead = "127.0.0.1:" + std::to_string(ntohs(any.sin_port));
  auto client = ApacheClient::connect({.connect = dead + ',' + server_.address() + "/c",
                                       .session_timeout = session_timeout_,
                                       .connection_timeout = connection_timeout_,
                                       .loop = &loop_});
  ::close(closed);
  ASSERT_TRUE(client) << client.error();
  EXPECT_THAT(server_.diary(), Contains("create /c"));
}

}  // namespace
}  // namespace samsa::zk
