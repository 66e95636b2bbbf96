// What strangers may send: no count, length or cut makes the decoder read, allocate or accept too
// much.

#include <gtest/gtest.h>

#include "protocol/header.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/produce.h"

using namespace samsa;
using namespace samsa::protocol;

namespace {

FetchRequest full_fetch() {
  FetchRequest request;
  request.cluster_id = "cluster";
  request.replica_id = 2;
  request.topics = {{.topic = "t", .partitions = {{.partition = 1}, {.partition = 2}}}};
  request.forgotten_topics_data = {{.topic = "u", .partitions = {4, 5}}};
  request.rack_id = "rack";
  return request;
}

Bytes metadata_request_with_count(int32_t count) {
  Bytes bytes;
  append_be(bytes, count);
  return bytes;
}

Bytes compact_string(size_t size) {
  Bytes bytes;
  append_unsigned_varint(bytes, static_cast<uint32_t>(size + 1));
  return bytes.append(size, 'x');
}

// A Heartbeat of version 4 whose member id has so many characters.
Bytes heartbeat_with_member_id(size_t size) {
  Bytes bytes = compact_string(1);
  append_be(bytes, int32_t{7});
  bytes += compact_string(size);
  bytes += '\0';  // no group instance id
  bytes += '\0';  // no tags
  return bytes;
}

}  // namespace

TEST(Bounds, EveryTruncationIsRefused) {
  for (int16_t version : {int16_t{11}, int16_t{12}}) {
    const Bytes whole = encode_message(full_fetch(), version);
    ASSERT_TRUE(FetchRequest::decode(whole, version));
    for (size_t size = 0; size < whole.size(); ++size) {
      const Bytes cut =
          whole.substr(0, size);  // an allocation of its own, so that asan sees overruns
      EXPECT_FALSE(FetchRequest::decode(cut, version)) << version << " cut to " << size;
    }
  }
}

TEST(Bounds, TrailingBytesAreIgnored) {
  for (const int16_t version : {int16_t{4}, int16_t{12}}) {
    const auto read = FetchRequest::decode(encode_message(full_fetch(), version) + '\0', version);
    ASSERT_TRUE(read) << version;
    EXPECT_EQ(encode_message(*read, version), encode_message(full_fetch(), version));
  }
}

TEST(Bounds, AllTopicsAreAskedForAsLibrdkafkaDoes) {
  // It leaves room for a count of four bytes where a null array of one is meant.
  const auto read = MetadataRequest::decode(Bytes("\0\0\0\0\1\0\0\0", 8), 9);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->topics.has_value());
  EXPECT_FALSE(read->allow_auto_topic_creation);
}

TEST(Bounds, CountBeyondTheRemainingBytesIsRefused) {
  EXPECT_FALSE(MetadataRequest::decode(metadata_request_with_count(0x7fffffff), 0));
  EXPECT_FALSE(MetadataRequest::decode(metadata_request_with_count(1), 0));
  EXPECT_TRUE(MetadataRequest::decode(metadata_request_with_count(0), 0));
}

TEST(Bounds, CountIsMeasuredByTheSmallestItem) {
  const Bytes two_declared("\0\0\0\2", 4);
  const Bytes fitting = two_declared + Bytes(32, 'x'), short_by_one = two_declared + Bytes(31, 'x');
  Decoder fits(fitting);
  EXPECT_EQ(fits.count(16), 2);
  EXPECT_FALSE(fits.failed());
  Decoder does_not(short_by_one);
  EXPECT_EQ(does_not.count(16), 0);
  EXPECT_TRUE(does_not.failed());
}

TEST(Bounds, RoomIsMadeForFewItemsBeforeTheyCome) {
  std::vector<FetchRequest::FetchTopic> items;
  reserve_for(items, INT32_MAX);
  EXPECT_LE(items.capacity(), 1024U);
}

TEST(Bounds, NegativeCountIsRefusedUnlessItMeansNull) {
  EXPECT_FALSE(MetadataRequest::decode(metadata_request_with_count(-1), 0));
  const auto all = MetadataRequest::decode(metadata_request_with_count(-1), 1);
  ASSERT_TRUE(all);
  EXPECT_FALSE(all->topics.has_value());
  // As to Kafka, any of them.
  const auto also_all = MetadataRequest::decode(metadata_request_with_count(INT32_MIN), 1);
  ASSERT_TRUE(also_all);
  EXPECT_FALSE(also_all->topics.has_value());
}

TEST(Bounds, NullWhereNoneIsAllowedIsRefused) {
  Bytes null_group("\xff\xff", 2);
  append_be(null_group, int32_t{0});
  append_be(null_group, int16_t{0});
  EXPECT_FALSE(HeartbeatRequest::decode(null_group, 0));
  EXPECT_FALSE(ListGroupsRequest::decode(Bytes("\0\0", 2), 4));  // a null compact array
  EXPECT_TRUE(ListGroupsRequest::decode(Bytes("\1\0", 2), 4));
}

TEST(Bounds, CompactStringMayBeAsLongAsAPlainOneAndNoLonger) {
  EXPECT_TRUE(HeartbeatRequest::decode(heartbeat_with_member_id(32767), 4));
  EXPECT_FALSE(HeartbeatRequest::decode(heartbeat_with_member_id(32768), 4));
}

TEST(Bounds, VarintThatDoesNotEndIsRefused) {
  EXPECT_FALSE(ListGroupsRequest::decode(Bytes(6, '\xff'), 4));
  EXPECT_FALSE(ListGroupsRequest::decode(Bytes("\xff\xff\xff\xff\x0f\0", 6), 4));
}

TEST(Bounds, VersionOutsideTheRangeIsUnsupported) {
  for (int16_t version : {int16_t{-1}, int16_t{13}, int16_t{32767}}) {
    const auto decoded = FetchRequest::decode(encode_message(full_fetch(), 12), version);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, Errc::unsupported_version);
  }
}

TEST(Bounds, TagsAreConfinedToTheirSizeAndNumber) {
  const Bytes no_filter("\1", 1);
  EXPECT_TRUE(ListGroupsRequest::decode(no_filter + Bytes("\1\5\2ab", 5), 4));
  EXPECT_FALSE(ListGroupsRequest::decode(no_filter + Bytes("\1\5\3ab", 5), 4));  // size too large
  EXPECT_FALSE(ListGroupsRequest::decode(no_filter + Bytes("\2\5\2ab", 5), 4));  // one tag missing
  EXPECT_FALSE(ListGroupsRequest::decode(no_filter + Bytes("\xff\xff\xff\xff\x0f", 5), 4));
}

TEST(Bounds, KnownTagMustUseExactlyItsSize) {
  FetchRequest request;
  const Bytes untagged = encode_message(request, 12);
  const Bytes body = untagged.substr(0, untagged.size() - 1);
  const auto named = FetchRequest::decode(body + Bytes("\1\0\2\2c", 5), 12);
  ASSERT_TRUE(named);
  EXPECT_EQ(named->cluster_id, "c");
  EXPECT_FALSE(FetchRequest::decode(body + Bytes("\1\0\3\2cd", 6), 12));
  EXPECT_FALSE(FetchRequest::decode(body + Bytes("\1\0\1\2c", 5), 12));
}

TEST(Bounds, OverlongStringOfOursKeepsTheFrameInStep) {
  HeartbeatRequest request;
  request.group_id = Bytes(70'000, 'g');
  request.member_id = "m";
  for (int16_t version : {int16_t{0}, int16_t{4}}) {
    const auto again = HeartbeatRequest::decode(encode_message(request, version), version);
    ASSERT_TRUE(again) << version;
    EXPECT_EQ(again->group_id.size(), 32767U);
    EXPECT_EQ(again->member_id, "m");
  }
}
