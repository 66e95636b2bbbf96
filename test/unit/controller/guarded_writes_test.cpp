// Many znodes written in few requests, against a ZooKeeper in memory.

#include "controller/guarded_writes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/block_on.h"
#include "zk/fake/client.h"

namespace samsa::controller {
namespace {

using zk::Op;
using zk::ZkCode;

class GuardedWritesTest : public testing::Test {
 protected:
  GuardedWritesTest() {
    loop_.start();
    client_.create("/epoch", {}, zk::CreateMode::persistent);
  }
  ~GuardedWritesTest() override { loop_.stop(); }

  GuardedWrites write(std::vector<Op> ops, int32_t guard_version = 0) {
    return runtime::block_on(
        loop_, gate_, write_guarded(client_, Op::check("/epoch", guard_version), std::move(ops)));
  }
  // As many znodes, with a child each behind all of them.
  static std::vector<Op> parents_and_children(int count) {
    std::vector<Op> ops;
    for (int i = 0; i < count; ++i) ops.push_back(Op::create("/" + std::to_string(i), {}));
    for (int i = 0; i < count; ++i) ops.push_back(Op::create("/" + std::to_string(i) + "/s", "x"));
    return ops;
  }
  static std::ptrdiff_t count(const GuardedWrites& written, ZkCode code) {
    return std::ranges::count(written.results, code, &zk::OpResult::code);
  }

  runtime::Gate gate_;
  zk::FakeTree tree_;
  runtime::EventLoop loop_{"test"};
  zk::FakeClient client_{tree_, loop_};
};

TEST_F(GuardedWritesTest, ShareRequests) {
  const size_t before = tree_.writes().size();
  const auto written = write(parents_and_children(500));
  EXPECT_FALSE(written.is_fenced);
  EXPECT_EQ(count(written, ZkCode::ok), 1000);
  EXPECT_TRUE(tree_.has("/499/s"));
  EXPECT_LE(tree_.writes().size() - before, 20U);
}

TEST_F(GuardedWritesTest, OneThatFailsLeavesTheOthersWrittenAndWhatBuildsOnThem) {
  client_.create("/7", {}, zk::CreateMode::persistent);
  client_.create("/150", {}, zk::CreateMode::persistent);
  client_.create("/150/s", "other", zk::CreateMode::persistent);
  const auto written = write(parents_and_children(200));
  EXPECT_EQ(count(written, ZkCode::ok), 397);
  for (const size_t i : {7U, 150U, 350U}) EXPECT_EQ(written.results[i].code, ZkCode::node_exists);
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(tree_.data("/" + std::to_string(i) + "/s"), i == 150 ? "other" : "x");
}

TEST_F(GuardedWritesTest, WriteNothingBehindAGuardThatDoesNotHold) {
  const auto written = write(parents_and_children(100), /*guard_version=*/1);
  EXPECT_TRUE(written.is_fenced);
  EXPECT_EQ(count(written, ZkCode::ok), 0);
  EXPECT_FALSE(tree_.has("/0"));
}

TEST_F(GuardedWritesTest, AVersionThatDoesNotMatchIsNotTheGuards) {
  client_.create("/there", "old", zk::CreateMode::persistent);
  const auto written = write({Op::set("/there", "new", 3), Op::create("/here", {})});
  EXPECT_FALSE(written.is_fenced);
  EXPECT_EQ(written.results[0].code, ZkCode::bad_version);
  EXPECT_EQ(written.results[1].code, ZkCode::ok);
  EXPECT_EQ(tree_.data("/there"), "old");
}

TEST_F(GuardedWritesTest, TellTheVersionsThatTheySet) {
  client_.create("/there", "old", zk::CreateMode::persistent);
  const auto written = write({Op::create("/here", {}), Op::set("/there", "new", 0)});
  EXPECT_EQ(written.results[1].stat.version, 1);
}

TEST_F(GuardedWritesTest, AfterALostAnswerSayWhatIsThere) {
  client_.lose_answer_for("/1/s");
  const auto written = write(parents_and_children(2));
  EXPECT_EQ(count(written, ZkCode::node_exists), 4);
}

TEST_F(GuardedWritesTest, AreSentAgainWhenTheyAreLostWithWhatBuildsOnThem) {
  client_.lose_requests_for("/1", 3);
  const auto written = write(parents_and_children(3));
  EXPECT_EQ(count(written, ZkCode::ok), 6);
  EXPECT_EQ(tree_.data("/1/s"), "x");
}

}  // namespace
}  // namespace samsa::controller
