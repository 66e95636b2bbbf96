// Logs on their way from one directory to another (KIP-113).

#include <gmock/gmock.h>

#include "log/cleaner/cleanable_log.h"
#include "log_dirs_fixture.h"

namespace samsa::log {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;

struct FutureLogsTest : LogDirsTest {
  static inline const TopicPartition k_tp{"t", 0};

  // A log with five records in the first directory and an empty future one in the second.
  std::unique_ptr<LogDirs> begin() {
    auto logs = open_dirs(2);
    current_ = make(*logs, "t");
    for (int i = 0; i < 5; ++i) append(*current_);
    current_->update_high_watermark(Offset{5});
    future_ = begin_move(*logs);
    return logs;
  }
  std::shared_ptr<Log> begin_move(LogDirs& logs) {
    auto future = logs.get_or_create_future(k_tp, dir(1), config_);
    EXPECT_TRUE(future) << (future ? Error{} : future.error());
    return future ? *future : nullptr;
  }
  void compact() {
    config_.cleanup_compact = true;
    current_->update_config(config_);
  }
  std::vector<std::string> partitions_in(int number) const {
    auto names = entries(dir(number));
    std::erase_if(names, [&](const auto& name) { return !name.starts_with("t-"); });
    return names;
  }
  void forget() {
    current_.reset();
    future_.reset();
  }

  std::shared_ptr<Log> current_, future_;
};

TEST_F(FutureLogsTest, AFutureLogIsMadeWhereItIsToGoUnderANameOfItsOwn) {
  auto logs = begin();
  EXPECT_TRUE(future_->is_future());
  EXPECT_FALSE(current_->is_future());
  EXPECT_THAT(partitions_in(0), ElementsAre("t-0"));
  EXPECT_THAT(partitions_in(1), ElementsAre(MatchesRegex("t-0\\.[0-9a-f]{32}-future")));
  EXPECT_EQ(begin_move(*logs), future_) << "one is enough";
  EXPECT_EQ(logs->all().size(), 2U);
  EXPECT_EQ(logs->get(k_tp), current_);
}

TEST_F(FutureLogsTest, AfterARestartItIsThereWithWhatItHad) {
  auto logs = begin();
  copy_some(*current_, *future_, 1 << 20);
  future_->update_high_watermark(Offset{5});
  append(*current_);
  ASSERT_TRUE(logs->close());
  forget();
  logs.reset();
  logs = open_dirs(2);
  ASSERT_TRUE(logs->future(k_tp));
  EXPECT_EQ(offsets_in(*logs->future(k_tp)), up_to(5));
  EXPECT_EQ(logs->future(k_tp)->high_watermark(), Offset{5});
  EXPECT_EQ(offsets_in(*logs->get(k_tp)), up_to(6));
}

TEST_F(FutureLogsTest, ItTakesThePlaceOfTheCurrentOneWithAllThatIsKnownOfThat) {
  config_.file_delete_delay_ms = 1000;
  auto logs = begin();
  copy_some(*current_, *future_, 1 << 20);
  ASSERT_TRUE(current_->maybe_increment_log_start_offset(Offset{2}));
  auto replaced = logs->replace_by_future(future_);
  ASSERT_TRUE(replaced) << replaced.error();
  logs->retire_former(k_tp);
  EXPECT_EQ(logs->get(k_tp), future_);
  EXPECT_FALSE(logs->future(k_tp));
  EXPECT_FALSE(future_->is_future());
  EXPECT_EQ(future_->high_watermark(), Offset{5});
  EXPECT_EQ(future_->log_start_offset(), Offset{2});
  EXPECT_THAT(partitions_in(1), ElementsAre("t-0"));
  EXPECT_THAT(partitions_in(0), ElementsAre(MatchesRegex("t-0\\.[0-9a-f]{32}-delete")));
  EXPECT_EQ(text(dir(1) + "/log-start-offset-checkpoint"), "0\n1\nt 0 2\n");
  EXPECT_EQ(text(dir(0) + "/recovery-point-offset-checkpoint"), "0\n0\n");
  logs->start();
  await("the old files go", [&] { return partitions_in(0).empty(); });
  append(*future_);
  ASSERT_TRUE(logs->close());
  forget();
  logs.reset();
  logs = open_dirs(2);
  EXPECT_EQ(LogDirs::parent_of(*logs->get(k_tp)), dir(1));
  EXPECT_EQ(offsets_in(*logs->get(k_tp)), (std::vector<int64_t>{2, 3, 4, 5}));
}

TEST_F(FutureLogsTest, UpToWhereItIsCleanMovesAlong) {
  auto logs = open_dirs(2);
  current_ = make(*logs, "t");
  for (int i = 0; i < 5; ++i) append(*current_);
  current_->update_high_watermark(Offset{5});
  compact();
  {
    auto claimed = CleanableLog::claim(current_);
    ASSERT_TRUE(claimed);
    claimed->set_first_dirty(claimed->view(), Offset{4});
  }
  logs->write_first_dirty_offsets();
  EXPECT_EQ(text(dir(0) + "/cleaner-offset-checkpoint"), "0\n1\nt 0 4\n");
  future_ = begin_move(*logs);
  copy_some(*current_, *future_, 1 << 20);
  ASSERT_TRUE(logs->replace_by_future(future_));
  logs->retire_former(k_tp);
  EXPECT_EQ(text(dir(0) + "/cleaner-offset-checkpoint"), "0\n0\n");
  EXPECT_EQ(text(dir(1) + "/cleaner-offset-checkpoint"), "0\n1\nt 0 4\n");
}

TEST_F(FutureLogsTest, WhatIsBeingCopiedIsNotCleanedMeanwhile) {
  auto logs = begin();
  compact();
  EXPECT_FALSE(CleanableLog::claim(current_));
  ASSERT_TRUE(logs->remove_future(k_tp));
  EXPECT_TRUE(CleanableLog::claim(current_));
  future_ = begin_move(*logs);
  copy_some(*current_, *future_, 1 << 20);
  ASSERT_TRUE(logs->replace_by_future(future_));
  logs->retire_former(k_tp);
  EXPECT_TRUE(CleanableLog::claim(future_));
  ASSERT_TRUE(logs->close());
}

TEST_F(FutureLogsTest, AMoveThatAnEarlierProcessBeganKeepsTheCleanerAway) {
  auto logs = begin();
  compact();
  ASSERT_TRUE(logs->close());
  forget();
  logs.reset();
  logs = open_dirs(2);
  EXPECT_FALSE(CleanableLog::claim(logs->get(k_tp)));
}

TEST_F(FutureLogsTest, AMoveThatIsGivenUpLeavesTheCurrentOneAlone) {
  auto logs = begin();
  ASSERT_TRUE(logs->remove_future(k_tp));
  EXPECT_FALSE(logs->future(k_tp));
  EXPECT_THAT(partitions_in(1), ElementsAre(MatchesRegex("t-0\\.[0-9a-f]{32}-delete")));
  EXPECT_EQ(offsets_in(*current_), up_to(5));
  EXPECT_FALSE(logs->replace_by_future(future_)) << "too late";
  EXPECT_EQ(logs->get(k_tp), current_);
  EXPECT_TRUE(logs->remove_future(k_tp)) << "nothing to do";
}

TEST_F(FutureLogsTest, RemovingTheLogRemovesItsFutureOne) {
  auto logs = begin();
  ASSERT_TRUE(logs->remove(k_tp));
  EXPECT_THAT(logs->all(), IsEmpty());
  for (int number : {0, 1})
    EXPECT_THAT(partitions_in(number), ElementsAre(MatchesRegex("t-0\\.[0-9a-f]{32}-delete")));
}

TEST_F(FutureLogsTest, WhereTheDirectoryItGoesToFailsTheLogStaysWhereItIs) {
  auto logs = begin();
  fs::rename(dir(1), dir(1) + ".gone");
  logs->write_recovery_points();
  EXPECT_THAT(logs->offline_dirs(), ElementsAre(dir(1)));
  compact();
  EXPECT_TRUE(CleanableLog::claim(current_)) << "nothing keeps it from being cleaned any more";
  EXPECT_FALSE(logs->future(k_tp));
  EXPECT_FALSE(future_->is_healthy());
  EXPECT_FALSE(logs->is_unreachable(k_tp));
  EXPECT_EQ(offsets_in(*current_), up_to(5));
  EXPECT_EQ(logs->get_or_create_future(k_tp, dir(1), config_).error().code,
            Errc::kafka_storage_error);
}

TEST_F(FutureLogsTest, WhereTheDirectoryItComesFromFailsTheCopyIsNotTakenForTheLog) {
  auto logs = begin();
  fs::rename(dir(0), dir(0) + ".gone");
  logs->write_recovery_points();
  EXPECT_TRUE(logs->is_unreachable(k_tp));
  EXPECT_FALSE(logs->get(k_tp));
  EXPECT_FALSE(logs->replace_by_future(future_));
  EXPECT_EQ(logs->get_or_create(k_tp, config_, false).error().code, Errc::kafka_storage_error);
}

// As a crash leaves them between the renaming of the one and of the other.
TEST_F(FutureLogsTest, AMoveThatACrashEndsBetweenTheRenamingsIsFinishedByTheNextStart) {
  auto logs = begin();
  copy_some(*current_, *future_, 1 << 20);
  ASSERT_TRUE(current_->maybe_increment_log_start_offset(Offset{2}));
  logs->write_log_starts();
  ASSERT_TRUE(logs->begin_replacement(future_));
  ASSERT_TRUE(logs->replace_by_future(future_));
  ASSERT_THAT(partitions_in(0), ElementsAre("t-0"));
  ASSERT_THAT(partitions_in(1), ElementsAre("t-0"));
  forget();
  logs.reset();
  logs = open_dirs(2);
  ASSERT_TRUE(logs);
  EXPECT_EQ(LogDirs::parent_of(*logs->get(k_tp)), dir(1));
  EXPECT_EQ(offsets_in(*logs->get(k_tp)), (std::vector<int64_t>{2, 3, 4}));
  EXPECT_THAT(partitions_in(0), ElementsAre(MatchesRegex("t-0\\.[0-9a-f]{32}-delete")));
  EXPECT_EQ(text(dir(1) + "/log-start-offset-checkpoint"), "0\n1\nt 0 2\n");
  EXPECT_THAT(entries(dir(1) + "/t-0"), Not(Contains(HasSubstr("moved"))));
}

TEST_F(FutureLogsTest, AMoveThatACrashEndsBeforeTheRenamingsLeavesTheLogWhereItWas) {
  auto logs = begin();
  copy_some(*current_, *future_, 1 << 20);
  ASSERT_TRUE(logs->begin_replacement(future_));
  forget();
  logs.reset();
  logs = open_dirs(2);
  ASSERT_TRUE(logs);
  EXPECT_EQ(LogDirs::parent_of(*logs->get(k_tp)), dir(0));
  EXPECT_TRUE(logs->future(k_tp));
  EXPECT_THAT(entries(dir(0) + "/t-0"), Not(Contains(HasSubstr("moved"))));
}

TEST_F(FutureLogsTest, ALogThatStaysThoughItsCopyHasItsNameIsTheOneToBelieve) {
  auto logs = begin();
  copy_some(*current_, *future_, 1 << 20);
  ASSERT_TRUE(logs->begin_replacement(future_));
  // The copy's directory failed just after the renaming; what comes then is in the log that stays.
  fs::rename(dir(1) + '/' + partitions_in(1)[0], dir(1) + "/t-0");
  EXPECT_FALSE(logs->replace_by_future(future_));
  logs->give_replacement_up(k_tp);
  append(*current_);
  ASSERT_TRUE(current_->flush());
  forget();
  logs.reset();
  auto refused = LogDirs::open(options(2));
  ASSERT_FALSE(refused) << "nothing may be thrown away";
  EXPECT_THAT(refused.error().message, HasSubstr("Duplicate log directories"));
}

TEST_F(FutureLogsTest, AFormerLogAndOneThatWasMadeAgainAreForAPersonToDecideAbout) {
  auto logs = begin();
  copy_some(*current_, *future_, 1 << 20);
  ASSERT_TRUE(logs->begin_replacement(future_));
  forget();
  logs.reset();
  fs::remove_all(dir(1) + '/' + partitions_in(1)[0]);
  fs::create_directory(dir(1) + "/t-0");
  EXPECT_FALSE(LogDirs::open(options(2)));
}

TEST_F(FutureLogsTest, AFormerLogIsNotServedWhereTheOneThatTookItsPlaceMayBeOffline) {
  auto logs = begin();
  copy_some(*current_, *future_, 1 << 20);
  ASSERT_TRUE(logs->begin_replacement(future_));
  ASSERT_TRUE(logs->replace_by_future(future_));
  append(*future_);
  forget();
  logs.reset();
  fs::rename(dir(1), dir(1) + ".away");
  std::ofstream{dir(1)} << "no directory";
  logs = open_dirs(2);
  ASSERT_TRUE(logs);
  EXPECT_FALSE(logs->get(k_tp));
  EXPECT_TRUE(logs->is_unreachable(k_tp));
  logs.reset();
  fs::remove(dir(1));
  fs::rename(dir(1) + ".away", dir(1));
  logs = open_dirs(2);
  ASSERT_TRUE(logs);
  EXPECT_EQ(logs->get(k_tp)->log_end_offset(), Offset{6});
}

TEST_F(FutureLogsTest, ATopicThatIsMadeAgainWhileItsFormerLogLeavesFindsNothingOfIt) {
  auto logs = begin();
  copy_some(*current_, *future_, 1 << 20);
  ASSERT_TRUE(logs->replace_by_future(future_));
  ASSERT_TRUE(logs->remove(k_tp));
  for (const int number : {0, 1}) {
    logs->prefer(k_tp, dir(number));
    auto again = logs->get_or_create(k_tp, config_);
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->log_end_offset(), Offset{0});
    ASSERT_TRUE(logs->remove(k_tp));
  }
  logs->retire_former(k_tp);
  EXPECT_THAT(partitions_in(0), Each(EndsWith("-delete")));
}

TEST_F(FutureLogsTest, TwoLogsOfOneNameAreForAPersonToDecideAbout) {
  auto logs = begin();
  ASSERT_TRUE(logs->close());
  forget();
  logs.reset();
  fs::rename(dir(1) + '/' + partitions_in(1)[0], dir(1) + "/t-0");
  auto refused = LogDirs::open(options(2));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message,
              HasSubstr("Duplicate log directories for t-0 are found in both " + dir(0) +
                        "/t-0 and " + dir(1) + "/t-0"));
}

TEST_F(FutureLogsTest, WhereTheLogIsAlreadyNoFutureOneIsMade) {
  auto logs = open_dirs(2);
  current_ = make(*logs, "t");
  auto none = logs->get_or_create_future(k_tp, dir(0), config_);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  EXPECT_THAT(partitions_in(0), ElementsAre("t-0"));
}

TEST_F(FutureLogsTest, WhatCanNotBeRemovedDoesNotCountAsRemoved) {
  auto logs = begin();
  fs::rename(dir(1), dir(1) + ".gone");
  EXPECT_EQ(logs->remove(k_tp).error().code, Errc::kafka_storage_error);
  EXPECT_EQ(logs->remove(k_tp).error().code, Errc::kafka_storage_error);
  EXPECT_THAT(partitions_in(0), ElementsAre(MatchesRegex("t-0\\.[0-9a-f]{32}-delete")));
}

TEST_F(FutureLogsTest, ALogThatIsYetToBeMadeGoesWhereItIsWanted) {
  auto logs = open_dirs(2);
  logs->prefer({"later", 0}, dir(1));
  EXPECT_EQ(LogDirs::parent_of(*make(*logs, "sooner")), dir(0));
  EXPECT_EQ(LogDirs::parent_of(*make(*logs, "later")), dir(1));
}

TEST_F(FutureLogsTest, AsLongAsItsDirectoryIsOfflineALogThatIsWantedThereIsNotMade) {
  auto logs = open_dirs(2);
  logs->prefer({"later", 0}, dir(1));
  fs::rename(dir(1), dir(1) + ".gone");
  make(*logs, "sooner");
  logs->write_recovery_points();
  ASSERT_THAT(logs->offline_dirs(), ElementsAre(dir(1)));
  EXPECT_EQ(logs->get_or_create({"later", 0}, config_).error().code, Errc::kafka_storage_error);
}

}  // namespace
}  // namespace samsa::log
