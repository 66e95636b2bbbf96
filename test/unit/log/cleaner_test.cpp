// The cleaner's threads at work on the logs of a broker.

#include "log/cleaner/cleaner.h"

#include <gmock/gmock.h>

#include "cleaner_fixture.h"
#include "log/log_dirs.h"

namespace samsa::log {
namespace {

using namespace std::chrono_literals;

struct CleanerTest : CleanerFixture {
  CleanerTest() {
    config_.segment_bytes = 600;
    config_.min_cleanable_dirty_ratio = 0;
  }
  std::string dir() const { return (folder_.path() / "logs").string(); }
  std::string checkpoint() const { return dir() + "/cleaner-offset-checkpoint"; }
  std::string checkpointed() const {
    auto text = read_file(checkpoint());
    return text ? *text : "";
  }
  LogDirsOptions options() {
    LogDirsOptions options{.dirs = {dir()}, .defaults = config_};
    options.retention_check_ms = options.log_start_checkpoint_ms = 20;
    options.cleaner = CleanerOptions{.dedupe_buffer_bytes = 1 << 20, .backoff_ms = 5};
    return options;
  }
  std::unique_ptr<LogDirs> open_dirs(LogDirsOptions options) {
    auto logs = LogDirs::open(std::move(options));
    EXPECT_TRUE(logs) << (logs ? Error{} : logs.error());
    return logs ? std::move(*logs) : nullptr;
  }
  std::shared_ptr<Log> make(LogDirs& logs, const std::string& topic) {
    auto log = logs.get_or_create({topic, 0}, config_);
    EXPECT_TRUE(log) << (log ? Error{} : log.error());
    return log ? *log : nullptr;
  }
  static void fill(Log& log, int records = 60) {
    for (int i = 0; i < records; ++i) put(log, "k" + std::to_string(i % 5), std::to_string(i));
    EXPECT_TRUE(log.roll());
  }
  template <class Condition>
  static void await(const char* what, Condition condition) {
    log::await(what, condition, [] {});
  }
  static bool is_clean_up_to(const Log& log, int64_t offset) {
    return log.first_dirty_offset() == Offset{offset};
  }
};

TEST_F(CleanerTest, CleansEveryCompactedLogAndNoOther) {
  auto logs = open_dirs(options());
  auto a = make(*logs, "a"), b = make(*logs, "b");
  config_.cleanup_compact = false;
  auto plain = make(*logs, "plain");
  for (const auto& log : {a, b, plain}) fill(*log);
  logs->start();
  await("both are clean", [&] { return is_clean_up_to(*a, 60) && is_clean_up_to(*b, 60); });
  EXPECT_EQ(entries_in(*a).size(), 5u);
  EXPECT_EQ(entries_in(*b).size(), 5u);
  EXPECT_EQ(entries_in(*plain).size(), 60u);
  await("the checkpoint", [&] { return checkpointed() == "0\n2\na 0 60\nb 0 60\n"; });
  ASSERT_TRUE(logs->close());
}

TEST_F(CleanerTest, GoesOnAfterAStartWhereItWas) {
  auto logs = open_dirs(options());
  auto log = make(*logs, "a");
  fill(*log);
  logs->start();
  await("clean", [&] { return is_clean_up_to(*log, 60); });
  ASSERT_TRUE(logs->close());
  log.reset();
  logs.reset();
  logs = open_dirs(options());
  EXPECT_EQ(logs->get({"a", 0})->first_dirty_offset(), Offset{60});
}

TEST_F(CleanerTest, ALogThatCanNotBeCleanedIsLeftAloneAndTheOthersAreCleaned) {
  auto logs = open_dirs(options());
  auto bad = make(*logs, "bad"), good = make(*logs, "good");
  fill(*bad);
  fill(*good);
  {
    std::fstream damaged{bad->dir() / "00000000000000000000.log",
                         std::ios::in | std::ios::out | std::ios::binary};
    damaged.seekp(16);
    damaged.put(99);
  }
  logs->start();
  await("the good one", [&] { return is_clean_up_to(*good, 60); });
  put(*good, "k0", "more");
  ASSERT_TRUE(good->roll());
  await("once more", [&] { return is_clean_up_to(*good, 61); });
  EXPECT_EQ(bad->first_dirty_offset(), std::nullopt);
  EXPECT_TRUE(bad->is_healthy());
  EXPECT_FALSE(CleanableLog::claim(bad));
}

TEST_F(CleanerTest, ALogThatIsNotDirtyEnoughWaits) {
  config_.min_cleanable_dirty_ratio = 0.9;
  auto logs = open_dirs(options());
  auto lazy = make(*logs, "lazy");
  fill(*lazy);
  logs->start();
  await("all of it is dirt", [&] { return is_clean_up_to(*lazy, 60); });
  fill(*lazy, 5);
  config_.min_cleanable_dirty_ratio = 0;
  auto eager = make(*logs, "eager");
  fill(*eager);
  await("another one", [&] { return is_clean_up_to(*eager, 60); });
  EXPECT_TRUE(is_clean_up_to(*lazy, 60));
  lazy->update_config(config_);
  await("a lower ratio", [&] { return is_clean_up_to(*lazy, 65); });
}

TEST_F(CleanerTest, DeletesWhatHasExpiredOfCompactedLogs) {
  config_.cleanup_delete = true;
  config_.retention_ms = -1;
  config_.min_cleanable_dirty_ratio = 1;
  auto logs = open_dirs(options());
  auto log = make(*logs, "a");
  fill(*log);
  put(*log, "last", "1");
  logs->start();
  ASSERT_TRUE(log->maybe_increment_log_start_offset(Offset{20}));
  await("below the log's start", [&] { return log->first_segment_base() > Offset{10}; });
  config_.retention_ms = 1;
  log->update_config(config_);
  await("by time", [&] { return log->log_start_offset() == Offset{61}; });
}

TEST_F(CleanerTest, WithoutACleanerCompactedLogsAreLeftAsTheyAre) {
  config_.cleanup_delete = true;
  config_.retention_ms = 1;
  auto with_none = options();
  with_none.cleaner.reset();
  auto logs = open_dirs(with_none);
  auto compacted = make(*logs, "a");
  config_.cleanup_compact = false;
  auto plain = make(*logs, "plain");
  fill(*compacted);
  fill(*plain);
  logs->start();
  await("retention", [&] { return plain->log_start_offset() == Offset{60}; });
  EXPECT_EQ(compacted->log_start_offset(), Offset{0});
  EXPECT_EQ(entries_in(*compacted).size(), 60u);
  ASSERT_TRUE(logs->close());
  EXPECT_FALSE(fs::exists(checkpoint()));
}

TEST_F(CleanerTest, ARemovedLogLeavesTheCheckpointAndItsSuccessorBeginsAnew) {
  config_.file_delete_delay_ms = 0;
  auto logs = open_dirs(options());
  auto log = make(*logs, "a");
  fill(*log);
  logs->start();
  await("clean", [&] { return is_clean_up_to(*log, 60); });
  await("the checkpoint", [&] { return checkpointed() == "0\n1\na 0 60\n"; });
  ASSERT_TRUE(logs->remove({"a", 0}));
  auto next = make(*logs, "a");
  EXPECT_EQ(checkpointed(), "0\n0\n") << "before anything is written into the new one";
  EXPECT_EQ(next->first_dirty_offset(), std::nullopt);
  await("the old directory goes", [&] { return !fs::exists(log->dir()); });
}

TEST_F(CleanerTest, AThrottledCleanerIsStoppedAtOnceAndFreedByANewRate) {
  auto slow = options();
  slow.cleaner->io_max_bytes_per_second = 10;
  slow.cleaner->io_buffer_bytes = 1024;
  auto logs = open_dirs(slow);
  auto log = make(*logs, "a");
  fill(*log);
  logs->start();
  auto faster = *slow.cleaner;
  faster.threads = 2;
  logs->reconfigure_cleaner(faster);
  EXPECT_EQ(log->first_dirty_offset(), std::nullopt);
  faster.io_max_bytes_per_second = 1e9;
  logs->reconfigure_cleaner(faster);  // KAFKA-13996
  await("clean", [&] { return is_clean_up_to(*log, 60); });
  ASSERT_TRUE(logs->close());
}

TEST_F(CleanerTest, SeveralThreadsShareTheLogs) {
  auto several = options();
  several.cleaner->threads = 4;
  auto logs = open_dirs(several);
  std::vector<std::shared_ptr<Log>> all;
  for (int i = 0; i < 12; ++i) fill(*all.emplace_back(make(*logs, "t" + std::to_string(i))));
  logs->start();
  for (const auto& log : all) await("clean", [&] { return is_clean_up_to(*log, 60); });
  for (const auto& log : all) EXPECT_EQ(entries_in(*log).size(), 5u);
  ASSERT_TRUE(logs->close());
}

TEST_F(CleanerTest, ATruncationBelowTheCleanedPartIsInTheCheckpointWhenItReturns) {
  auto logs = open_dirs(options());
  auto log = make(*logs, "a");
  fill(*log);
  logs->start();
  await("the checkpoint",
        [&] { return is_clean_up_to(*log, 60) && checkpointed() == "0\n1\na 0 60\n"; });
  log->update_high_watermark(Offset{0});
  ASSERT_TRUE(log->truncate_to(Offset{57}));
  const auto text = checkpointed();
  EXPECT_NE(text, "0\n1\na 0 60\n");
}

}  // namespace
}  // namespace samsa::log
