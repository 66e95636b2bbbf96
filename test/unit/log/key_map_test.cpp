// The last offset of each key, as the cleaner keeps it.

#include "log/cleaner/key_map.h"

#include <gtest/gtest.h>

namespace samsa::log {
namespace {

std::string key(int number) { return "key-" + std::to_string(number); }

TEST(KeyMap, GivesTheLastOffsetThatWasPutForAKey) {
  KeyMap map{24 * 100};
  ASSERT_TRUE(map.reset());
  EXPECT_EQ(map.get("a"), k_no_offset);
  EXPECT_TRUE(map.put("a", Offset{0}));
  EXPECT_TRUE(map.put("b", Offset{1}));
  EXPECT_TRUE(map.put("a", Offset{2}));
  EXPECT_EQ(map.get("a"), Offset{2});
  EXPECT_EQ(map.get("b"), Offset{1});
  EXPECT_EQ(map.get(""), k_no_offset);
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.latest_offset(), Offset{2});
}

TEST(KeyMap, HoldsAsManyKeysAsItHasSlotsOf24BytesAndNoMore) {
  KeyMap map{24 * 50 + 23};
  EXPECT_EQ(map.slots(), 50u);
  ASSERT_TRUE(map.reset());
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(map.put(key(i), Offset{i})) << i;
  EXPECT_DOUBLE_EQ(map.utilization(), 1);
  EXPECT_FALSE(map.put("one too many", Offset{50}));
  EXPECT_EQ(map.get("one too many"), k_no_offset);
  EXPECT_EQ(map.latest_offset(), Offset{49});
  EXPECT_TRUE(map.put(key(7), Offset{51})) << "a known key needs no new slot";
  for (int i = 0; i < 50; ++i) EXPECT_EQ(map.get(key(i)), Offset{i == 7 ? 51 : i});
}

TEST(KeyMap, OfOneSlotStillWorks) {
  KeyMap map{1};
  ASSERT_TRUE(map.reset());
  EXPECT_TRUE(map.put("a", Offset{3}));
  EXPECT_FALSE(map.put("b", Offset{4}));
  EXPECT_EQ(map.get("a"), Offset{3});
}

TEST(KeyMap, KeepsEveryOffsetWhileItGrows) {
  constexpr int k_keys = 300'000;
  KeyMap map{24 * k_keys};
  ASSERT_TRUE(map.reset());
  for (int i = 0; i < k_keys; ++i) ASSERT_TRUE(map.put(key(i), Offset{i}));
  EXPECT_FALSE(map.put("one too many", Offset{k_keys}));
  for (int i = 0; i < k_keys; ++i) ASSERT_EQ(map.get(key(i)), Offset{i});
  ASSERT_TRUE(map.reset());
  EXPECT_EQ(map.get(key(1)), k_no_offset);
}

TEST(KeyMap, IsEmptyAgainAfterAReset) {
  KeyMap map{24 * 100};
  ASSERT_TRUE(map.reset());
  map.put("a", Offset{1});
  map.set_latest_offset(Offset{9});
  ASSERT_TRUE(map.reset());
  EXPECT_EQ(map.get("a"), k_no_offset);
  EXPECT_EQ(map.size(), 0u);
  EXPECT_EQ(map.latest_offset(), k_no_offset);
}

TEST(KeyMap, KeysOfAnyLengthAreToldApart) {
  KeyMap map{24 * 1000};
  ASSERT_TRUE(map.reset());
  for (int i = 0; i < 300; ++i) map.put(std::string(static_cast<size_t>(i), 'k'), Offset{i});
  for (int i = 0; i < 300; ++i)
    EXPECT_EQ(map.get(std::string(static_cast<size_t>(i), 'k')), Offset{i});
}

}  // namespace
}  // namespace samsa::log
