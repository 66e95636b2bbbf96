// What the disk refuses is never answered as done, and never tried again as if it could be.

#include <fcntl.h>
#include <sys/resource.h>

#include <csignal>

#include "log_fixture.h"

namespace samsa::log {
namespace {

struct StorageFailureTest : LogFixture {
  // Makes every use of the descriptor fail as a broken disk would: reads with EBADF, syncs with
  // EINVAL.
  static void break_descriptor(int fd) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::dup2(ends[1], fd), fd);
    ::close(ends[0]);
    ::close(ends[1]);
  }
  static int fd_of(const Log& log, int64_t offset) {
    return log.read(Offset{offset}, 100, Isolation::log_end, true)->file->fd();
  }
  void expect_fenced(Log& log) {
    ASSERT_EQ(failures_.size(), 1u);
    EXPECT_FALSE(log.is_healthy());
    EXPECT_EQ(try_append(log, batch({})).error().error.code, Errc::kafka_storage_error);
    EXPECT_EQ(log.read(Offset{0}, 100, Isolation::log_end, true).error().code,
              Errc::kafka_storage_error);
    EXPECT_EQ(log.flush().error().code, Errc::kafka_storage_error);
    EXPECT_EQ(log.roll().error().code, Errc::kafka_storage_error);
    EXPECT_EQ(log.truncate_to(Offset{0}).error().code, Errc::kafka_storage_error);
    EXPECT_EQ(log.delete_old_segments().error().code, Errc::kafka_storage_error);
    EXPECT_EQ(log.close().error().code, Errc::kafka_storage_error);
    EXPECT_EQ(failures_.size(), 1u) << "told more than once";
  }
};

TEST_F(StorageFailureTest, AFailedReadFencesTheLog) {
  auto log = open();
  for (int i = 0; i < 50; ++i) append(*log);
  break_descriptor(fd_of(*log, 0));
  EXPECT_EQ(log->read(Offset{3}, 10, Isolation::log_end, true).error().code,
            Errc::kafka_storage_error);
  expect_fenced(*log);
}

TEST_F(StorageFailureTest, AFailedLookupByTimeFencesTheLog) {
  auto log = open();
  for (int i = 0; i < 50; ++i) append(*log);
  break_descriptor(fd_of(*log, 0));
  EXPECT_EQ(log->offset_for_timestamp(5).error().code, Errc::kafka_storage_error);
  expect_fenced(*log);
}

TEST_F(StorageFailureTest, AFailedSyncFencesTheLogAndTheRecoveryPointStays) {
  auto log = open();
  append(*log);
  break_descriptor(fd_of(*log, 0));
  EXPECT_EQ(log->flush().error().code, Errc::kafka_storage_error);
  EXPECT_EQ(log->recovery_point(), Offset{0});
  expect_fenced(*log);
}

TEST_F(StorageFailureTest, AFailedSyncAtTheEndIsToldByClose) {
  auto log = open();
  append(*log);
  break_descriptor(fd_of(*log, 0));
  EXPECT_EQ(log->close().error().code, Errc::kafka_storage_error);
  EXPECT_EQ(failures_.size(), 1u);
}

TEST_F(StorageFailureTest, AnAppendThatDoesNotFitOnTheDiskIsRefusedAndLeavesNoTrace) {
  auto log = open();
  append(*log);
  const auto size = fs::file_size(file(0, ".log"));
  struct rlimit before {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit full { size + 30, before.rlim_max };
  ::setrlimit(RLIMIT_FSIZE, &full);
  auto refused = try_append(*log, batch({}));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code, Errc::kafka_storage_error);
  EXPECT_EQ(log->log_end_offset(), Offset{1});
  expect_fenced(*log);
  EXPECT_GT(fs::file_size(file(0, ".log")), size) << "the write was not cut short";
  failures_.clear();
  log = crash_and_open(std::move(log));
  EXPECT_EQ(log->log_end_offset(), Offset{1});
  EXPECT_EQ(append(*log), Offset{1});
}

TEST_F(StorageFailureTest, AMissingSegmentFencesTheLog) {
  config_.segment_bytes = 600;
  auto log = open();
  for (int i = 0; i < 30; ++i) append(*log);
  log = close_and_open(std::move(log));
  fs::remove(file(0, ".log"));
  EXPECT_EQ(log->read(Offset{0}, 100, Isolation::log_end, true).error().code,
            Errc::kafka_storage_error);
  expect_fenced(*log);
}

TEST_F(StorageFailureTest, ALogFencedFromOutsideRefusesAllAndTellsNobody) {
  auto log = open();
  append(*log);
  log->fence({Errc::kafka_storage_error, "its disk is gone"});
  EXPECT_EQ(try_append(*log, batch({})).error().error.message, "its disk is gone");
  EXPECT_EQ(log->read(Offset{0}, 1, Isolation::log_end, true).error().code,
            Errc::kafka_storage_error);
  EXPECT_TRUE(failures_.empty());
}

}  // namespace
}  // namespace samsa::log
