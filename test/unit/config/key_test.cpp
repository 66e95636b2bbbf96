#include "config/key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace samsa::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string message_of(const Key& key, std::string_view text) {
  const auto value = parse(key, text);
  return value ? "" : value.error().message;
}

constexpr Key k_int{"num.io.threads", Type::int32, "8", at_least(1)};

TEST(Key, NumbersAreTrimmedAndMayCarryASign) {
  EXPECT_EQ(to_text(*parse(k_int, " +12 ")), "12");
  EXPECT_EQ(to_text(*parse({"x", Type::int64}, "-9223372036854775808")), "-9223372036854775808");
}

TEST(Key, WrongNumbersAreRefusedInKafkasWords) {
  EXPECT_EQ(message_of(k_int, "many"),
            "Invalid value many for configuration num.io.threads: Not a number of type INT");
  EXPECT_EQ(message_of(k_int, "0"),
            "Invalid value 0 for configuration num.io.threads: Value must be at least 1");
  EXPECT_EQ(message_of(k_int, "2147483648"),
            "Invalid value 2147483648 for configuration num.io.threads: Not a number of type INT");
  EXPECT_EQ(message_of({"x", Type::int16}, "32768"),
            "Invalid value 32768 for configuration x: Not a number of type SHORT");
  EXPECT_EQ(message_of({"x", Type::int64}, ""),
            "Invalid value  for configuration x: Not a number of type LONG");
  EXPECT_EQ(message_of({"x", Type::int64}, "+-1"),
            "Invalid value +-1 for configuration x: Not a number of type LONG");
  EXPECT_EQ(message_of({"x", Type::float64}, "1,5"),
            "Invalid value 1,5 for configuration x: Not a number of type DOUBLE");
  EXPECT_EQ(message_of({"r", Type::float64, nullptr, between(0, 1)}, "1.5"),
            "Invalid value 1.5 for configuration r: Value must be no more than 1");
}

TEST(Key, BooleansIgnoreCaseAndNothingElse) {
  EXPECT_EQ(to_text(*parse({"x", Type::boolean}, " TRUE ")), "true");
  EXPECT_EQ(message_of({"x", Type::boolean}, "yes"),
            "Invalid value yes for configuration x: Expected value to be either true or false");
}

TEST(Key, DoublesArePrintedAsJavaDoes) {
  const Key key{"x", Type::float64};
  EXPECT_EQ(to_text(*parse(key, "1.7976931348623157E308")), "1.7976931348623157E308");
  EXPECT_EQ(to_text(*parse(key, "0.5")), "0.5");
  EXPECT_EQ(to_text(*parse(key, "10000000")), "1.0E7");
  EXPECT_EQ(to_text(*parse(key, "1000000")), "1000000.0");
  EXPECT_EQ(to_text(*parse(key, "0.0001")), "1.0E-4");
  EXPECT_EQ(to_text(*parse(key, "0")), "0.0");
  EXPECT_EQ(to_text(*parse(key, "1e999")), "Infinity");
}

TEST(Key, ListsKeepEmptyElementsButAnEmptyTextHasNone) {
  EXPECT_THAT(split_list(" a , b,,c "), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(split_list("  "), IsEmpty());
}

TEST(Key, ListsAreCheckedElementByElement) {
  const Key key{"cleanup.policy", Type::list, "delete", one_of("compact, delete")};
  EXPECT_EQ(to_text(*parse(key, "compact , delete")), "compact,delete");
  EXPECT_EQ(message_of(key, "compact,keep"),
            "Invalid value keep for configuration cleanup.policy: String must be one of: compact, "
            "delete");
}

TEST(Key, VersionsAreThoseThatKafka27Knows) {
  const Key key{"v", Type::text, nullptr, api_version()};
  for (const char* good : {"2.7", "2.7-IV1", "0.8.2", "0.10.2.1", "2.6.0"})
    EXPECT_EQ(message_of(key, good), "") << good;
  EXPECT_EQ(message_of(key, "2.8"),
            "Invalid value 2.8 for configuration v: Version `2.8` is not a valid version");
}

TEST(Key, ThrottledReplicasAreAStarOrPairs) {
  const Key key{"f", Type::list, "", throttled_replicas()};
  for (const char* good : {"", "*", "0:1,12:3"}) EXPECT_EQ(message_of(key, good), "") << good;
  EXPECT_EQ(message_of(key, "0:1,x"),
            "Invalid value [0:1, x] for configuration f: f must be the literal '*' or a list of "
            "replicas in the following format: "
            "[partitionId]:[brokerId],[partitionId]:[brokerId],...");
}

}  // namespace
}  // namespace samsa::config
