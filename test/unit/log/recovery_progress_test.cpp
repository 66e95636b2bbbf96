// What a person who waits for a recovery is told.

#include "log/recovery_progress.h"

#include "log/log_files.h"
#include "log_fixture.h"

namespace samsa::log {
namespace {

constexpr int64_t k_mib = int64_t{1} << 20;

TEST(DescribeRecovery, TellsShareSizeSpeedAndWhatIsLeft) {
  EXPECT_EQ(describe_recovery(2048 * k_mib, 8192 * k_mib, milliseconds{4000}),
            "Recovering logs: 25 % of 8.0 GiB checked, 512 MiB/s, about 13 s left");
  EXPECT_EQ(describe_recovery(k_mib, 1000 * k_mib, milliseconds{1000}),
            "Recovering logs: 0 % of 1000 MiB checked, 1.0 MiB/s, about 16 min left");
}

TEST(DescribeRecovery, HasNothingLeftToTellAtTheEnd) {
  EXPECT_EQ(describe_recovery(k_mib, k_mib, milliseconds{1000}),
            "Recovering logs: 100 % of 1.0 MiB checked, 1.0 MiB/s");
}

struct RecoveryProgressTest : testing::Test {
  ManualClock clock_;
  std::vector<std::string> lines_;
  RecoveryProgress progress_{100 * k_mib, clock_,
                             [this](const std::string& line) { lines_.push_back(line); }};
};

TEST_F(RecoveryProgressTest, SaysNothingOfARecoveryThatIsOverAtOnce) {
  progress_.advance(100 * k_mib);
  EXPECT_TRUE(lines_.empty());
}

TEST_F(RecoveryProgressTest, TellsOnceAnIntervalHoweverManyBatchesCome) {
  clock_.advance(milliseconds{2000});
  for (int i = 0; i < 5; ++i) progress_.advance(10 * k_mib);
  EXPECT_EQ(lines_.size(), 1U);
  clock_.advance(milliseconds{2000});
  for (int i = 0; i < 2; ++i) progress_.advance(10 * k_mib);
  ASSERT_EQ(lines_.size(), 2U);
  EXPECT_TRUE(lines_[1].starts_with("Recovering logs: 60 % of 100 MiB checked")) << lines_[1];
}

struct BytesToRecoverTest : LogFixture {};

TEST_F(BytesToRecoverTest, AreThoseOfTheSegmentOfTheRecoveryPointAndOfLaterOnes) {
  config_.segment_bytes = 200;
  auto log = open();
  for (int i = 0; i < 10; ++i) append(*log, 1);
  ASSERT_GT(log->segment_count(), 3);
  const int64_t all = log->size_bytes();
  const Offset second = *std::next(tidy_and_list(dir())->logs.begin());
  const auto first_size = static_cast<int64_t>(fs::file_size(file(0, ".log")));
  log.reset();
  EXPECT_EQ(bytes_to_recover(dir(), Offset{0}), all);
  EXPECT_EQ(bytes_to_recover(dir(), second - 1), all);
  EXPECT_EQ(bytes_to_recover(dir(), second), all - first_size);
  EXPECT_EQ(bytes_to_recover(dir() / "none", Offset{0}), 0);
}

struct RecoveryCountTest : LogFixture {
  // Opens the log again after more than a MiB came, and tells what was told two seconds later.
  std::vector<std::string> told_by_opening(bool clean) {
    append(*open(clean), Records{.count = 2, .value_bytes = 600'000});
    fs::remove(file(0, ".index"));
    std::vector<std::string> lines;
    RecoveryProgress progress{bytes_to_recover(dir(), Offset{0}), clock_,
                              [&](const std::string& line) { lines.push_back(line); }};
    clock_.advance(milliseconds{2000});
    LogHooks hooks{.clock = &clock_, .descriptors = &pool_, .recovery = &progress};
    EXPECT_TRUE(Log::open(place(clean), config_, hooks));
    return lines;
  }
};

TEST_F(RecoveryCountTest, WhatIsCheckedAfterACrashCounts) {
  config_.max_message_bytes = 2 * k_mib;
  EXPECT_EQ(told_by_opening(false).size(), 1U);
}

TEST_F(RecoveryCountTest, ALostIndexAfterACleanStopIsNoRecoveryToTellOf) {
  config_.max_message_bytes = 2 * k_mib;
  EXPECT_TRUE(told_by_opening(true).empty());
}

}  // namespace
}  // namespace samsa::log
