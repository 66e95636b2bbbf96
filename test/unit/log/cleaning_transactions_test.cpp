// Logs on disk with producers and transactions, cleaned.

#include <gmock/gmock.h>

#include "cleaner_fixture.h"

namespace samsa::log {
namespace {

using record::ControlType;

struct CleaningTransactionsTest : CleanerFixture {};

TEST_F(CleaningTransactionsTest, AProducersSequenceIsKnownAfterItsRecordsWentAndTheLogWasRead) {
  config_.segment_bytes = 1 << 20;
  auto log = open_log();
  put(*log, "a", "1", of_producer(5, 0));
  put(*log, "a", "2", of_producer(5, 1));
  put(*log, "a", "3");
  ASSERT_TRUE(log->roll());
  clean(log);
  EXPECT_EQ(entries_in(*log), (Entries{{2, "a", "3"}}));
  log.reset();
  for (const auto& name : files_with(".snapshot")) fs::remove(dir() / name);
  log = open_log();
  EXPECT_EQ(log->producer_count(), 1);
  auto next = try_append(*log, batch_of({{-1, "a", "4"}}, of_producer(5, 2)));
  EXPECT_TRUE(next) << next.error().error;
  EXPECT_FALSE(try_append(*log, batch_of({{-1, "a", "5"}}, of_producer(5, 7))));
}

TEST_F(CleaningTransactionsTest, NothingOfAnOpenTransactionIsCleaned) {
  config_.segment_bytes = 1 << 20;
  auto log = open_log();
  put(*log, "a", "1");
  ASSERT_TRUE(log->roll());
  put(*log, "a", "2", of_producer(5, 0, true));
  ASSERT_TRUE(log->roll());
  put(*log, "a", "3");
  ASSERT_TRUE(log->roll());
  EXPECT_EQ(clean(log), Offset{1});
  EXPECT_EQ(entries_in(*log).size(), 3u);
  end_transaction(*log, 5, ControlType::commit);
  ASSERT_TRUE(log->roll());
  EXPECT_EQ(clean(log), Offset{4});
  EXPECT_EQ(entries_in(*log), (Entries{{2, "a", "3"}}));
}

TEST_F(CleaningTransactionsTest, NothingAboveTheHighWatermarkIsCleaned) {  // KAFKA-13194
  auto log = open_log();
  for (int i = 0; i < 4; ++i) {
    put(*log, "a", std::to_string(i));
    ASSERT_TRUE(log->roll());
  }
  log->update_high_watermark(Offset{2});
  EXPECT_EQ(clean(log), Offset{2});
  EXPECT_EQ(entries_in(*log), (Entries{{1, "a", "1"}, {2, "a", "2"}, {3, "a", "3"}}));
}

TEST_F(CleaningTransactionsTest,
       ReadersOfCommittedRecordsStillSeeNoneThatWereAborted) {  // KAFKA-13727
  config_.segment_bytes = 1 << 20;
  auto log = open_log();
  put(*log, "a", "1");
  put(*log, "b", "1");
  put(*log, "c", "1");
  put(*log, "x", "aborted", of_producer(5, 0, true));
  end_transaction(*log, 5, ControlType::abort);
  put(*log, "d", "aborted", of_producer(6, 0, true));
  put(*log, "e", "aborted", of_producer(6, 1, true));
  end_transaction(*log, 6, ControlType::abort);
  ASSERT_TRUE(log->roll());
  // The map has room for two keys: the pass ends before the transactions.
  EXPECT_EQ(clean(log, 24 * 2), Offset{2});
  const auto seen = log->read(Offset{0}, 1 << 20, Isolation::txn_committed, true);
  ASSERT_TRUE(seen);
  std::set<int64_t> aborted;
  for (const auto& one : seen->aborted) aborted.insert(one.producer_id.value());
  for_each_batch(*log, [&](record::BatchView batch) {
    if (!batch.is_transactional() || batch.is_control()) return;
    EXPECT_TRUE(aborted.contains(batch.producer_id().value())) << batch.base_offset();
  });
  log = close_and_reopen(std::move(log));
  clean(log);
  EXPECT_EQ(entries_in(*log), (Entries{{0, "a", "1"}, {1, "b", "1"}, {2, "c", "1"}}));
}

TEST_F(CleaningTransactionsTest, AMarkerInALaterSegmentThanItsRecordsIsUnderstood) {
  auto log = open_log();
  put(*log, "a", "aborted", of_producer(5, 0, true));
  ASSERT_TRUE(log->roll());
  put(*log, "b", "1");
  end_transaction(*log, 5, ControlType::abort);
  put(*log, "c", "committed", of_producer(5, 1, true));
  end_transaction(*log, 5, ControlType::commit);
  ASSERT_TRUE(log->roll());
  clean(log);
  EXPECT_EQ(entries_in(*log), (Entries{{1, "b", "1"}, {3, "c", "committed"}}));
  const auto seen = log->read(Offset{0}, 1 << 20, Isolation::txn_committed, true);
  for (const auto& one : seen->aborted) EXPECT_LT(one.last_offset, Offset{3});
}

}  // namespace
}  // namespace samsa::log
