#include "config/properties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace samsa::config {
namespace {

using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

Properties parsed(std::string_view text) {
  auto properties = parse_properties(text, "test.properties");
  EXPECT_TRUE(properties) << properties.error();
  return properties ? *properties : Properties{};
}

TEST(Properties, KeysEndAtTheFirstSeparator) {
  EXPECT_THAT(parsed("a=1\nb : 2\nc 3\nd\ne==x\n  f\t=\t y z \n"),
              UnorderedElementsAre(Pair("a", "1"), Pair("b", "2"), Pair("c", "3"), Pair("d", ""),
                                   Pair("e", "=x"), Pair("f", "y z ")));
}

TEST(Properties, CommentsAndEmptyLinesAreSkipped) {
  EXPECT_THAT(parsed("# a=1\r\n! b=2\r\n\r\n   # c=3\r\nd=4 # not a comment"),
              UnorderedElementsAre(Pair("d", "4 # not a comment")));
}

TEST(Properties, ABackslashAtTheEndJoinsTheNextLine) {
  EXPECT_THAT(parsed("list=a,\\\n     b,\\\n  c\nnext=1\npath=c:\\\\\nlast=x\\"),
              UnorderedElementsAre(Pair("list", "a,b,c"), Pair("next", "1"), Pair("path", "c:\\"),
                                   Pair("last", "x")));
}

TEST(Properties, AnEscapedHashInAContinuationIsText) {
  EXPECT_THAT(parsed("a=1\\\n#2"), UnorderedElementsAre(Pair("a", "1#2")));
}

TEST(Properties, EscapesAreThoseOfJava) {
  EXPECT_THAT(parsed("a\\ b\\=c=t\\tq\\q\\u00e9\\uD83D\\uDE00\n"),
              UnorderedElementsAre(Pair("a b=c", "t\tqq\xc3\xa9\xf0\x9f\x98\x80")));
}

TEST(Properties, TheLastOfEqualKeysWins) {
  EXPECT_THAT(parsed("a=1\na=2"), UnorderedElementsAre(Pair("a", "2")));
}

TEST(Properties, AMalformedEscapeNamesFileLineAndKey) {
  const auto wrong = parse_properties("a=1\n\nb=\\u12g4\n", "server.properties");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("server.properties:3"));
  EXPECT_THAT(wrong.error().message, HasSubstr("'b'"));
}

TEST(Properties, AMissingFileIsNamed) {
  const auto missing = read_properties("/nonexistent/server.properties");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("/nonexistent/server.properties"));
}

TEST(Properties, OverridesSplitAtTheFirstEqualsSign) {
  Properties properties{{"a", "1"}};
  ASSERT_TRUE(apply_override(properties, "a=x=y"));
  EXPECT_EQ(properties["a"], "x=y");
  EXPECT_FALSE(apply_override(properties, "a"));
  EXPECT_FALSE(apply_override(properties, "=1"));
}

TEST(Properties, UnknownKeysGetTheNearestKnownOne) {
  EXPECT_THAT(unknown_key_warning("log.retention.hour"), HasSubstr("'log.retention.hours'"));
  EXPECT_THAT(unknown_key_warning("nothing.like.that.anywhere"),
              testing::Not(HasSubstr("Did you mean")));
}

}  // namespace
}  // namespace samsa::config
