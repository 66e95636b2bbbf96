#include "controller/core/requests.h"

#include <gtest/gtest.h>

namespace samsa::controller {
namespace {

const TopicPartition k_tp{"t", 0};

Replicas ids(std::initializer_list<int> raw) {
  Replicas out;
  for (const int id : raw) out.emplace_back(id);
  return out;
}

// Brokers 1 and 2 are alive, 3 is not; partition t-0 is led by 1.
Context cluster() {
  Context context;
  context.epoch = ControllerEpoch{7};
  for (const int id : {1, 2}) context.live[BrokerId{id}] = {};
  context.assignments["t"][0] = ids({1, 2, 3});
  context.leaderships[k_tp] = {.leader = BrokerId{1},
                               .leader_epoch = LeaderEpoch{5},
                               .isr = ids({1, 2}),
                               .controller_epoch = ControllerEpoch{6},
                               .zk_version = ZkVersion{9}};
  return context;
}

Result<std::optional<Leadership>> change_isr(LeaderEpoch epoch, Replicas isr) {
  return judge_isr_change(
      cluster(), BrokerId{1},
      {.tp = k_tp, .leader_epoch = epoch, .isr = std::move(isr), .zk_version = ZkVersion{8}});
}

TEST(IsrChange, IsWrittenAtTheVersionThatTheLeaderKnows) {
  const auto next = change_isr(LeaderEpoch{5}, ids({1}));
  ASSERT_TRUE(next && *next);
  EXPECT_EQ((*next)->isr, ids({1}));
  EXPECT_EQ((*next)->leader_epoch, LeaderEpoch{5});
  EXPECT_EQ((*next)->controller_epoch, ControllerEpoch{7});
  EXPECT_EQ((*next)->zk_version, ZkVersion{8});
}

TEST(IsrChange, IsNothingWhenItIsSoAlready) {
  const auto next = change_isr(LeaderEpoch{5}, ids({1, 2}));
  ASSERT_TRUE(next);
  EXPECT_FALSE(*next);
}

TEST(IsrChange, OfAnOldLeaderOrAnUnknownPartitionIsRefused) {
  EXPECT_EQ(change_isr(LeaderEpoch{4}, ids({1})).error().code, Errc::fenced_leader_epoch);
  EXPECT_EQ(judge_isr_change(cluster(), BrokerId{1}, {.tp = {"t", 1}}).error().code,
            Errc::unknown_topic_or_partition);
}

TEST(Election, IsNotNeededWhereThePreferredReplicaLeads) {
  const auto judged = judge_election(cluster(), k_tp, ElectionType::preferred);
  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().code, Errc::election_not_needed);
  EXPECT_EQ(judge_election(cluster(), k_tp, ElectionType::unclean).error().code,
            Errc::election_not_needed);
}

TEST(Election, GivesThePreferredReplicaTheLeadBack) {
  auto context = cluster();
  context.leaderships[k_tp].leader = BrokerId{2};
  const auto next = judge_election(context, k_tp, ElectionType::preferred);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->leader, BrokerId{1});
  EXPECT_EQ(next->leader_epoch, LeaderEpoch{6});
}

TEST(Election, FindsNoPreferredLeaderOutsideTheIsr) {
  auto context = cluster();
  context.leaderships[k_tp].leader = BrokerId{2};
  context.leaderships[k_tp].isr = ids({2});
  EXPECT_EQ(judge_election(context, k_tp, ElectionType::preferred).error(),
            (Error{Errc::preferred_leader_not_available,
                   "Failed to elect leader for partition t-0 under strategy "
                   "PreferredReplicaPartitionLeaderElectionStrategy"}));
}

TEST(Election, UncleanTakesAnyReplicaThatIsAlive) {
  auto context = cluster();
  context.leaderships[k_tp].leader = k_no_broker;
  context.leaderships[k_tp].isr = ids({3});
  const auto next = judge_election(context, k_tp, ElectionType::unclean);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->leader, BrokerId{1});
  EXPECT_EQ(next->isr, ids({1}));
  context.live.clear();
  EXPECT_EQ(judge_election(context, k_tp, ElectionType::unclean).error().code,
            Errc::eligible_leaders_not_available);
}

TEST(Election, KnowsOnlyPartitionsThatStay) {
  EXPECT_EQ(judge_election(cluster(), {"t", 9}, ElectionType::preferred).error(),
            (Error{Errc::unknown_topic_or_partition, "The partition does not exist."}));
  auto context = cluster();
  context.deleting.insert("t");
  EXPECT_EQ(judge_election(context, k_tp, ElectionType::preferred).error(),
            (Error{Errc::invalid_topic_exception, "The topic is being deleted"}));
}

TEST(Reassignment, IsJudgedAsKafkaDoes) {
  const auto judge = [](std::optional<Replicas> target, TopicPartition tp = k_tp) {
    return judge_reassignment(cluster(), tp, target).code;
  };
  EXPECT_EQ(judge(std::nullopt), Errc::no_reassignment_in_progress);
  EXPECT_EQ(judge(Replicas{}), Errc::invalid_replica_assignment);
  EXPECT_EQ(judge(ids({1, 1})), Errc::invalid_replica_assignment);
  EXPECT_EQ(judge(ids({-1})), Errc::invalid_replica_assignment);
  EXPECT_EQ(judge(ids({1, 4})), Errc::invalid_replica_assignment);
  EXPECT_EQ(judge(ids({1}), {"t", 9}), Errc::unknown_topic_or_partition);
}

TEST(Reassignment, IsDoneOnlyWhereTheReplicasAreThereAlready) {
  EXPECT_EQ(judge_reassignment(cluster(), k_tp, ids({1, 2, 3})), Error{Errc::none});
  EXPECT_EQ(judge_reassignment(cluster(), k_tp, ids({2, 1})).code, Errc::unknown_server_error);
}

}  // namespace
}  // namespace samsa::controller
