#include "admin/partitions.h"

#include <gtest/gtest.h>

namespace samsa::admin {
namespace {

std::vector<BrokerId> ids(std::initializer_list<int> raw) {
  std::vector<BrokerId> out;
  for (const int id : raw) out.emplace_back(id);
  return out;
}

const zk::TopicZnode k_two_partitions{.replicas = {{0, ids({2, 1})}, {1, ids({3, 2})}}};
const auto k_brokers = ids({1, 2, 3});

Error refusal(const MorePartitions& asked, const zk::TopicZnode& topic = k_two_partitions) {
  const auto plan = plan_more_partitions(asked, topic, k_brokers);
  return plan ? Error{Errc::none} : plan.error();
}

TEST(MorePartitions, ContinueTheSpreadFromTheFirstPartitionsLeader) {
  // A cluster of Kafka 2.7.0 did this to a topic of three partitions.
  const zk::TopicZnode three{
      .replicas = {{0, ids({2, 1})}, {1, ids({3, 2})}, {2, ids({1, 3})}}};
  const auto plan = plan_more_partitions({.topic = "t2", .count = 4}, three, k_brokers);
  ASSERT_TRUE(plan);
  EXPECT_EQ(*plan, (Assignment{{3, ids({2, 3})}}));
}

TEST(MorePartitions, KeepTheReplicationFactorOfTheFirst) {
  const zk::TopicZnode wide{.replicas = {{0, ids({1, 2, 3, 4})}}};
  EXPECT_EQ(refusal({.topic = "t", .count = 2}, wide),
            (Error{Errc::invalid_replication_factor,
                   "Replication factor: 4 larger than available brokers: 3."}));
}

TEST(MorePartitions, AreNeverFewerOrAsManyAsBefore) {
  EXPECT_EQ(refusal({.topic = "t", .count = 1}),
            (Error{Errc::invalid_partitions,
                   "Topic currently has 2 partitions, which is higher than the requested 1."}));
  EXPECT_EQ(refusal({.topic = "t", .count = 2}),
            (Error{Errc::invalid_partitions, "Topic already has 2 partitions."}));
}

TEST(MorePartitions, WaitForAReassignmentToEnd) {
  auto moving = k_two_partitions;
  moving.adding[0] = ids({3});
  EXPECT_EQ(refusal({.topic = "t", .count = 3}, moving),
            (Error{Errc::reassignment_in_progress,
                   "A partition reassignment is in progress for the topic 't'."}));
}

TEST(MorePartitions, TakeTheGivenReplicas) {
  const auto plan =
      plan_more_partitions({.topic = "t", .count = 4, .assignments = {{ids({1, 2}), ids({3, 1})}}},
                           k_two_partitions, k_brokers);
  ASSERT_TRUE(plan);
  EXPECT_EQ(*plan, (Assignment{{2, ids({1, 2})}, {3, ids({3, 1})}}));
}

TEST(MorePartitions, RefuseGivenReplicasThatCannotBe) {
  const auto given = [](int32_t count, std::vector<std::vector<BrokerId>> assignments) {
    return refusal({.topic = "t", .count = count, .assignments = std::move(assignments)});
  };
  EXPECT_EQ(given(3, {ids({9, 1, 8})}), (Error{Errc::invalid_replica_assignment,
                                               "Unknown broker(s) in replica assignment: 9, 8."}));
  EXPECT_EQ(given(4, {ids({1, 2})}),
            (Error{Errc::invalid_replica_assignment,
                   "Increasing the number of partitions by 2 but 1 assignments provided."}));
  EXPECT_EQ(given(3, {{}}), (Error{Errc::invalid_replica_assignment,
                                   "Cannot have replication factor of 0 for partition id 2."}));
  EXPECT_EQ(given(3, {ids({1, 1})}),
            (Error{Errc::invalid_replica_assignment,
                   "Duplicate brokers not allowed in replica assignment: 1, 1 for partition id "
                   "2."}));
  EXPECT_EQ(given(4, {ids({1}), ids({1, 2, 3})}),
            (Error{Errc::invalid_replica_assignment,
                   "Inconsistent replication factor between partitions, partition 0 has 2 while "
                   "partitions [2, 3] have replication factors [1, 3], respectively."}));
}

}  // namespace
}  // namespace samsa::admin
