#include "base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/crc32c.h"
#include "base/java_hash.h"

namespace samsa {
namespace {

TEST(Cursor, ReadsBigEndianAndStopsAtTheEnd) {
  Cursor in(BytesView("\x01\x02\x03\x04\x05", 5));
  EXPECT_EQ(in.get<int16_t>(), 0x0102);
  EXPECT_EQ(in.get<int16_t>(), 0x0304);
  EXPECT_FALSE(in.failed());
  EXPECT_EQ(in.get<int32_t>(), 0);
  EXPECT_TRUE(in.failed());
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(Cursor, RefusesAVarintThatNeverEnds) {
  Cursor in(BytesView("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11));
  in.varint();
  EXPECT_TRUE(in.failed());
}

TEST(Varint, RoundTripsAtEveryWidthAndKnowsItsSize) {
  for (int bit = 0; bit < 64; ++bit) {
    for (const int64_t sign : {1, -1}) {
      const int64_t value = sign * static_cast<int64_t>((uint64_t{1} << bit) - 1);
      Bytes out;
      append_varlong(out, value);
      EXPECT_EQ(out.size(), static_cast<size_t>(size_of_varlong(value)));
      Cursor in(out);
      EXPECT_EQ(in.varlong(), value);
      EXPECT_EQ(in.remaining(), 0u);
    }
  }
  Bytes out;
  append_varint(out, std::numeric_limits<int32_t>::min());
  Cursor in(out);
  EXPECT_EQ(in.varint(), std::numeric_limits<int32_t>::min());
}

TEST(Crc32c, MatchesTheCheckValueOfItsCatalogue) { EXPECT_EQ(crc32c("123456789"), 0xe3069283u); }

TEST(JavaHash, MatchesJavasStringHashCode) {
  EXPECT_EQ(java_string_hash(""), 0);
  EXPECT_EQ(java_string_hash("hello"), 99162322);
  EXPECT_EQ(java_string_hash("polygenelubricants"), std::numeric_limits<int32_t>::min());
  EXPECT_EQ(java_string_hash("\xc3\xa9"), 233);              // U+00E9
  EXPECT_EQ(java_string_hash("\xf0\x9f\x98\x80"), 1772899);  // U+1F600: two code units
}

TEST(JavaHash, TheSmallestHashGoesToPartitionZero) {
  EXPECT_EQ(coordinator_partition("polygenelubricants", 50), 0);
}

TEST(Murmur2, MatchesTheDefaultPartitionersVectors) {
  EXPECT_EQ(murmur2("21"), -973932308);
  EXPECT_EQ(murmur2("foobar"), -790332482);
  EXPECT_EQ(murmur2("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(murmur2("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(murmur2("abc"), 479470107);
}

}  // namespace
}  // namespace samsa
