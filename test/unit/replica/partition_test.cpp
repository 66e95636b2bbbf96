// One partition as its leader serves it.

#include "replica/partition.h"

#include "../log/log_fixture.h"

namespace samsa::replica {
namespace {

using log::Isolation;

struct PartitionTest : log::LogFixture {
  static constexpr BrokerId k_self{0}, k_follower{1};

  PartitionTest() : log_(open()) {}
  void lead(int32_t epoch, std::vector<BrokerId> isr = {k_self, k_follower}) {
    partition_.become_leader({.leader = k_self,
                              .leader_epoch = LeaderEpoch{epoch},
                              .isr = std::move(isr),
                              .replicas = {k_self, k_follower}},
                             log_);
  }
  void produce(int count) {
    for (int i = 0; i < count; ++i) {
      Bytes bytes = batch({});
      ASSERT_TRUE(partition_.append(bytes, false, 1, log::Origin::client));
    }
  }
  // What a follower gets that says how far its log goes and in which epoch it ends.
  Result<Read> fetch(int64_t offset, int32_t last_epoch, BrokerId follower = k_follower) {
    return partition_.read({.fetch_offset = Offset{offset},
                            .current_leader_epoch = partition_.leader_epoch(),
                            .last_fetched_epoch = LeaderEpoch{last_epoch}},
                           {.from_follower = true,
                            .follower = follower,
                            .isolation = Isolation::log_end,
                            .max_bytes = 1 << 20,
                            .min_one_message = true});
  }
  std::shared_ptr<log::Log> log_;
  Partition partition_{{"t", 0}, k_self};
};

TEST_F(PartitionTest, AFollowerWhoseLogPartsFromOursIsToldWhereAndGetsNoRecords) {
  lead(1);
  produce(10);
  lead(3);
  produce(10);
  struct Case {
    int64_t offset;
    int32_t last_epoch, epoch;
    int64_t end;
  };
  for (const auto& [offset, last_epoch, epoch, end] :
       {Case{15, 1, 1, 10}, Case{12, 2, 1, 10}, Case{10, 2, 1, 10}}) {
    auto read = fetch(offset, last_epoch);
    ASSERT_TRUE(read);
    ASSERT_TRUE(read->diverging) << offset << ' ' << last_epoch;
    EXPECT_EQ(read->diverging->epoch, LeaderEpoch{epoch});
    EXPECT_EQ(read->diverging->end_offset, Offset{end});
    EXPECT_EQ(read->slice.length, 0);
    EXPECT_EQ(read->slice.file, nullptr);
  }
}

TEST_F(PartitionTest, ADivergingFetchTellsNothingOfTheFollowersProgress) {  // KAFKA-13141
  lead(1);
  produce(10);
  lead(3);
  produce(10);
  ASSERT_TRUE(fetch(0, 1));
  const Offset before = log_->high_watermark();
  ASSERT_TRUE(fetch(15, 1)->diverging);
  EXPECT_EQ(log_->high_watermark(), before);
}

TEST_F(PartitionTest, AFollowerThatAgreesGetsRecordsAndMovesTheHighWatermark) {
  lead(1);
  produce(10);
  lead(3);
  produce(10);
  for (const auto& [offset, last_epoch] : {std::pair{10, 1}, {5, 1}, {15, 3}}) {
    auto read = fetch(offset, last_epoch);
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->diverging);
    EXPECT_EQ(first_offset_of(read->slice), offset);
    EXPECT_LE(log_->high_watermark(), Offset{offset + 10});
  }
  ASSERT_TRUE(fetch(20, 3));
  EXPECT_EQ(log_->high_watermark(), Offset{20});
}

TEST_F(PartitionTest, AnEpochThatThisLogNeverSawIsOutOfRange) {
  lead(1);
  produce(3);
  EXPECT_EQ(fetch(2, 9).error().code, Errc::offset_out_of_range);
}

TEST_F(PartitionTest, AFetchBelowTheLogsStartIsOutOfRangeWhateverItsEpoch) {  // KAFKA-12996
  lead(3);
  produce(10);
  ASSERT_TRUE(fetch(10, 3));
  ASSERT_TRUE(log_->maybe_increment_log_start_offset(Offset{5}));
  EXPECT_EQ(fetch(2, 3).error().code, Errc::offset_out_of_range);
  EXPECT_EQ(fetch(2, 1).error().code, Errc::offset_out_of_range);
}

TEST_F(PartitionTest, ABrokerThatIsNoReplicaIsRefused) {  // KAFKA-13837
  lead(1);
  produce(1);
  EXPECT_EQ(fetch(0, 1, BrokerId{9}).error().code, Errc::unknown_leader_epoch);
}

TEST_F(PartitionTest, AFailingDiskIsAStorageErrorToProducersAndConsumers) {
  lead(1);
  produce(1);
  log_->fence({Errc::kafka_storage_error, "gone"});
  Bytes bytes = batch({});
  EXPECT_EQ(partition_.append(bytes, false, 1, log::Origin::client).error().error.code,
            Errc::kafka_storage_error);
  EXPECT_EQ(fetch(0, 1).error().code, Errc::kafka_storage_error);
}

}  // namespace
}  // namespace samsa::replica
