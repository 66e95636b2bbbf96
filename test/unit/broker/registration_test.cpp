// A broker's place in the cluster, against a ZooKeeper in memory.

#include "broker/registration.h"

#include <gmock/gmock.h>

#include <future>

#include "zk/fake/client.h"
#include "zk/schema/brokers.h"

namespace samsa::broker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

constexpr milliseconds k_patience{10000}, k_no_patience{0};

class RegistrationTest : public testing::Test {
 protected:
  RegistrationTest() { loop_.start(); }
  ~RegistrationTest() override { loop_.stop(); }

  template <class T>
  static runtime::Task<void> into(runtime::Task<T> task, std::promise<T>* to) {
    to->set_value(co_await std::move(task));
  }
  template <class T>
  T run(runtime::Task<T> task) {
    std::promise<T> result;
    runtime::spawn(loop_, "test", gate_, into(std::move(task), &result));
    return result.get_future().get();
  }
  void prepare() { ASSERT_TRUE(run(enter_cluster(client_))); }
  static config::BrokerConfig config_of(std::map<std::string, std::string> own) {
    own.insert({"zookeeper.connect", "zk:2181"});
    config::Properties properties;
    for (auto& [key, value] : own) properties[key] = value;
    auto config = config::BrokerConfig::from(properties);
    CHECK(config) << config.error();
    return std::move(*config);
  }

  zk::FakeTree tree_;
  runtime::EventLoop loop_{"test"};
  runtime::Gate gate_;
  zk::FakeClient client_{tree_, loop_}, other_{tree_, loop_};
};

TEST_F(RegistrationTest, MakesThePersistentPathsInKafkasOrderAndLeavesThoseThatAreThere) {
  const std::vector<std::string> writes = {
      "create /consumers null",
      "create /brokers null",
      "create /brokers/ids null",
      "create /brokers/topics null",
      "create /config null",
      "create /config/changes null",
      "create /admin null",
      "create /admin/delete_topics null",
      "create /brokers/seqid null",
      "create /isr_change_notification null",
      "create /latest_producer_id_block null",
      "create /log_dir_event_notification null",
      "create /config/topics null",
      "create /config/clients null",
      "create /config/users null",
      "create /config/brokers null",
      "create /cluster null",
  };
  prepare();
  auto made = tree_.writes();
  ASSERT_FALSE(made.empty());
  EXPECT_THAT(made.back(), StartsWith("create /cluster/id "));
  made.pop_back();
  EXPECT_EQ(made, writes);
  prepare();
  EXPECT_EQ(tree_.writes().size(), writes.size() + 1);
}

TEST_F(RegistrationTest, GivesANewClusterAnIdAndKeepsThatOfAnOldOne) {
  prepare();
  const auto made = run(enter_cluster(client_));
  ASSERT_TRUE(made);
  EXPECT_THAT(*made, MatchesRegex("[A-Za-z0-9_-]{22}"));
  EXPECT_EQ(tree_.data("/cluster/id"), R"({"version":"1","id":")" + *made + "\"}");
  const auto known = run(enter_cluster(other_));
  ASSERT_TRUE(known);
  EXPECT_EQ(*known, *made);
}

TEST_F(RegistrationTest, DrawsBrokerIdsAboveTheReservedOnes) {
  prepare();
  for (const int32_t expected : {1001, 1002, 1003}) {
    const auto id = run(generate_broker_id(client_, 1000));
    ASSERT_TRUE(id);
    EXPECT_EQ(id->value(), expected);
  }
  EXPECT_EQ(tree_.data("/brokers/seqid"), "");
}

TEST_F(RegistrationTest, RegistersByOneMultiWhoseZxidIsTheBrokerEpoch) {
  prepare();
  const auto epoch = run(register_broker(client_, BrokerId{7}, "me", k_patience));
  ASSERT_TRUE(epoch);
  EXPECT_EQ(tree_.writes().back(), "create -e /brokers/ids/7 null; set /brokers/ids/7 me");
  EXPECT_EQ(client_.session_id(), tree_.get(1, "/brokers/ids/7", false).value.stat.ephemeral_owner);
  EXPECT_EQ(epoch->value(), tree_.get(1, "/brokers/ids/7", false).value.stat.czxid);
}

TEST_F(RegistrationTest, KnowsItsOwnRegistrationWhoseAnswerWasLost) {
  prepare();
  client_.lose_answer_for("/brokers/ids/7");
  const auto epoch = run(register_broker(client_, BrokerId{7}, "me", k_patience));
  ASSERT_TRUE(epoch);
  EXPECT_EQ(epoch->value(), tree_.get(1, "/brokers/ids/7", false).value.stat.czxid);
}

TEST_F(RegistrationTest, WaitsForTheSessionOfItsFormerLifeToEnd) {
  prepare();
  const auto former = run(register_broker(other_, BrokerId{7}, "me, before", k_patience));
  ASSERT_TRUE(former);
  loop_.call_after(milliseconds{100}, [this] { other_.close(); });
  const auto epoch = run(register_broker(client_, BrokerId{7}, "me", k_patience));
  ASSERT_TRUE(epoch) << epoch.error();
  EXPECT_GT(*epoch, *former);
  EXPECT_EQ(tree_.data("/brokers/ids/7"), "me");
}

TEST_F(RegistrationTest, RemovesWhatAServerHasKeptOfItsExpiredSession) {
  prepare();
  ASSERT_TRUE(run(register_broker(other_, BrokerId{7}, "me, before", k_patience)));
  const auto epoch =
      run(register_broker(client_, BrokerId{7}, "me", k_patience, other_.session_id()));
  ASSERT_TRUE(epoch) << epoch.error();
  EXPECT_EQ(tree_.data("/brokers/ids/7"), "me");
}

TEST_F(RegistrationTest, NamesTheBrokerThatHoldsTheId) {
  prepare();
  ASSERT_TRUE(run(register_broker(other_, BrokerId{7}, "somebody", k_patience)));
  const auto refused = run(register_broker(client_, BrokerId{7}, "me", k_no_patience));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("/brokers/ids/7"));
  EXPECT_THAT(refused.error().message, HasSubstr("somebody"));
  EXPECT_THAT(refused.error().message, HasSubstr("broker.id"));
}

TEST_F(RegistrationTest, RegistersInTheSessionThatFollowsOneThatExpiredMeanwhile) {
  prepare();
  client_.expire_unnoticed();
  loop_.call_after(milliseconds{50}, [this] { client_.expire(); });
  const auto epoch = run(register_broker(client_, BrokerId{7}, "me", k_patience));
  ASSERT_TRUE(epoch) << epoch.error();
  EXPECT_EQ(client_.session_id(), tree_.get(2, "/brokers/ids/7", false).value.stat.ephemeral_owner);
}

TEST_F(RegistrationTest, TellsOfEveryListenerAsAdvertised) {
  const auto config =
      config_of({{"listeners", "INSIDE://:0,OUTSIDE://0.0.0.0:9094"},
                 {"advertised.listeners", "INSIDE://inner:0,OUTSIDE://outer.example:19094"},
                 {"listener.security.protocol.map", "INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT"},
                 {"inter.broker.listener.name", "INSIDE"},
                 {"broker.rack", "r1"}});
  EXPECT_EQ(registration_of(config, {{"INSIDE", 4711}, {"OUTSIDE", 9094}}, 1600000000000),
            R"({"features":{},"listener_security_protocol_map":{"INSIDE":"PLAINTEXT",)"
            R"("OUTSIDE":"PLAINTEXT"},"endpoints":["INSIDE://inner:4711",)"
            R"("OUTSIDE://outer.example:19094"],"rack":"r1","jmx_port":-1,"port":4711,)"
            R"("host":"inner","version":5,"timestamp":"1600000000000"})");
}

}  // namespace
}  // namespace samsa::broker
