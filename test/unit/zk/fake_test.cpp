// The fake keeps ZooKeeper's rules; what rests on it rests on these.

#include <gmock/gmock.h>

#include <future>

#include "zk/fake/client.h"

namespace samsa::zk {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;
using Type = WatchEvent::Type;

class FakeTest : public testing::Test {
 protected:
  FakeTest() {
    loop_.start();
    client_.set_listener([this](const WatchEvent& event) {
      events_.push_back(std::to_string(static_cast<int>(event.type)) + event.path);
    });
  }
  ~FakeTest() override { loop_.stop(); }

  template <class T>
  ZkResult<T> await(ZkFuture<T> future) {
    struct Run {
      static runtime::Task<void> into(ZkFuture<T> from, std::promise<ZkResult<T>>* to) {
        to->set_value(co_await from.wait());
      }
    };
    std::promise<ZkResult<T>> result;
    runtime::spawn(loop_, "test", gate_, Run::into(future, &result));
    return result.get_future().get();
  }
  std::vector<std::string> events() {
    std::promise<std::vector<std::string>> copy;
    loop_.post([&] { copy.set_value(std::exchange(events_, {})); });
    return copy.get_future().get();
  }
  static std::string event(Type type, const std::string& path) {
    return std::to_string(static_cast<int>(type)) + path;
  }

  FakeTree tree_;
  runtime::EventLoop loop_{"test"};
  runtime::Gate gate_;
  std::vector<std::string> events_;  // the loop's
  FakeClient client_{tree_, loop_}, other_{tree_, loop_};
};

TEST_F(FakeTest, KeepsVersionsParentsAndSequences) {
  EXPECT_EQ(await(client_.create("/a/b", "x", CreateMode::persistent)).code, ZkCode::no_node);
  EXPECT_EQ(await(client_.create("/a", "x", CreateMode::persistent)).value, "/a");
  EXPECT_EQ(await(client_.create("/a", "x", CreateMode::persistent)).code, ZkCode::node_exists);
  EXPECT_EQ(await(client_.set("/a", "y", 0)).value.version, 1);
  EXPECT_EQ(await(client_.set("/a", "z", 0)).code, ZkCode::bad_version);
  EXPECT_EQ(await(client_.create("/a/s_", {}, CreateMode::persistent_sequential)).value,
            "/a/s_0000000000");
  EXPECT_EQ(await(client_.create("/a/s_", {}, CreateMode::persistent_sequential)).value,
            "/a/s_0000000001");
  EXPECT_THAT(await(client_.children("/a", false)).value,
              UnorderedElementsAre("s_0000000000", "s_0000000001"));
  EXPECT_EQ(await(client_.remove("/a", k_any_version)).code, ZkCode::not_empty);
  EXPECT_EQ(await(client_.get("/a", false)).value.data, "y");
}

TEST_F(FakeTest, TakesAMultiAsAWhole) {
  std::vector<Op> ops = {Op::create("/a", {}), Op::check("/none", 0), Op::create("/b", {})};
  const auto failed = await(client_.multi(ops));
  EXPECT_EQ(failed.code, ZkCode::no_node);
  EXPECT_EQ(failed.value[0].code, ZkCode::ok);
  EXPECT_EQ(failed.value[2].code, ZkCode::runtime_inconsistency);
  EXPECT_FALSE(tree_.has("/a"));
  ops[1] = Op::set("/a", "v");
  const auto done = await(client_.multi(ops));
  EXPECT_EQ(done.value[1].stat.version, 1);
  EXPECT_EQ(done.value[1].stat.czxid, done.value[1].stat.mzxid);
}

TEST_F(FakeTest, FiresAWatchOnceAndBeforeAnAnswerThatShowsTheChange) {
  await(client_.exists("/a", true));
  await(client_.children("/", true));
  await(client_.get("/none", true));  // leaves no watch
  await(other_.create("/a", {}, CreateMode::persistent));
  EXPECT_THAT(events(),
              ElementsAre(event(Type::node_created, "/a"), event(Type::children_changed, "/")));
  await(other_.set("/a", "1", k_any_version));
  EXPECT_THAT(events(), ElementsAre());
  await(client_.get("/a", true));
  await(client_.children("/a", true));
  await(client_.remove("/a", k_any_version));
  EXPECT_THAT(events(), ElementsAre(event(Type::node_deleted, "/a")));
}

TEST_F(FakeTest, EndsEphemeralsWithTheirSession) {
  await(other_.create("/e", {}, CreateMode::ephemeral));
  EXPECT_EQ(await(client_.create("/e/child", {}, CreateMode::persistent)).code,
            ZkCode::no_children_for_ephemerals);
  await(client_.exists("/e", true));
  other_.expire();
  EXPECT_THAT(events(), ElementsAre(event(Type::node_deleted, "/e")));
  EXPECT_EQ(other_.generation(), 2U);
}

TEST_F(FakeTest, HoldsOperationsBackWhileDisconnectedAndEndsThemWithTheSession) {
  client_.disconnect();
  auto waiting = client_.create("/a", {}, CreateMode::persistent);
  EXPECT_FALSE(tree_.has("/a"));
  client_.reconnect();
  EXPECT_EQ(await(waiting).code, ZkCode::ok);
  client_.disconnect();
  waiting = client_.create("/b", {}, CreateMode::persistent);
  client_.expire();
  EXPECT_EQ(await(waiting).code, ZkCode::session_expired);
  EXPECT_FALSE(tree_.has("/b"));
  client_.expire_unnoticed();
  EXPECT_EQ(await(client_.get("/a", false)).code, ZkCode::session_expired);
}

}  // namespace
}  // namespace samsa::zk
