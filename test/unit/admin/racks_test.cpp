#include "admin/racks.h"

#include <gtest/gtest.h>

#include <set>

namespace samsa::admin {
namespace {

std::vector<Candidate> six_in_three_racks() {
  return {{BrokerId{0}, "a"}, {BrokerId{1}, "b"}, {BrokerId{2}, "c"},
          {BrokerId{3}, "a"}, {BrokerId{4}, "b"}, {BrokerId{5}, "c"}};
}

TEST(Racks, TakeTurnsByName) {
  const std::vector<Candidate> brokers{
      {BrokerId{0}, "b"}, {BrokerId{1}, "b"}, {BrokerId{2}, "a"}, {BrokerId{3}, "b"}};
  EXPECT_EQ(alternate_racks(brokers),
            (std::vector<BrokerId>{BrokerId{2}, BrokerId{0}, BrokerId{1}, BrokerId{3}}));
}

// The example that Kafka's own documentation of its algorithm works through (KIP-36).
TEST(Racks, SpreadReplicasAsKafkaDoes) {
  const std::vector<Candidate> brokers{{BrokerId{0}, "rack1"}, {BrokerId{1}, "rack3"},
                                       {BrokerId{2}, "rack3"}, {BrokerId{3}, "rack2"},
                                       {BrokerId{4}, "rack2"}, {BrokerId{5}, "rack1"}};
  const auto made = assign_to_racks(brokers, 7, 3, {});
  ASSERT_TRUE(made);
  const auto ids = [](std::initializer_list<int> numbers) {
    std::vector<BrokerId> list;
    for (const int number : numbers) list.emplace_back(number);
    return list;
  };
  EXPECT_EQ(*made, (Assignment{{0, ids({0, 3, 1})},
                               {1, ids({3, 1, 5})},
                               {2, ids({1, 5, 4})},
                               {3, ids({5, 4, 2})},
                               {4, ids({4, 2, 0})},
                               {5, ids({2, 0, 3})},
                               {6, ids({0, 4, 2})}}));
}

TEST(Racks, HoldNoTwoReplicasWhileOneIsEmpty) {
  for (size_t start = 0; start < 6; ++start) {
    const auto made =
        assign_to_racks(six_in_three_racks(), 12, 3, {.first_broker = start, .first_shift = start});
    ASSERT_TRUE(made);
    for (const auto& [partition, replicas] : *made) {
      std::set<int32_t> racks;
      for (const BrokerId id : replicas) racks.insert(id.value() % 3);
      EXPECT_EQ(racks.size(), 3U) << "partition " << partition;
    }
  }
}

TEST(Racks, AreIgnoredWhereABrokerHasNone) {
  auto brokers = six_in_three_racks();
  brokers[5].rack.reset();
  std::vector<BrokerId> ids;
  for (const auto& broker : brokers) ids.push_back(broker.id);
  EXPECT_EQ(*assign_to_racks(brokers, 4, 2, {}), *assign_replicas(ids, 4, 2, {}));
  EXPECT_EQ(assign_to_racks(brokers, 1, 7, {}).error().message,
            "Replication factor: 7 larger than available brokers: 6.");
}

}  // namespace
}  // namespace samsa::admin
