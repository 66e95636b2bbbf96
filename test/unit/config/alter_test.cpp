#include "config/alter.h"

#include <gtest/gtest.h>

#include "config/topic_config.h"

namespace samsa::config {
namespace {

Result<Properties> altered_topic(Properties now, std::vector<Alteration> alterations) {
  return altered(std::move(now), alterations, find_topic_key);
}

TEST(Alter, SetsAndDeletesKeyByKey) {
  const auto next = altered_topic({{"retention.ms", "1"}, {"segment.ms", "2"}},
                                  {{"retention.ms", AlterOp::set, "3"},
                                   {"segment.ms", AlterOp::remove, std::nullopt},
                                   {"flush.ms", AlterOp::remove, std::nullopt}});
  ASSERT_TRUE(next);
  EXPECT_EQ(*next, (Properties{{"retention.ms", "3"}}));
}

TEST(Alter, AppendsToTheDefaultOfAList) {
  const auto next =
      altered_topic({}, {{"cleanup.policy", AlterOp::append, "compact"}});
  ASSERT_TRUE(next);
  EXPECT_EQ(next->at("cleanup.policy"), "delete,compact");
}

TEST(Alter, AnEmptyListHasOneEmptyElementAsInJava) {
  const auto next = altered_topic({}, {{"leader.replication.throttled.replicas", AlterOp::append,
                                        "0:1,1:1"}});
  ASSERT_TRUE(next);
  EXPECT_EQ(next->at("leader.replication.throttled.replicas"), ",0:1,1:1");
}

TEST(Alter, SubtractsEachElementOnce) {
  const auto next = altered_topic({{"cleanup.policy", "compact,delete,compact"}},
                                  {{"cleanup.policy", AlterOp::subtract, "compact,other"}});
  ASSERT_TRUE(next);
  EXPECT_EQ(next->at("cleanup.policy"), "delete,compact");
}

TEST(Alter, OnlyListsCanGrowAndShrink) {
  EXPECT_EQ(altered_topic({}, {{"retention.ms", AlterOp::append, "1"}}).error(),
            (Error{Errc::invalid_request,
                   "Config value append is not allowed for config key: retention.ms"}));
  EXPECT_EQ(altered_topic({}, {{"retention.ms", AlterOp::subtract, "1"}}).error(),
            (Error{Errc::invalid_request,
                   "Config value subtract is not allowed for config key: retention.ms"}));
  EXPECT_EQ(altered_topic({}, {{"no.such.key", AlterOp::append, "1"}}).error().code,
            Errc::unknown_server_error);
  EXPECT_EQ(altered_topic({}, {{"retention.ms", static_cast<AlterOp>(9), "1"}}).error().code,
            Errc::unknown_server_error);
}

TEST(Alter, RefusesAKeyGivenTwiceAndAMissingValue) {
  EXPECT_EQ(check_alterations({{"a", AlterOp::set, "1"}, {"a", AlterOp::remove, std::nullopt}})
                .error(),
            (Error{Errc::invalid_request, "Error due to duplicate config keys : a"}));
  EXPECT_EQ(check_alterations({{"a", AlterOp::set, std::nullopt},
                               {"b", AlterOp::append, std::nullopt},
                               {"c", AlterOp::remove, std::nullopt}})
                .error(),
            (Error{Errc::invalid_request, "Null value not supported for : SET:a,APPEND:b"}));
  EXPECT_TRUE(check_alterations({{"a", AlterOp::remove, std::nullopt}}));
}

}  // namespace
}  // namespace samsa::config
