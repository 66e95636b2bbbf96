// The controller against a ZooKeeper in memory and brokers that only take orders.

#include "controller/controller.h"

#include <gmock/gmock.h>

#include <thread>

#include "fake_broker.h"
#include "runtime/block_on.h"
#include "zk/fake/client.h"
#include "zk/schema/brokers.h"
#include "zk/schema/topics.h"

namespace samsa::controller {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::chrono::seconds k_patience{10};

runtime::Task<bool> is_unclean(std::string topic) { co_return topic == "unclean"; }

// A broker with its session and its candidate for the office.
struct Node {
  Node(zk::FakeTree& tree, int32_t id, bool delete_topic_enable = true)
      : broker(BrokerId{id}), client(tree, loop) {
    loop.start();
    Options options{.broker_id = BrokerId{id},
                    .inter_broker_listener = "PLAINTEXT",
                    .delete_topic_enable = delete_topic_enable};
    options.unclean_election_allowed = is_unclean;
    controller = std::make_unique<Controller>(std::move(options), client, loop, Clock::system());
    client.set_listener([this](const zk::WatchEvent& event) { controller->on_event(event); });
  }
  ~Node() {
    controller->stop();
    client.close();
    loop.stop();
  }

  void register_broker() {
    const zk::BrokerZnode znode{
        .endpoints = {{"PLAINTEXT", "PLAINTEXT", "127.0.0.1", broker.port()}}};
    client.create(zk::broker_path(broker.id()), znode.encode(), zk::CreateMode::ephemeral);
  }
  void start() {
    register_broker();
    controller->start();
  }
  // As a broker that saw the vacancy before it registered.
  void start_into(std::optional<Vacancy> vacancy) {
    register_broker();
    controller->start(std::move(vacancy));
  }
  std::optional<Vacancy> look() { return runtime::block_on(loop, gate, look_for_vacancy(client)); }
  // As a broker that finds its session expired: registers again and runs again.
  void come_back() {
    register_broker();
    controller->stand_again();
  }

  FakeBroker broker;
  runtime::Gate gate;  // outlives what runs on the loop
  runtime::EventLoop loop{"controller"};
  zk::FakeClient client;
  std::unique_ptr<Controller> controller;
};

class ControllerTest : public testing::Test {
 protected:
  ControllerTest() : admin_(tree_, admin_loop_) {
    admin_loop_.start();
    for (const auto path : zk::persistent_paths()) put(std::string(path), {});
  }
  ~ControllerTest() override { admin_loop_.stop(); }

  void put(const std::string& path, const std::string& data) {
    admin_.create(path, data, zk::CreateMode::persistent);
  }
  void create_topic(const std::string& name, const std::string& partitions) {
    put(zk::topic_path(name), R"({"version":2,"partitions":{)" + partitions +
                                  R"(},"adding_replicas":{},"removing_replicas":{}})");
  }
  static std::string state(int epoch, int leader, int leader_epoch, const std::string& isr) {
    return R"({"controller_epoch":)" + std::to_string(epoch) + R"(,"leader":)" +
           std::to_string(leader) + R"(,"version":1,"leader_epoch":)" +
           std::to_string(leader_epoch) + R"(,"isr":[)" + isr + "]}";
  }
  template <class F>
  static bool await(F condition) {
    const auto deadline = std::chrono::steady_clock::now() + k_patience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(milliseconds{1});
    }
    return true;
  }
  // Waits for the data of a znode; gives the last that was there.
  std::string become(const std::string& path, const std::string& wanted) {
    await([&] { return tree_.data(path) == wanted; });
    return tree_.data(path);
  }
  bool is_elected(const Node& node, const std::string& epoch) {
    return await(
        [&] { return node.controller->is_active() && tree_.data("/controller_epoch") == epoch; });
  }

  // Broker 2 has all that there is of t-0, and its session ends.
  void lose_the_only_replica(Node& controller, Node& other);

  zk::FakeTree tree_;
  runtime::EventLoop admin_loop_{"admin"};
  zk::FakeClient admin_;
};

#define EXPECT_STATE(tp, ...) \
  EXPECT_EQ(become(zk::partition_state_path(tp), state(__VA_ARGS__)), state(__VA_ARGS__))

void ControllerTest::lose_the_only_replica(Node& controller, Node& other) {
  controller.start();
  ASSERT_TRUE(is_elected(controller, "1"));
  other.start();
  ASSERT_TRUE(other.broker.knows_brokers("1,2"));
  create_topic("t", R"("0":[2])");
  EXPECT_STATE((TopicPartition{"t", 0}), 1, 2, 0, "2");
  other.client.expire();
  EXPECT_STATE((TopicPartition{"t", 0}), 1, -1, 1, "2");
}

TEST_F(ControllerTest, IsElectedByOneMultiThatRaisesTheEpoch) {
  Node one(tree_, 1);
  one.start();
  ASSERT_TRUE(is_elected(one, "1"));
  ASSERT_TRUE(await([&] { return tree_.has("/feature"); }));
  const auto writes = tree_.writes();
  const auto first = std::ranges::find(writes, "create /controller_epoch 0");
  ASSERT_LT(first + 2, writes.end());
  EXPECT_THAT(first[1],
              AllOf(StartsWith(R"(create -e /controller {"version":1,"brokerid":1,"timestamp":")"),
                    EndsWith(R"("}; set /controller_epoch 1)")));
  EXPECT_EQ(first[2], R"(create /feature {"features":{},"version":1,"status":1})");
}

TEST_F(ControllerTest, FollowsAVacancyThatWasSeenBeforeWithTheNextEpoch) {
  {
    Node one(tree_, 1);
    const auto first = one.look();
    ASSERT_TRUE(first);
    one.start_into(first);
    ASSERT_TRUE(is_elected(one, "1"));
    ASSERT_TRUE(one.broker.knows_brokers("1"));
    EXPECT_FALSE(one.look());
  }
  Node two(tree_, 2);
  const auto second = two.look();
  ASSERT_TRUE(second);
  two.start_into(second);
  EXPECT_TRUE(is_elected(two, "2"));
}

TEST_F(ControllerTest, AVacancyThatIsNoneAnyMoreIsLeftToItsHolder) {
  Node one(tree_, 1), two(tree_, 2);
  const auto seen = two.look();
  ASSERT_TRUE(seen);
  one.start();
  ASSERT_TRUE(is_elected(one, "1"));
  two.start_into(seen);
  EXPECT_TRUE(two.broker.knows_brokers("1,2"));
  EXPECT_FALSE(two.controller->is_active());
  EXPECT_EQ(tree_.data("/controller_epoch"), "1");
}

TEST_F(ControllerTest, AnEpochThatWasRaisedSinceTheVacancyIsReadAgain) {
  Node two(tree_, 2);
  const auto seen = two.look();
  {
    Node one(tree_, 1);
    one.start();
    ASSERT_TRUE(is_elected(one, "1"));
  }
  two.start_into(seen);
  two.controller->stand_again();
  EXPECT_TRUE(is_elected(two, "2"));
}

TEST_F(ControllerTest, GivesUpAnOfficeThatItWonWhileItsBrokerWasRefused) {
  Node former(tree_, 1), refused(tree_, 1);
  former.register_broker();
  refused.controller->start(refused.look());
  ASSERT_TRUE(await([&] { return tree_.data("/controller_epoch") == "1"; }));
  ASSERT_TRUE(await([&] { return !tree_.has("/controller"); }));
  EXPECT_FALSE(refused.controller->is_active());
  former.controller->start();
  EXPECT_TRUE(is_elected(former, "2"));
}

TEST_F(ControllerTest, StandsAgainWhenItsBrokerHasRegisteredAfterAll) {
  Node one(tree_, 1);
  one.controller->start(one.look());
  ASSERT_TRUE(
      await([&] { return tree_.data("/controller_epoch") == "1" && !tree_.has("/controller"); }));
  one.register_broker();
  one.controller->stand_again();
  EXPECT_TRUE(is_elected(one, "2"));
  EXPECT_TRUE(one.broker.knows_brokers("1"));
}

TEST_F(ControllerTest, OfTwoCandidatesOneIsElected) {
  Node one(tree_, 1), two(tree_, 2);
  one.start();
  two.start();
  ASSERT_TRUE(await([&] { return one.controller->is_active() || two.controller->is_active(); }));
  ASSERT_TRUE(one.broker.knows_brokers("1,2"));
  EXPECT_NE(one.controller->is_active(), two.controller->is_active());
  EXPECT_EQ(tree_.data("/controller_epoch"), "1");
}

TEST_F(ControllerTest, MakesATopicThatAppearsInKafkasOrderOfWrites) {
  Node one(tree_, 1), two(tree_, 2);
  one.start();
  ASSERT_TRUE(is_elected(one, "1"));
  two.start();
  ASSERT_TRUE(two.broker.knows_brokers("1,2"));
  const size_t before = tree_.writes().size();
  create_topic("t", R"("0":[1,2],"1":[2,1])");
  EXPECT_TRUE(one.broker.is_told({"t", 0}, "leader 1 epoch 0 isr 1,2"));
  EXPECT_TRUE(two.broker.is_told({"t", 1}, "leader 2 epoch 0 isr 2,1"));
  auto writes = tree_.writes();
  writes.erase(writes.begin(), writes.begin() + static_cast<std::ptrdiff_t>(before) + 1);
  EXPECT_THAT(writes,
              ElementsAre("check /controller_epoch; create /brokers/topics/t/partitions null; "
                          "create /brokers/topics/t/partitions/0 null; "
                          "create /brokers/topics/t/partitions/1 null; "
                          "create /brokers/topics/t/partitions/0/state " +
                          state(1, 1, 0, "1,2") + "; create /brokers/topics/t/partitions/1/state " +
                          state(1, 2, 0, "2,1")));
}

TEST_F(ControllerTest, LeadsAddedPartitionsToo) {
  Node one(tree_, 1);
  one.start();
  create_topic("t", R"("0":[1])");
  EXPECT_STATE((TopicPartition{"t", 0}), 1, 1, 0, "1");
  admin_.set(zk::topic_path("t"), R"({"version":1,"partitions":{"0":[1],"1":[1]}})",
             zk::k_any_version);
  EXPECT_STATE((TopicPartition{"t", 1}), 1, 1, 0, "1");
}

TEST_F(ControllerTest, RunsAgainWithAHigherEpochWhenItsZnodeIsDeleted) {
  Node one(tree_, 1);
  one.start();
  ASSERT_TRUE(is_elected(one, "1"));
  for (const char* epoch : {"2", "3", "4"}) {
    admin_.remove("/controller", zk::k_any_version);
    ASSERT_TRUE(is_elected(one, epoch)) << epoch;
    ASSERT_TRUE(await([&] { return tree_.has("/controller"); }));
  }
  create_topic("t", R"("0":[1])");
  EXPECT_STATE((TopicPartition{"t", 0}), 4, 1, 0, "1");
}

TEST_F(ControllerTest, GivesUpWhenSomebodyElseHoldsTheOffice) {
  Node one(tree_, 1);
  one.start();
  ASSERT_TRUE(is_elected(one, "1"));
  Node two(tree_, 2);
  two.start();
  ASSERT_TRUE(two.broker.knows_brokers("1,2"));
  one.client.expire_unnoticed();
  ASSERT_TRUE(is_elected(two, "2"));
  // It still believes in its office, but its epoch fences every write.
  one.client.expire();
  EXPECT_TRUE(await([&] { return !one.controller->is_active(); }));
  one.come_back();
  EXPECT_TRUE(two.broker.knows_brokers("1,2"));
  EXPECT_FALSE(one.controller->is_active());
}

TEST_F(ControllerTest, TakesItsOfficeWhenOnlyTheAnswerToItsElectionWasLost) {
  Node one(tree_, 1);
  one.client.lose_answer_for("/controller");
  one.start();
  ASSERT_TRUE(await([&] { return one.controller->is_active(); }));
  create_topic("t", R"("0":[1])");
  EXPECT_TRUE(one.broker.is_told({"t", 0}, "leader 1 epoch 0 isr 1"));
}

TEST_F(ControllerTest, LeadsAPartitionWhenOnlyTheAnswerToItsStateWasLost) {
  Node one(tree_, 1);
  one.start();
  ASSERT_TRUE(is_elected(one, "1"));
  one.client.lose_answer_for(zk::partition_state_path({"t", 1}));
  create_topic("t", R"("0":[1],"1":[1])");
  EXPECT_TRUE(one.broker.is_told({"t", 0}, "leader 1 epoch 0 isr 1"));
  EXPECT_TRUE(one.broker.is_told({"t", 1}, "leader 1 epoch 0 isr 1"));
}

TEST_F(ControllerTest, ElectsAgainWhenTheFirstStatesOfAPartitionWereLostOnTheirWay) {
  Node one(tree_, 1);
  one.start();
  ASSERT_TRUE(is_elected(one, "1"));
  one.client.lose_requests_for(zk::partition_state_path({"t", 0}), 2);
  create_topic("t", R"("0":[1])");
  EXPECT_TRUE(one.broker.is_told({"t", 0}, "leader 1 epoch 0 isr 1"));
}

TEST_F(ControllerTest, ElectsAgainWhereTheStateHadChangedMeanwhile) {
  Node one(tree_, 1);
  one.start();
  ASSERT_TRUE(is_elected(one, "1"));
  {
    Node two(tree_, 2);
    two.start();
    ASSERT_TRUE(two.broker.knows_brokers("1,2"));
    create_topic("t", R"("0":[2,1])");
    ASSERT_TRUE(one.broker.is_told({"t", 0}, "leader 2 epoch 0 isr 2,1"));
    admin_.set(zk::partition_state_path({"t", 0}), state(1, 2, 5, "2,1"), zk::k_any_version);
  }
  EXPECT_STATE((TopicPartition{"t", 0}), 1, 1, 6, "1");
}

TEST_F(ControllerTest, ABrokerThatStopsHearsOfWhatItStillLeads) {
  Node one(tree_, 1), two(tree_, 2);
  one.start();
  ASSERT_TRUE(is_elected(one, "1"));
  two.start();
  ASSERT_TRUE(two.broker.knows_brokers("1,2"));
  create_topic("t", R"("0":[2,1])");
  ASSERT_TRUE(one.broker.is_told({"t", 0}, "leader 2 epoch 0 isr 2,1"));
  admin_.set(zk::partition_state_path({"t", 0}), state(1, 2, 0, "2,1,3"), zk::k_any_version);
  const auto left =
      runtime::block_on(one.loop, one.gate, one.controller->controlled_shutdown(BrokerId{2}, -1));
  ASSERT_TRUE(left);
  EXPECT_THAT(*left, ElementsAre(TopicPartition{"t", 0}));
}

TEST_F(ControllerTest, ElectsInSyncReplicasWhenABrokerDies) {
  Node one(tree_, 1), three(tree_, 3);
  one.start();
  ASSERT_TRUE(is_elected(one, "1"));
  {
    Node two(tree_, 2);
    two.start();
    three.start();
    ASSERT_TRUE(three.broker.knows_brokers("1,2,3"));
    create_topic("t", R"("0":[2,1,3],"1":[1,2],"2":[2],"3":[3,1])");
    create_topic("unclean", R"("0":[2])");
    EXPECT_STATE((TopicPartition{"t", 0}), 1, 2, 0, "2,1,3");
    EXPECT_STATE((TopicPartition{"t", 3}), 1, 3, 0, "3,1");
    EXPECT_STATE((TopicPartition{"unclean", 0}), 1, 2, 0, "2");
  }
  EXPECT_STATE((TopicPartition{"t", 0}), 1, 1, 1, "1,3");  // the next in sync leads
  EXPECT_STATE((TopicPartition{"t", 1}), 1, 1, 1, "1");    // the follower leaves the ISR
  EXPECT_STATE((TopicPartition{"t", 2}), 1, -1, 1, "2");   // nobody may lead
  EXPECT_STATE((TopicPartition{"t", 3}), 1, 3, 0, "3,1");  // not concerned
  EXPECT_TRUE(three.broker.is_told({"t", 0}, "leader 1 epoch 1 isr 1,3"));
  EXPECT_TRUE(three.broker.knows_brokers("1,3"));
}

// KIP-112: the broker lives on, and its other directories with it.
TEST_F(ControllerTest, ReplicasInAFailedLogDirectoryAreOfflineThoughTheirBrokerIsNot) {
  Node one(tree_, 1), two(tree_, 2);
  one.start();
  ASSERT_TRUE(is_elected(one, "1"));
  two.start();
  ASSERT_TRUE(two.broker.knows_brokers("1,2"));
  create_topic("t", R"("0":[2,1],"1":[1,2],"2":[2],"3":[2,1])");
  EXPECT_STATE((TopicPartition{"t", 3}), 1, 2, 0, "2,1");
  EXPECT_TRUE(two.broker.is_told({"t", 3}, "leader 2 epoch 0 isr 2,1"));
  for (int32_t lost : {0, 1, 2}) two.broker.lose({"t", lost});
  admin_.create("/log_dir_event_notification/log_dir_event_",
                R"({"version":1,"broker":2,"event":1})", zk::CreateMode::persistent_sequential);
  EXPECT_STATE((TopicPartition{"t", 0}), 1, 1, 1, "1");    // the next in sync leads
  EXPECT_STATE((TopicPartition{"t", 1}), 1, 1, 1, "1");    // the follower leaves the ISR
  EXPECT_STATE((TopicPartition{"t", 2}), 1, -1, 1, "2");   // nobody may lead
  EXPECT_STATE((TopicPartition{"t", 3}), 1, 2, 0, "2,1");  // in another directory
  for (int32_t lost : {0, 1, 2}) EXPECT_TRUE(one.broker.knows_offline({"t", lost}, "2")) << lost;
  EXPECT_TRUE(one.broker.knows_offline({"t", 3}, ""));
  EXPECT_TRUE(
      await([&] { return !tree_.has("/log_dir_event_notification/log_dir_event_0000000000"); }));
  EXPECT_TRUE(await([&] { return one.broker.is_told({"t", 1}, "leader 1 epoch 1 isr 1"); }));
}

TEST_F(ControllerTest, AskedWhenItComesABrokerMayHaveLostADirectoryWhileItWasAway) {
  Node one(tree_, 1), two(tree_, 2);
  lose_the_only_replica(one, two);
  two.broker.lose({"t", 0});
  two.come_back();
  EXPECT_STATE((TopicPartition{"t", 0}), 1, -1, 3, "2");  // elected first, and found to be offline
  EXPECT_TRUE(one.broker.knows_offline({"t", 0}, "2"));
}

TEST_F(ControllerTest, ANewControllerDropsNotificationsToTheFormerOne) {
  put("/log_dir_event_notification/log_dir_event_0000000007",
      R"({"version":1,"broker":2,"event":1})");
  Node one(tree_, 1);
  one.start();
  ASSERT_TRUE(is_elected(one, "1"));
  EXPECT_TRUE(
      await([&] { return !tree_.has("/log_dir_event_notification/log_dir_event_0000000007"); }));
}

TEST_F(ControllerTest, LeadsOfflinePartitionsAgainWhenTheirBrokerReturns) {
  Node one(tree_, 1), two(tree_, 2);
  lose_the_only_replica(one, two);
  two.come_back();
  EXPECT_STATE((TopicPartition{"t", 0}), 1, 2, 2, "2");
  EXPECT_TRUE(two.broker.is_told({"t", 0}, "leader 2 epoch 2 isr 2"));
}

TEST_F(ControllerTest, ReadsTheClustersStateWhenItTakesOver) {
  put("/controller_epoch", "41");
  create_topic("t", R"("0":[2,1],"1":[1])");
  for (const char* path : {"/partitions", "/partitions/0", "/partitions/1"})
    put(zk::topic_path("t") + path, {});
  put(zk::partition_state_path({"t", 0}), state(41, 2, 7, "2,1"));
  put(zk::partition_state_path({"t", 1}), state(41, 1, 3, "1"));
  Node one(tree_, 1);
  one.start();
  ASSERT_TRUE(is_elected(one, "42"));
  EXPECT_TRUE(one.broker.is_told({"t", 1}, "leader 1 epoch 3 isr 1"));
  EXPECT_STATE((TopicPartition{"t", 0}), 42, 1, 8, "1");  // its leader died with the controller
  EXPECT_TRUE(one.broker.is_told({"t", 0}, "leader 1 epoch 8 isr 1"));
  EXPECT_EQ(one.broker.controller_epoch(), 42);
}

TEST_F(ControllerTest, DeletesATopicInKafkasOrderOfWrites) {
  Node one(tree_, 1);
  one.start();
  ASSERT_TRUE(is_elected(one, "1"));
  put("/config/topics/t", R"({"version":1,"config":{}})");
  create_topic("t", R"("0":[1],"1":[1])");
  EXPECT_STATE((TopicPartition{"t", 1}), 1, 1, 0, "1");
  ASSERT_TRUE(one.broker.is_told({"t", 1}, "leader 1 epoch 0 isr 1"));
  const size_t before = tree_.writes().size();
  put("/admin/delete_topics/t", {});
  EXPECT_TRUE(one.broker.was_told_to_delete({"t", 0}));
  ASSERT_TRUE(await([&] { return !tree_.has("/admin/delete_topics/t"); }));
  auto writes = tree_.writes();
  writes.erase(writes.begin(), writes.begin() + static_cast<std::ptrdiff_t>(before) + 1);
  const std::string t = "; delete /brokers/topics/t";
  EXPECT_THAT(writes, ElementsAre("check /controller_epoch" + t + "/partitions/0/state" + t +
                                  "/partitions/0" + t + "/partitions/1/state" + t +
                                  "/partitions/1" + t + "/partitions" + t +
                                  "; delete /config/topics/t; delete /admin/delete_topics/t"));
}

TEST_F(ControllerTest, DropsRequestsToDeleteWhatIsNotThereOrMustStay) {
  put("/admin/delete_topics/nothing", {});
  Node one(tree_, 1, /*delete_topic_enable=*/false);
  one.start();
  create_topic("t", R"("0":[1])");
  EXPECT_STATE((TopicPartition{"t", 0}), 1, 1, 0, "1");
  put("/admin/delete_topics/t", {});
  EXPECT_TRUE(await([&] {
    return !tree_.has("/admin/delete_topics/t") && !tree_.has("/admin/delete_topics/nothing");
  }));
  EXPECT_TRUE(tree_.has("/brokers/topics/t"));
}

TEST_F(ControllerTest, FinishesADeletionThatItsPredecessorBegan) {
  create_topic("t", R"("0":[1])");
  put("/brokers/topics/t/partitions", {});
  put("/admin/delete_topics/t", {});
  Node one(tree_, 1);
  one.start();
  EXPECT_TRUE(await([&] { return !tree_.has("/admin/delete_topics/t"); }));
  EXPECT_FALSE(tree_.has("/brokers/topics/t"));
  EXPECT_THAT(tree_.writes(), Not(Contains(HasSubstr("create /brokers/topics/t/partitions/0"))));
}

TEST_F(ControllerTest, FinishesADeletionWhoseRequestsWereLost) {
  Node one(tree_, 1);
  one.start();
  create_topic("t", R"("0":[1])");
  EXPECT_STATE((TopicPartition{"t", 0}), 1, 1, 0, "1");
  one.client.lose_requests_for("/admin/delete_topics/t", 2);
  put("/admin/delete_topics/t", {});
  EXPECT_TRUE(await([&] { return !tree_.has("/admin/delete_topics/t"); }));
  EXPECT_FALSE(tree_.has("/brokers/topics/t"));
}

TEST_F(ControllerTest, MakesATopicOfTheSameNameAnewAfterItsDeletion) {
  Node one(tree_, 1);
  one.start();
  for (int round = 0; round < 3; ++round) {
    create_topic("t", R"("0":[1])");
    EXPECT_STATE((TopicPartition{"t", 0}), 1, 1, 0, "1");
    put("/admin/delete_topics/t", {});
    ASSERT_TRUE(await([&] { return !tree_.has("/admin/delete_topics/t"); }));
  }
}

TEST_F(ControllerTest, HoldsItsOfficeOverAClusterWhoseTopicsWereRemovedByHand) {
  admin_.remove("/brokers/topics", zk::k_any_version);
  Node one(tree_, 1);
  one.start();
  EXPECT_TRUE(is_elected(one, "1"));
}

TEST_F(ControllerTest, IgnoresZnodesThatItCannotRead) {
  put("/brokers/topics/broken", "not json");
  put("/brokers/ids/9", "{}");
  Node one(tree_, 1);
  one.start();
  create_topic("t", R"("0":[1])");
  EXPECT_STATE((TopicPartition{"t", 0}), 1, 1, 0, "1");
}

}  // namespace
}  // namespace samsa::controller
