#include "replica/fetch_session.h"

#include <gtest/gtest.h>

namespace samsa::replica {
namespace {

constexpr int64_t k_now_ms = 1'000'000;
constexpr int64_t k_eviction_ms = 120'000;

FetchPartition asked(std::string topic, int32_t partition, int64_t offset = 0) {
  return {.tp = {std::move(topic), partition}, .max_bytes = 100, .fetch_offset = Offset{offset}};
}

FetchNews told(int64_t high_watermark, bool has_records = false) {
  return {.high_watermark = Offset{high_watermark},
          .log_start_offset = Offset{0},
          .has_records = has_records};
}

// Opens a session over the partitions, with a high watermark of 10 told for each, and returns its
// id.
int32_t open_session(FetchSessionCache& cache, std::vector<FetchPartition> partitions,
                     bool is_follower = false, int64_t now_ms = k_now_ms) {
  const std::vector<FetchNews> news(partitions.size(), told(10));
  auto context = FetchContext::begin(cache,
                                     {.session_epoch = k_initial_fetch_epoch,
                                      .partitions = std::move(partitions),
                                      .is_follower = is_follower},
                                     now_ms);
  return context.finish(cache, news, now_ms).session_id;
}

FetchContext next(FetchSessionCache& cache, int32_t id, int32_t epoch,
                  std::vector<FetchPartition> changed = {},
                  std::vector<TopicPartition> forgotten = {}) {
  return FetchContext::begin(cache,
                             {.session_id = id,
                              .session_epoch = epoch,
                              .partitions = std::move(changed),
                              .forgotten = std::move(forgotten)},
                             k_now_ms);
}

TEST(FetchSession, AFinalEpochNeverOpensASession) {
  FetchSessionCache cache(10);
  auto context = FetchContext::begin(
      cache, {.session_epoch = k_final_fetch_epoch, .partitions = {asked("t", 0)}}, k_now_ms);
  EXPECT_EQ(context.finish(cache, {told(1)}, k_now_ms).session_id, k_no_fetch_session);
  EXPECT_EQ(cache.size(), 0u);
}

TEST(FetchSession, AnIncrementalRequestFetchesAllPartitionsOfTheSession) {
  FetchSessionCache cache(10);
  const int32_t id = open_session(cache, {asked("t", 0), asked("t", 1)});
  ASSERT_NE(id, k_no_fetch_session);
  auto context = next(cache, id, 1, {asked("t", 1, 7), asked("u", 0)});
  ASSERT_EQ(context.partitions().size(), 3u);
  EXPECT_EQ(context.partitions()[1].fetch_offset, Offset{7});
  EXPECT_EQ(context.partitions()[2].tp.topic, "u");
}

TEST(FetchSession, OnlyNewsIsAnswered) {
  FetchSessionCache cache(10);
  const int32_t id = open_session(cache, {asked("t", 0), asked("t", 1), asked("t", 2)});
  auto context = next(cache, id, 1);
  const auto outcome = context.finish(cache, {told(10), told(11), told(10, true)}, k_now_ms);
  EXPECT_EQ(outcome.included, (std::vector<bool>{false, true, true}));
}

TEST(FetchSession, TheEndOfAnErrorIsNews) {
  FetchSessionCache cache(10);
  const int32_t id = open_session(cache, {asked("t", 0)});
  const FetchNews failing{.error = Errc::not_leader_or_follower,
                          .high_watermark = k_no_offset,
                          .log_start_offset = k_no_offset};
  EXPECT_TRUE(next(cache, id, 1).finish(cache, {failing}, k_now_ms).included[0]);
  EXPECT_TRUE(next(cache, id, 2).finish(cache, {failing}, k_now_ms).included[0]);
  EXPECT_TRUE(next(cache, id, 3).finish(cache, {told(10)}, k_now_ms).included[0]);
  EXPECT_FALSE(next(cache, id, 4).finish(cache, {told(10)}, k_now_ms).included[0]);
}

TEST(FetchSession, PartitionsThatReturnedSomethingGoToTheEndOfTheLine) {
  FetchSessionCache cache(10);
  const int32_t id = open_session(cache, {asked("t", 0), asked("t", 1)});
  next(cache, id, 1).finish(cache, {told(10, true), told(10)}, k_now_ms);
  EXPECT_EQ(next(cache, id, 2).partitions()[0].tp.partition, 1);
}

TEST(FetchSession, AWrongEpochIsRefusedAndChangesNothing) {
  FetchSessionCache cache(10);
  const int32_t id = open_session(cache, {asked("t", 0)});
  EXPECT_EQ(next(cache, id, 2, {asked("u", 0)}).error(), Errc::invalid_fetch_session_epoch);
  EXPECT_EQ(next(cache, id, 1).partitions().size(), 1u);
}

TEST(FetchSession, AnUnknownSessionIsRefused) {
  FetchSessionCache cache(10);
  EXPECT_EQ(next(cache, 77, 1).error(), Errc::fetch_session_id_not_found);
}

TEST(FetchSession, ForgettingTheLastPartitionEndsTheSession) {
  FetchSessionCache cache(10);
  const int32_t id = open_session(cache, {asked("t", 0)});
  auto context = next(cache, id, 1, {}, {{"t", 0}});
  EXPECT_EQ(context.error(), Errc::none);
  EXPECT_EQ(context.finish(cache, {}, k_now_ms).session_id, k_no_fetch_session);
  EXPECT_EQ(cache.size(), 0u);
}

TEST(FetchSession, AFullRequestClosesTheSessionItNames) {
  FetchSessionCache cache(10);
  const int32_t id = open_session(cache, {asked("t", 0)});
  FetchContext::begin(
      cache, {.session_id = id, .session_epoch = k_final_fetch_epoch, .partitions = {}}, k_now_ms);
  EXPECT_EQ(cache.size(), 0u);
}

TEST(FetchSessionCache, AFullCacheOfYoungSessionsRefusesAConsumer) {
  FetchSessionCache cache(1, k_eviction_ms);
  ASSERT_NE(open_session(cache, {asked("t", 0)}), k_no_fetch_session);
  EXPECT_EQ(open_session(cache, {asked("u", 0), asked("u", 1)}), k_no_fetch_session);
}

TEST(FetchSessionCache, AFollowersSessionEvictsAConsumers) {
  FetchSessionCache cache(1, k_eviction_ms);
  const int32_t consumer = open_session(cache, {asked("t", 0)});
  EXPECT_NE(open_session(cache, {asked("u", 0)}, true), k_no_fetch_session);
  EXPECT_EQ(cache.find(consumer), nullptr);
}

TEST(FetchSessionCache, AStaleSessionMakesRoom) {
  FetchSessionCache cache(1, k_eviction_ms);
  open_session(cache, {asked("t", 0)});
  EXPECT_NE(open_session(cache, {asked("u", 0)}, false, k_now_ms + k_eviction_ms + 1),
            k_no_fetch_session);
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(cache.evictions(), 1);
}

TEST(FetchSessionCache, CountsItsPartitions) {
  FetchSessionCache cache(10);
  const int32_t id = open_session(cache, {asked("t", 0), asked("t", 1)});
  EXPECT_EQ(cache.partitions_cached(), 2);
  next(cache, id, 1, {asked("u", 0)});
  EXPECT_EQ(cache.partitions_cached(), 3);
  cache.remove(id);
  EXPECT_EQ(cache.partitions_cached(), 0);
}

}  // namespace
}  // namespace samsa::replica
