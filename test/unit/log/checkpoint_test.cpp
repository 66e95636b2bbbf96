#include "log/checkpoint.h"

#include <gtest/gtest.h>

#include "log/epoch_cache.h"
#include "log_fixture.h"

namespace samsa::log {
namespace {

TEST(Checkpoint, ReadsWhatKafkaWrites) {
  const auto parsed =
      parse_offset_checkpoint("0\n2\ndeleted-head 0 150\na topic 12 9223372034707292160\n", "file");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed,
            (OffsetMap{{{"deleted-head", 0}, Offset{150}},
                       {{"a topic", 12}, Offset{INT64_MAX - INT32_MAX}}}));
  const auto epochs = parse_epoch_checkpoint("0\n2\n0 0\n7 42\n", "file");
  ASSERT_TRUE(epochs);
  EXPECT_EQ(*epochs,
            (std::vector<EpochEntry>{{LeaderEpoch{0}, Offset{0}}, {LeaderEpoch{7}, Offset{42}}}));
}

TEST(Checkpoint, AnEmptyFileAndNoFileAreNoEntries) {
  EXPECT_TRUE(parse_offset_checkpoint("", "file")->empty());
  EXPECT_TRUE(read_offset_checkpoint("/no/such/file")->empty());
}

TEST(Checkpoint, MalformedOnesAreRefusedByName) {
  for (const char* text :
       {"1\n0\n", "x", "0\n", "0\nx\n", "0\n-1\n", "0\n2\na 0 1\n", "0\n1\na 0 1\nb 0 1\n",
        "0\n1\na 0\n", "0\n1\na 0 x\n", "0\n1\n0 1\n", "0\n1\na x 1\n",
        "0\n1\na 0 99999999999999999999\n", "0\n1\na 0 9223372036854775807\n"}) {
    const auto parsed = parse_offset_checkpoint(text, "the-file");
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Errc::kafka_storage_error);
    EXPECT_NE(parsed.error().message.find("the-file"), std::string::npos) << parsed.error();
  }
}

struct EpochsTest : LogFixture {
  EpochsTest() {
    cache_.move_to(folder_.path());
    for (const auto& [epoch, start] : {std::pair{2, 10}, {4, 20}, {7, 30}})
      EXPECT_TRUE(cache_.assign(LeaderEpoch{epoch}, Offset{start}));
  }
  std::pair<int32_t, int64_t> end(int32_t epoch) const {
    const auto found = cache_.end_offset_for(LeaderEpoch{epoch}, Offset{40});
    return found ? std::pair{found->epoch.value(), found->end_offset.value()}
                 : std::pair{-1, int64_t{-1}};
  }
  EpochCache cache_;
};

TEST_F(EpochsTest, AnswerTheEpochOrTheOneBelowAndWhereItEnds) {
  EXPECT_EQ(end(7), (std::pair{7, int64_t{40}}));
  EXPECT_EQ(end(4), (std::pair{4, int64_t{30}}));
  EXPECT_EQ(end(5), (std::pair{4, int64_t{30}}));
  EXPECT_EQ(end(1), (std::pair{1, int64_t{10}}));
  EXPECT_EQ(end(8), (std::pair{-1, int64_t{-1}}));
  EXPECT_EQ(end(-1), (std::pair{-1, int64_t{-1}}));
}

TEST_F(EpochsTest, AnEntryThatContradictsRemovesWhatItContradicts) {
  ASSERT_TRUE(cache_.assign(LeaderEpoch{8}, Offset{20}));
  EXPECT_EQ(end(2), (std::pair{2, int64_t{20}}));
  EXPECT_EQ(end(7), (std::pair{2, int64_t{20}}));
  EXPECT_EQ(cache_.latest(), LeaderEpoch{8});
}

TEST_F(EpochsTest, TruncationsAtBothEndsAreKeptOnDisk) {
  ASSERT_TRUE(cache_.truncate_from_end(Offset{30}));
  ASSERT_TRUE(cache_.truncate_from_start(Offset{15}));
  const auto loaded = EpochCache::load(folder_.path());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->entries(),
            (std::vector<EpochEntry>{{LeaderEpoch{2}, Offset{15}}, {LeaderEpoch{4}, Offset{20}}}));
}

}  // namespace
}  // namespace samsa::log
