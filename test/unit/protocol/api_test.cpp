#include "protocol/api.h"

#include <gmock/gmock.h>

#include <vector>

using namespace samsa::protocol;

namespace {

// Kafka 2.7.0's answer to ApiVersions.
struct Served {
  int16_t key, min, max;
  friend bool operator==(const Served&, const Served&) = default;
};

constexpr Served k_served_by_270[] = {
    {0, 0, 8},  {1, 0, 12}, {2, 0, 5},  {3, 0, 9},  {4, 0, 4},  {5, 0, 3},  {6, 0, 6},  {7, 0, 3},
    {8, 0, 8},  {9, 0, 7},  {10, 0, 3}, {11, 0, 7}, {12, 0, 4}, {13, 0, 4}, {14, 0, 5}, {15, 0, 5},
    {16, 0, 4}, {17, 0, 1}, {18, 0, 3}, {19, 0, 6}, {20, 0, 5}, {21, 0, 2}, {22, 0, 4}, {23, 0, 3},
    {24, 0, 2}, {25, 0, 2}, {26, 0, 2}, {27, 0, 0}, {28, 0, 3}, {29, 0, 2}, {30, 0, 2}, {31, 0, 2},
    {32, 0, 3}, {33, 0, 1}, {34, 0, 1}, {35, 0, 2}, {36, 0, 2}, {37, 0, 3}, {38, 0, 2}, {39, 0, 2},
    {40, 0, 2}, {41, 0, 2}, {42, 0, 2}, {43, 0, 2}, {44, 0, 1}, {45, 0, 0}, {46, 0, 0}, {47, 0, 0},
    {48, 0, 0}, {49, 0, 0}, {50, 0, 0}, {51, 0, 0}, {56, 0, 0}, {57, 0, 0}};

}  // namespace

TEST(Api, AdvertisesExactlyWhat270Serves) {
  std::vector<Served> ours;
  for (const Api& api : k_apis)
    if (api.is_advertised)
      ours.push_back({static_cast<int16_t>(api.key), api.min_version, api.max_version});
  EXPECT_THAT(ours, testing::ElementsAreArray(k_served_by_270));
}

TEST(Api, IsFoundByItsKeyAlone) {
  for (const Api& api : k_apis) EXPECT_EQ(find_api(static_cast<int16_t>(api.key)), &api);
  for (int key : {-32768, -1, 58, 1000, 32767})
    EXPECT_EQ(find_api(static_cast<int16_t>(key)), nullptr) << key;
}

TEST(Api, NamesAreThoseOfKafkasMetrics) {
  EXPECT_EQ(find_api(2)->name, "ListOffsets");
  EXPECT_EQ(find_api(23)->name, "OffsetForLeaderEpoch");
}

TEST(Api, OnlyBrokersMayAskForClusterActions) {
  std::vector<int> keys;
  for (const Api& api : k_apis)
    if (api.is_cluster_action) keys.push_back(static_cast<int>(api.key));
  EXPECT_THAT(keys, testing::ElementsAre(4, 5, 6, 7, 27, 52, 53, 54, 55, 56));
}
