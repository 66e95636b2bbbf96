// All logs of a broker: locks, identity, loading, checkpoints, retention, removal, lost
// directories.

#include "log/log_dirs.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "log_dirs_fixture.h"

namespace samsa::log {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(LogDirsTest, ADirectoryHeldByAnotherProcessIsRefused) {
  fs::create_directories(dir());
  int ready[2], release[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(release), 0);
  const std::string lock_file = dir() + "/.lock";
  const pid_t holder = ::fork();
  if (holder == 0) {
    // As a JVM does it: a POSIX record lock.
    const int fd = ::open(lock_file.c_str(), O_RDWR | O_CREAT, 0644);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    char byte = ::fcntl(fd, F_SETLK, &lock) == 0 ? 'y' : 'n';
    ::close(release[1]);
    if (::write(ready[1], &byte, 1) != 1 || ::read(release[0], &byte, 1) < 0) ::_exit(1);
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  auto refused = LogDirs::open(options());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message,
              HasSubstr("Failed to acquire lock on file .lock in " + dir()));
  for (const int fd : {ready[0], ready[1], release[0], release[1]}) ::close(fd);
  ::waitpid(holder, nullptr, 0);
  EXPECT_TRUE(LogDirs::open(options()));
}

TEST_F(LogDirsTest, ADirectoryHeldByThisProcessIsRefused) {
  auto logs = open_dirs();
  EXPECT_FALSE(LogDirs::open(options()));
  logs.reset();
  EXPECT_TRUE(LogDirs::open(options()));
}

TEST_F(LogDirsTest, MetaPropertiesAreKafkas) {
  auto logs = open_dirs(2);
  ASSERT_TRUE(logs->write_meta({.broker_id = BrokerId{7}, .cluster_id = "abc"}));
  for (int i : {0, 1}) {
    const std::string written = text(dir(i) + "/meta.properties");
    EXPECT_THAT(written, testing::StartsWith("#\n#"));
    EXPECT_THAT(written, testing::EndsWith("\ncluster.id=abc\nversion=0\nbroker.id=7\n"));
  }
  EXPECT_EQ(logs->check_meta(BrokerId{7})->cluster_id, "abc");
}

TEST_F(LogDirsTest, OfEquallyFullDirectoriesTheOneThatIsNamedFirstTakesTheNextLog) {
  auto reversed = options(3);
  std::ranges::reverse(reversed.dirs);
  auto logs = open_dirs(std::move(reversed));
  std::vector<std::string> parents;
  for (int32_t i = 0; i < 4; ++i) parents.push_back(LogDirs::parent_of(*make(*logs, "t", i)));
  EXPECT_THAT(parents, ElementsAre(dir(2), dir(1), dir(0), dir(2)));
}

TEST_F(LogDirsTest, ADirectoryThatCanNotTakeANewLogGoesOfflineAndTheNextTakesIt) {
  auto logs = open_dirs(2);
  fs::rename(dir(0), dir(0) + ".gone");
  std::ofstream(dir(0)) << "not a directory";
  auto log = make(*logs, "t");
  EXPECT_EQ(LogDirs::parent_of(*log), dir(1));
  EXPECT_THAT(logs->offline_dirs(), ElementsAre(dir(0)));
  EXPECT_FALSE(logs->is_unreachable({"t", 0}));
}

TEST_F(LogDirsTest, AnotherBrokersIdIsRefused) {
  auto logs = open_dirs();
  ASSERT_TRUE(logs->write_meta({.broker_id = BrokerId{7}, .cluster_id = "abc"}));
  auto checked = logs->check_meta(BrokerId{8});
  ASSERT_FALSE(checked);
  EXPECT_THAT(
      checked.error().message,
      HasSubstr("Configured broker.id 8 doesn't match stored broker.id 7 in meta.properties"));
}

TEST_F(LogDirsTest, AnotherClustersIdIsRefused) {
  EXPECT_TRUE(LogDirs::check_cluster_id({.cluster_id = "abc"}, "abc"));
  EXPECT_TRUE(LogDirs::check_cluster_id({}, "abc"));
  EXPECT_THAT(
      LogDirs::check_cluster_id({.cluster_id = "abc"}, "xyz").error().message,
      HasSubstr("The Cluster ID xyz doesn't match stored clusterId Some(abc) in meta.properties"));
}

TEST_F(LogDirsTest, DirectoriesOfDifferentBrokersAreRefused) {
  auto logs = open_dirs(2);
  ASSERT_TRUE(write_meta_properties(dir(0), {.broker_id = BrokerId{1}}));
  ASSERT_TRUE(write_meta_properties(dir(1), {.broker_id = BrokerId{2}}));
  EXPECT_THAT(logs->check_meta(std::nullopt).error().message,
              HasSubstr("BrokerMetadata is not consistent across log.dirs"));
}

TEST_F(LogDirsTest, CorruptMetaPropertiesAreRefused) {
  auto logs = open_dirs();
  for (const char* content :
       {"", "version=1\nbroker.id=0\n", "broker.id=0\n", "version=0\nbroker.id=zero\n",
        "version=0\nbroker.id=99999999999\n", "\x01\x02\x03"}) {
    ASSERT_TRUE(replace_file(dir() + "/meta.properties", content));
    EXPECT_FALSE(logs->check_meta(std::nullopt)) << content;
  }
}

TEST_F(LogDirsTest, TheCleanMarkerIsReadAndRemovedBeforeAnyLogIsLoaded) {  // KAFKA-10471
  const std::string marker = dir() + "/.kafka_cleanshutdown";
  {
    auto logs = open_dirs();
    append(*make(*logs, "a"));
    EXPECT_FALSE(fs::exists(marker));
    ASSERT_TRUE(logs->close());
    EXPECT_TRUE(fs::exists(marker));
    EXPECT_EQ(fs::file_size(marker), 0u);
  }
  auto loading = options();
  bool was_there = true;
  loading.config_of = [&](const std::string&) {
    was_there = fs::exists(marker);
    return config_;
  };
  auto logs = open_dirs(std::move(loading));
  EXPECT_FALSE(was_there);
  logs.reset();
  EXPECT_FALSE(fs::exists(marker)) << "it did not stop in order";
}

TEST_F(LogDirsTest, LogsComeBackAfterACrashWithTheirTornTailsCut) {
  {
    auto logs = open_dirs();
    for (const char* topic : {"a", "b"})
      for (int i = 0; i < 3; ++i) append(*make(*logs, topic));
  }
  const fs::path torn = fs::path(dir()) / "a-0" / file_name(Offset{0}, ".log");
  fs::resize_file(torn, fs::file_size(torn) - 1);
  auto logs = open_dirs();
  EXPECT_EQ(logs->get({"a", 0})->log_end_offset(), Offset{2});
  EXPECT_EQ(logs->get({"b", 0})->log_end_offset(), Offset{3});
}

TEST_F(LogDirsTest, WhatIsNoLogIsLeftAlone) {
  fs::create_directories(dir() + "/lost+found");
  fs::create_directories(dir() + "/notes");
  fs::create_directories(dir() + "/backup-delete");
  fs::create_directories(dir() + "/topic-x");
  ASSERT_TRUE(replace_file(dir() + "/README-0", "text"));
  auto logs = open_dirs();
  logs->start();
  append(*make(*logs, "a"));
  ASSERT_TRUE(logs->close());
  EXPECT_EQ(logs->all().size(), 1u);
  for (const char* name : {"lost+found", "notes", "backup-delete", "topic-x", "README-0"})
    EXPECT_TRUE(fs::exists(dir() + "/" + name)) << name;
}

TEST_F(LogDirsTest, ARemovalThatACrashInterruptedIsFinished) {
  const std::string doomed = dir() + "/a.b-3.0123456789abcdef0123456789abcdef-delete";
  fs::create_directories(doomed);
  ASSERT_TRUE(replace_file(doomed + "/00000000000000000000.log", "x"));
  auto logs = open_dirs();
  EXPECT_EQ(logs->get({"a.b", 3}), nullptr);
  logs->start();
  await("the directory goes", [&] { return !fs::exists(doomed); });
}

TEST_F(LogDirsTest, ARemovedLogIsRenamedAtOnceAndGoneAfterTheDelay) {
  config_.file_delete_delay_ms = 60'000;
  auto logs = open_dirs();
  logs->start();
  auto log = make(*logs, "a");
  append(*log);
  const auto slice = log->read(Offset{0}, 100, Isolation::log_end, true);
  ASSERT_TRUE(logs->remove({"a", 0}));
  EXPECT_EQ(logs->get({"a", 0}), nullptr);
  EXPECT_FALSE(fs::exists(dir() + "/a-0"));
  const fs::path renamed = log->dir();
  EXPECT_THAT(renamed.filename().string(), testing::MatchesRegex("a-0\\.[0-9a-f]{32}-delete"));
  EXPECT_TRUE(fs::exists(renamed));
  auto again = make(*logs, "a");
  EXPECT_EQ(again->log_end_offset(), Offset{0});
  await(
      "the directory goes", [&] { return !fs::exists(renamed); }, 1000);
  EXPECT_TRUE(fs::exists(dir() + "/a-0"));
  EXPECT_EQ(first_offset_of(*slice), 0) << "a reply under way goes on";
}

TEST_F(LogDirsTest, ALogOfTheLongestTopicNameCanBeRemoved) {
  auto logs = open_dirs();
  const std::string topic(249, 'x');
  append(*make(*logs, topic, 12));
  ASSERT_TRUE(logs->remove({topic, 12}));
  EXPECT_TRUE(lost_.empty());
  EXPECT_FALSE(fs::exists(dir() + "/" + topic + "-12"));
}

TEST_F(LogDirsTest, RetentionByTimeTakesSegmentsAndTheirFilesGoAfterTheDelay) {
  config_.segment_bytes = 600;
  config_.retention_ms = 1000;
  config_.file_delete_delay_ms = 60'000;
  auto logs = open_dirs();
  auto log = make(*logs, "a");
  for (int i = 0; i < 30; ++i) append(*log, {.timestamp_ms = shared_clock_.wall_ms()});
  log->update_high_watermark(Offset{30});
  logs->start();
  await("all segments but an empty one go", [&] { return log->size_bytes() == 0; });
  EXPECT_EQ(log->log_start_offset(), Offset{30});
  const auto count = [&](const std::string& extension) {
    int found = 0;
    for (const auto& entry : fs::directory_iterator(dir() + "/a-0"))
      found += entry.path().extension() == extension;
    return found;
  };
  EXPECT_GT(count(".deleted"), 0);
  await(
      "the files go", [&] { return count(".deleted") == 0; }, 1000);
  EXPECT_EQ(count(".log"), 1);
  EXPECT_EQ(append(*log, {.timestamp_ms = shared_clock_.wall_ms()}), Offset{30});
}

TEST_F(LogDirsTest, RetentionBySizeKeepsAtLeastThatMuchAndNeverPassesTheHighWatermark) {
  config_.segment_bytes = 600;
  config_.retention_bytes = 1500;
  config_.retention_ms = -1;
  auto logs = open_dirs();
  auto log = make(*logs, "a");
  for (int i = 0; i < 100; ++i) append(*log);
  log->update_high_watermark(Offset{20});
  logs->start();
  await("something goes", [&] { return log->log_start_offset() > Offset{0}; });
  EXPECT_LE(log->log_start_offset(), Offset{20});
  log->update_high_watermark(Offset{100});
  await("all goes that may", [&] { return log->size_bytes() < 1500 + 600; });
  EXPECT_GE(log->size_bytes(), 1500);
}

TEST_F(LogDirsTest, ACompactedTopicKeepsItsSegments) {
  config_.segment_bytes = 600;
  config_.retention_bytes = 1;
  config_.cleanup_delete = false;
  auto logs = open_dirs();
  auto log = make(*logs, "a");
  for (int i = 0; i < 50; ++i) append(*log);
  log->update_high_watermark(Offset{50});
  const int segments = log->segment_count();
  EXPECT_EQ(*log->delete_old_segments(), 0);
  ASSERT_TRUE(log->maybe_increment_log_start_offset(Offset{45}));
  EXPECT_GT(*log->delete_old_segments(), 0) << "below the log's start they go all the same";
  EXPECT_LT(log->segment_count(), segments);
}

TEST_F(LogDirsTest, CheckpointsAreWrittenInKafkasFormat) {
  auto logs = open_dirs();
  for (const char* topic : {"b", "a b", "a"})
    for (int i = 0; i < 3; ++i) append(*make(*logs, topic, 1));
  for (const auto& log : logs->all()) log->update_high_watermark(Offset{2});
  auto a = logs->get({"a", 1});
  ASSERT_TRUE(a->maybe_increment_log_start_offset(Offset{1}));
  ASSERT_TRUE(logs->close());
  EXPECT_EQ(text(dir() + "/replication-offset-checkpoint"), "0\n3\na 1 2\na b 1 2\nb 1 2\n");
  EXPECT_EQ(text(dir() + "/recovery-point-offset-checkpoint"), "0\n3\na 1 3\na b 1 3\nb 1 3\n");
  EXPECT_EQ(text(dir() + "/log-start-offset-checkpoint"), "0\n1\na 1 1\n");
}

TEST_F(LogDirsTest, HighWatermarksAreCheckpointedAllTheTimeAndBackAfterACrash) {
  auto logs = open_dirs();
  auto log = make(*logs, "a");
  for (int i = 0; i < 5; ++i) append(*log);
  log->update_high_watermark(Offset{4});
  logs->start();
  const std::string checkpoint = dir() + "/replication-offset-checkpoint";
  await("the checkpoint", [&] { return text(checkpoint) == "0\n1\na 0 4\n"; });
  log.reset();
  logs.reset();
  logs = open_dirs();
  EXPECT_EQ(logs->get({"a", 0})->high_watermark(), Offset{4});
}

TEST_F(LogDirsTest, LogStartsComeBackAfterACrash) {
  auto logs = open_dirs();
  auto log = make(*logs, "a");
  for (int i = 0; i < 5; ++i) append(*log);
  log->update_high_watermark(Offset{5});
  ASSERT_TRUE(log->maybe_increment_log_start_offset(Offset{3}));
  logs->start();
  await("the checkpoint",
        [&] { return text(dir() + "/log-start-offset-checkpoint") == "0\n1\na 0 3\n"; });
  log.reset();
  logs.reset();
  logs = open_dirs();
  EXPECT_EQ(logs->get({"a", 0})->log_start_offset(), Offset{3});
}

// A crash must not cut what the new log has by what the checkpoints tell of the old one.
TEST_F(LogDirsTest, ANewLogBeginsWithoutWhatIsCheckpointedOfAFormerOneOfItsName) {
  auto logs = open_dirs();
  auto log = make(*logs, "a");
  for (int i = 0; i < 5; ++i) append(*log);
  log->update_high_watermark(Offset{5});
  ASSERT_TRUE(log->maybe_increment_log_start_offset(Offset{3}));
  ASSERT_TRUE(log->flush());
  logs->write_log_starts();
  logs->write_recovery_points();
  logs->write_high_watermarks();
  log.reset();
  logs.reset();
  logs = open_dirs();  // as the files were left by another process
  ASSERT_TRUE(logs->remove({"a", 0}));
  log = make(*logs, "a");
  append(*log);
  log.reset();
  logs.reset();
  logs = open_dirs();
  EXPECT_EQ(logs->get({"a", 0})->log_start_offset(), Offset{0});
  EXPECT_EQ(offsets_in(*logs->get({"a", 0})), up_to(1));
}

TEST_F(LogDirsTest, ALogThatIsMadeHalfIsNotMadeAgainElsewhere) {
  auto logs = open_dirs(2);
  fs::create_directories(dir(0) + "/t-0/00000000000000000000.log/x");
  EXPECT_EQ(logs->get_or_create({"t", 0}, config_).error().code, Errc::kafka_storage_error);
  EXPECT_FALSE(fs::exists(dir(1) + "/t-0"));
  EXPECT_TRUE(logs->is_unreachable({"t", 0}));
}

TEST_F(LogDirsTest, WhatCouldNotBeHadIsNotRemovedEither) {
  auto logs = open_dirs(2);
  make(*logs, "other");
  fs::rename(dir(1), dir(1) + ".gone");
  logs->write_recovery_points();
  ASSERT_THAT(logs->offline_dirs(), ElementsAre(dir(1)));
  EXPECT_EQ(logs->get_or_create({"t", 0}, config_, false).error().code, Errc::kafka_storage_error);
  EXPECT_EQ(logs->remove({"t", 0}).error().code, Errc::kafka_storage_error);
}

TEST_F(LogDirsTest, FullSegmentsAreSyncedInTheBackgroundAndTheRecoveryPointFollows) {
  config_.segment_bytes = 600;
  auto logs = open_dirs();
  auto log = make(*logs, "a");
  for (int i = 0; i < 50; ++i) append(*log);
  logs->start();
  await("the recovery point", [&] { return log->recovery_point() > Offset{40}; });
  const auto expected = "0\n1\na 0 " + std::to_string(log->recovery_point().value()) + "\n";
  await("the checkpoint",
        [&] { return text(dir() + "/recovery-point-offset-checkpoint") == expected; });
}

TEST_F(LogDirsTest, MalformedCheckpointsAreMadeAnew) {
  {
    auto logs = open_dirs();
    append(*make(*logs, "a"));
    ASSERT_TRUE(logs->close());
  }
  for (const char* name : {"recovery-point-offset-checkpoint", "log-start-offset-checkpoint",
                           "replication-offset-checkpoint"})
    ASSERT_TRUE(replace_file(dir() + "/" + name, "0\nmany\n"));
  auto logs = open_dirs();
  EXPECT_EQ(offsets_in(*logs->get({"a", 0})), up_to(1));
  EXPECT_TRUE(lost_.empty());
}

TEST_F(LogDirsTest, NewLogsGoWhereThereAreFewest) {
  auto logs = open_dirs(3);
  for (int32_t i = 0; i < 9; ++i) make(*logs, "a", i);
  for (int i = 0; i < 3; ++i) {
    int here = 0;
    for (const auto& name : entries(dir(i))) here += name.starts_with("a-");
    EXPECT_EQ(here, 3);
  }
}

TEST_F(LogDirsTest, Ext4IsToldThatPartitionsOfANewDirectoryHaveNothingToDoWithEachOther) {
  const auto flags_of = [](const std::string& path) -> std::optional<int> {
    auto opened = open_file(path, O_RDONLY | O_DIRECTORY);
    int flags = 0;
    if (!opened || ::ioctl(opened->get(), FS_IOC_GETFLAGS, &flags) != 0) return std::nullopt;
    return flags;
  };
  fs::create_directory(dir(1));
  std::ofstream{dir(1) + "/of another"} << "use";
  const auto before = flags_of(dir(1));
  open_dirs(2);
  EXPECT_EQ(flags_of(dir(1)), before) << "what is not new is left as it is";
  struct statfs info {};
  ASSERT_EQ(::statfs(dir(0).c_str(), &info), 0);
  const auto flags = flags_of(dir(0));
  const bool is_told = flags && (*flags & FS_TOPDIR_FL) != 0;
  EXPECT_EQ(is_told, info.f_type == EXT4_SUPER_MAGIC);
}

TEST_F(LogDirsTest, ADirectoryThatCantBeUsedIsOfflineAndTheOthersServe) {
  {
    auto logs = open_dirs(2);
    for (int32_t i = 0; i < 2; ++i) append(*make(*logs, "a", i));
    ASSERT_TRUE(logs->close());
  }
  fs::rename(dir(1), folder_.path() / "unplugged");
  ASSERT_TRUE(replace_file(dir(1), "a file where the directory was"));
  auto logs = open_dirs(2);
  EXPECT_THAT(logs->live_dirs(), ElementsAre(dir(0)));
  EXPECT_THAT(logs->offline_dirs(), ElementsAre(dir(1)));
  EXPECT_EQ(logs->all().size(), 1u);
  const TopicPartition here = logs->all()[0]->tp();
  const TopicPartition there{"a", 1 - here.partition};
  // KIP-112: its records may lie in the directory that is gone.
  EXPECT_EQ(logs->get_or_create(there, config_, false).error().code, Errc::kafka_storage_error);
  EXPECT_TRUE(logs->get_or_create(here, config_, false));
  EXPECT_EQ(LogDirs::parent_of(**logs->get_or_create({"new", 0}, config_, true)), dir(0));
}

TEST_F(LogDirsTest, WithoutAnyUsableDirectoryThereIsNoBroker) {
  ASSERT_TRUE(replace_file(dir(0), "a file"));
  auto logs = LogDirs::open(options());
  ASSERT_FALSE(logs);
  EXPECT_THAT(logs.error().message, HasSubstr("none of the specified log dirs"));
}

TEST_F(LogDirsTest, ALogThatCantBeLoadedTakesItsDirectoryOffline) {
  {
    auto logs = open_dirs(2);
    for (int32_t i = 0; i < 4; ++i) append(*make(*logs, "a", i));
    ASSERT_TRUE(logs->close());
  }
  std::string broken;
  for (const auto& name : entries(dir(0)))
    if (name.starts_with("a-")) broken = dir(0) + "/" + name;
  fs::remove(broken + "/00000000000000000000.log");
  fs::create_directories(broken + "/00000000000000000000.log/x");
  auto logs = open_dirs(2);
  EXPECT_THAT(logs->offline_dirs(), ElementsAre(dir(0)));
  EXPECT_EQ(logs->all().size(), 2u);
  ASSERT_TRUE(logs->close());
  EXPECT_FALSE(fs::exists(dir(0) + "/.kafka_cleanshutdown"));  // KAFKA-13773
  EXPECT_TRUE(fs::exists(dir(1) + "/.kafka_cleanshutdown"));
}

TEST_F(LogDirsTest, AFailureOfOneLogFencesAllOfItsDirectoryAndNoOther) {
  auto logs = open_dirs(2);
  for (int32_t i = 0; i < 4; ++i) append(*make(*logs, "a", i));
  std::vector<std::shared_ptr<Log>> lost, kept;
  for (const auto& log : logs->all())
    (LogDirs::parent_of(*log) == dir(0) ? lost : kept).push_back(log);
  ASSERT_EQ(lost.size(), 2u);
  const int null = ::open("/dev/null", O_WRONLY);
  ::dup2(null, lost[0]->read(Offset{0}, 100, Isolation::log_end, true)->file->fd());
  ::close(null);
  EXPECT_FALSE(lost[0]->offset_for_timestamp(0));
  ASSERT_EQ(lost_.size(), 1u);
  EXPECT_EQ(lost_[0], (std::pair{dir(0), size_t{1}}));
  EXPECT_EQ(try_append(*lost[1], batch({})).error().error.code, Errc::kafka_storage_error);
  EXPECT_EQ(logs->get(lost[1]->tp()), nullptr);
  EXPECT_EQ(logs->remove(lost[1]->tp()).error().code, Errc::kafka_storage_error);
  for (const auto& log : kept) append(*log);
  ASSERT_TRUE(logs->close());
  EXPECT_FALSE(fs::exists(dir(0) + "/.kafka_cleanshutdown"));
  EXPECT_TRUE(fs::exists(dir(1) + "/.kafka_cleanshutdown"));
}

TEST_F(LogDirsTest, TheSamePartitionInTwoDirectoriesIsRefused) {
  fs::create_directories(dir(0) + "/a-0");
  fs::create_directories(dir(1) + "/a-0");
  auto logs = LogDirs::open(options(2));
  ASSERT_FALSE(logs);
  EXPECT_THAT(logs.error().message, HasSubstr("Duplicate log directories for a-0 are found in"));
}

TEST_F(LogDirsTest, ManyLogsAreLoadedAndClosedByManyThreads) {
  auto parallel = [&] {
    auto with_threads = options(2);
    with_threads.recovery_threads_per_dir = 4;
    return with_threads;
  };
  {
    auto logs = open_dirs(parallel());
    for (int32_t i = 0; i < 50; ++i)
      for (int32_t j = 0; j <= i % 3; ++j) append(*make(*logs, "a", i));
    ASSERT_TRUE(logs->close());
  }
  auto logs = open_dirs(parallel());
  ASSERT_EQ(logs->all().size(), 50u);
  for (const auto& log : logs->all())
    EXPECT_EQ(log->log_end_offset(), Offset{log->tp().partition % 3 + 1});
}

}  // namespace
}  // namespace samsa::log
