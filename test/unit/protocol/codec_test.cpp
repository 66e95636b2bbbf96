#include <gtest/gtest.h>

#include "protocol/header.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/controlled_shutdown.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/produce.h"

using namespace samsa;
using namespace samsa::protocol;

namespace {

FetchResponse response_of(std::vector<RecordData> records) {
  FetchResponse response;
  auto& topic = response.responses.emplace_back();
  topic.topic = "t";
  for (const RecordData& data : records) topic.partition_responses.emplace_back().record_set = data;
  return response;
}

}  // namespace

TEST(Codec, RecordsOfAProduceAreViewsIntoTheFrame) {
  ProduceRequest request;
  request.topics = {{.name = "t", .partitions = {{.partition_index = 3}, {.partition_index = 4}}}};
  request.topics[0].partitions[0].records = RecordData(BytesView("batch"));
  const Bytes body = encode_message(request, 8);
  const auto decoded = ProduceRequest::decode(body, 8);
  ASSERT_TRUE(decoded);
  const RecordData& records = decoded->topics[0].partitions[0].records;
  EXPECT_EQ(records.view(), "batch");
  EXPECT_GE(records.view().data(), body.data());
  EXPECT_LE(records.view().data() + records.size(), body.data() + body.size());
  EXPECT_TRUE(decoded->topics[0].partitions[1].records.is_null());
}

TEST(Codec, EmptyRecordsAreNotNull) {
  const Bytes body = encode_message(response_of({RecordData(BytesView()), RecordData()}), 11);
  const auto decoded = FetchResponse::decode(body, 11);
  ASSERT_TRUE(decoded);
  EXPECT_FALSE(decoded->responses[0].partition_responses[0].record_set.is_null());
  EXPECT_TRUE(decoded->responses[0].partition_responses[1].record_set.is_null());
}

// What a sender does with holes: the bytes with the slices spliced in are the frame.
TEST(Codec, HolesFilledInOrderGiveTheFrameThatHasItAll) {
  const Bytes first(300, 'a'), second(5, 'b');
  for (int16_t version : {int16_t{4}, int16_t{11}, int16_t{12}}) {
    Encoder whole;
    whole.begin_frame();
    response_of({RecordData(first), RecordData(), RecordData(second)}).encode(whole, version);
    ASSERT_TRUE(whole.end_frame());
    EXPECT_TRUE(whole.holes().empty());

    Encoder holed;
    holed.begin_frame();
    response_of({RecordData::external(300), RecordData(), RecordData::external(5)})
        .encode(holed, version);
    ASSERT_TRUE(holed.end_frame());
    ASSERT_EQ(holed.holes().size(), 2U);
    Bytes frame = holed.encoded();
    frame.insert(holed.holes()[1].before, second);
    frame.insert(holed.holes()[0].before, first);
    EXPECT_EQ(frame, whole.encoded()) << version;
    EXPECT_EQ(load_be<int32_t>(frame.data()), static_cast<int32_t>(frame.size() - 4));
  }
}

TEST(Codec, AFrameCanNotSayMoreThanItsLengthHolds) {
  Encoder out;
  out.begin_frame();
  out.records(RecordData::external(INT32_MAX));
  EXPECT_FALSE(out.end_frame());
}

TEST(Codec, UnknownTagsSurviveAmongKnownOnes) {
  const Bytes untagged = encode_message(FetchRequest{}, 12);
  const Bytes body = untagged.substr(0, untagged.size() - 1);
  for (const Bytes& tags : {Bytes("\1\7\2xy", 5), Bytes("\2\0\2\2c\7\1z", 8), Bytes("\1\7\0", 3)}) {
    const auto decoded = FetchRequest::decode(body + tags, 12);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(encode_message(*decoded, 12), body + tags);
    const FetchRequest copy = *decoded;
    EXPECT_EQ(copy, *decoded);
    EXPECT_NE(copy, FetchRequest{});
  }
}

TEST(Codec, UnknownTagsAreNotSentInVersionsWithoutTags) {
  const auto decoded = ListGroupsRequest::decode(Bytes("\1\1\5\1a", 5), 4);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(encode_message(*decoded, 0), "");
}

TEST(Codec, FieldsTheVersionLacksHaveTheirDefaults) {
  FetchRequest request;
  request.max_bytes = 5;
  request.session_epoch = 9;
  const auto decoded = FetchRequest::decode(encode_message(request, 0), 0);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->max_bytes, 0x7fffffff);
  EXPECT_EQ(decoded->session_epoch, -1);
}

TEST(Codec, LongStringIsCutBetweenCharacters) {
  HeartbeatRequest request;
  for (int i = 0; i < 16'384; ++i) request.group_id += "\xc3\xbc";  // 32768 bytes of ü
  const auto decoded = HeartbeatRequest::decode(encode_message(request, 0), 0);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->group_id, request.group_id.substr(0, 32'766));
}

TEST(Header, RequestFrameIsKafkasBytes) {
  const HeartbeatRequest beat{.group_id = "g", .generation_id = 1, .member_id = "m"};
  EXPECT_EQ(encode_request_frame(beat, 0, 7, "c"),
            Bytes("\0\0\0\x15\0\x0c\0\0\0\0\0\7\0\1c\0\1g\0\0\0\1\0\1m", 25));
  // Flexible: the client id stays plain, then come the header's tags.
  EXPECT_EQ(encode_request_frame(beat, 4, 7, "c"),
            Bytes("\0\0\0\x16\0\x0c\0\4\0\0\0\7\0\1c\0\2g\0\0\0\1\2m\0\0", 26));
}

TEST(Header, VersionsFollowTheApiAndItsExceptions) {
  const auto request_version = [](int16_t key, int16_t version) {
    return request_header_version(*find_api(key), version);
  };
  const auto response_version = [](int16_t key, int16_t version) {
    return response_header_version(*find_api(key), version);
  };
  EXPECT_EQ(request_version(ControlledShutdownRequest::k_api_key, 0), 0);
  EXPECT_EQ(request_version(ControlledShutdownRequest::k_api_key, 1), 1);
  EXPECT_EQ(request_version(ControlledShutdownRequest::k_api_key, 3), 2);
  EXPECT_EQ(request_version(ProduceRequest::k_api_key, 8), 1);
  EXPECT_EQ(request_version(FetchRequest::k_api_key, 12), 2);
  EXPECT_EQ(response_version(FetchRequest::k_api_key, 11), 0);
  EXPECT_EQ(response_version(FetchRequest::k_api_key, 12), 1);
  EXPECT_EQ(request_version(ApiVersionsRequest::k_api_key, 3), 2);
  EXPECT_EQ(response_version(ApiVersionsRequest::k_api_key, 3), 0);
}

TEST(Header, ResponseWithoutAWholeHeaderIsRefused) {
  for (size_t size = 0; size < 4; ++size)
    EXPECT_FALSE(decode_response_frame<HeartbeatResponse>(Bytes(size, '\0'), 0));
}
