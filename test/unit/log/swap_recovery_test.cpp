// A broker that dies between any two of the renamings with which a cleaned segment takes the place
// of others.

#include <gmock/gmock.h>

#include "cleaner_fixture.h"

namespace samsa::log {
namespace {

using testing::IsEmpty;

constexpr const char* k_suffixes[] = {".log", ".index", ".timeindex", ".txnindex"};

struct SwapRecoveryTest : CleanerFixture {
  using Rename = std::pair<std::string, std::string>;

  // Two segments, of which the cleaner makes one, and an active one; an aborted transaction in the
  // second.
  SwapRecoveryTest() {
    config_.index_interval_bytes = 0;
    std::shared_ptr<Log> log = open();
    put(*log, "a", "1");
    put(*log, "b", "1");
    EXPECT_TRUE(log->roll());
    put(*log, "x", "aborted", of_producer(5, 0, true));
    put(*log, "c", "1");
    end_transaction(*log, 5, record::ControlType::abort);
    put(*log, "a", "2");
    EXPECT_TRUE(log->roll());
    put(*log, "d", "1");
    EXPECT_TRUE(log->close());
    log.reset();
    fs::copy(dir(), before());
    log = open(true);
    log->update_high_watermark(log->log_end_offset());
    clean(log);
    EXPECT_EQ(log->segment_count(), 2);
    EXPECT_TRUE(log->close());
    log.reset();
    fs::copy(dir(), after());
  }

  fs::path before() const { return folder_.path() / "before"; }
  fs::path after() const { return folder_.path() / "after"; }
  static std::string name(int64_t base, const char* suffix, const char* end = "") {
    return file_name(Offset{base}, suffix) + end;
  }
  static std::vector<Rename> renames() {
    std::vector<Rename> all;
    for (const char* suffix : k_suffixes)
      all.emplace_back(name(0, suffix, ".cleaned"), name(0, suffix, ".swap"));
    for (const int64_t base : {0, 2})
      for (const char* suffix : k_suffixes)
        all.emplace_back(name(base, suffix), name(base, suffix, ".deleted"));
    for (const char* suffix : k_suffixes)
      all.emplace_back(name(0, suffix, ".swap"), name(0, suffix));
    return all;
  }
  // What the disk holds when the broker dies after so many of the renamings.
  void die_after(size_t count) const {
    fs::remove_all(dir());
    fs::copy(before(), dir());
    for (const char* suffix : k_suffixes)
      if (fs::exists(after() / name(0, suffix)))
        fs::copy_file(after() / name(0, suffix), dir() / name(0, suffix, ".cleaned"));
    const auto all = renames();
    for (size_t i = 0; i < count; ++i)
      if (fs::exists(dir() / all[i].first)) fs::rename(dir() / all[i].first, dir() / all[i].second);
  }
  static Entries committed_in(const Log& log) {
    Entries entries;
    for (Offset at = log.log_start_offset(); at < log.log_end_offset();) {
      auto slice = log.read(at, 1 << 20, Isolation::txn_committed, true);
      EXPECT_TRUE(slice);
      if (!slice || slice->length == 0) break;
      const auto bytes = read_bytes(*slice);
      EXPECT_TRUE(bytes);
      EXPECT_TRUE(record::for_each_batch(*bytes, [&](record::BatchView batch) {
        at = batch.next_offset();
        const bool aborted =
            batch.is_transactional() && std::ranges::any_of(slice->aborted, [&](const auto& one) {
              return one.producer_id == batch.producer_id();
            });
        if (!aborted) append_entries(batch, entries);
      }));
    }
    return entries;
  }
  static std::map<std::string, std::string> latest(const Entries& entries) {
    std::map<std::string, std::string> values;
    for (const auto& e : entries) values[e.key] = *e.value;
    return values;
  }
  void expect_whole(const Log& log, const std::string& when) {
    const std::map<std::string, std::string> expected{
        {"a", "2"}, {"b", "1"}, {"c", "1"}, {"d", "1"}};
    EXPECT_EQ(latest(committed_in(log)), expected) << when;
    EXPECT_EQ(log.log_start_offset(), Offset{0}) << when;
    EXPECT_EQ(log.log_end_offset(), Offset{7}) << when;
    for (int64_t at = 0; at < 7; ++at)
      EXPECT_GE(first_offset_of(*log.read(Offset{at}, 1, Isolation::log_end, true)), at) << when;
  }
  void expect_tidy(const std::string& when) {
    for (const char* end : {".cleaned", ".swap", ".deleted"})
      EXPECT_THAT(files_with(end), IsEmpty()) << when;
    for (const char* suffix : {".index", ".timeindex", ".txnindex"})
      for (const auto& one : files_with(suffix))
        EXPECT_TRUE(fs::exists(dir() / (one.substr(0, 20) + ".log"))) << one << ' ' << when;
  }
};

TEST_F(SwapRecoveryTest, LosesNothingAndLeavesNothingBehind) {
  ASSERT_TRUE(fs::exists(after() / name(0, ".txnindex")));
  for (size_t count = 0; count <= renames().size(); ++count) {
    // What recovery may leave unread: nothing, the part that is cleaned, or all of it.
    for (const auto& [point, was_clean] :
         {std::pair{0, false}, std::pair{6, false}, std::pair{7, false}, std::pair{7, true}}) {
      const std::string when = "after " + std::to_string(count) + " renamings, from " +
                               std::to_string(point) + (was_clean ? " after a stop" : "");
      die_after(count);
      recovery_point_ = Offset{point};
      std::shared_ptr<Log> log = open(was_clean);
      ASSERT_TRUE(log) << when;
      log->update_high_watermark(log->log_end_offset());
      expect_whole(*log, when);
      expect_tidy(when);
      EXPECT_TRUE(try_append(*log, batch_of({{-1, "z", "1"}}, of_producer(5, 1)))) << when;
      log->update_high_watermark(log->log_end_offset());
      ASSERT_TRUE(log->truncate_to(Offset{7}));
      clean(log);
      expect_whole(*log, when + " and cleaned again");
      EXPECT_TRUE(failures_.empty()) << when;
    }
  }
}

TEST_F(SwapRecoveryTest, ADeathWhileTheSegmentIsWrittenLeavesTheOldOnes) {
  for (const uintmax_t written : {0, 1, 60, 100}) {
    die_after(0);
    fs::resize_file(file(0, ".log.cleaned"), written);
    fs::remove(file(0, ".index.cleaned"));
    std::shared_ptr<Log> log = open();
    log->update_high_watermark(log->log_end_offset());
    EXPECT_EQ(log->segment_count(), 3);
    expect_whole(*log, std::to_string(written));
    expect_tidy(std::to_string(written));
  }
}

TEST_F(SwapRecoveryTest, ASwapThatMustGoGoesBeforeWhatTellsSo) {
  // One segment was being split into two: the later one was ready, the first was not.
  die_after(0);
  for (const char* suffix : k_suffixes) fs::remove(dir() / name(0, suffix, ".cleaned"));
  fs::copy_file(file(2, ".log"), file(3, ".log.swap"));
  fs::copy_file(file(0, ".log"), file(2, ".log.cleaned"));
  std::shared_ptr<Log> log = open();
  log->update_high_watermark(log->log_end_offset());
  expect_whole(*log, "after a split that did not end");
  expect_tidy("after a split that did not end");
}

TEST_F(SwapRecoveryTest, ASwapWithoutOneWholeBatchDoesNotReplaceWhatIsSound) {
  for (const std::string& content : {std::string(1, 'x'), std::string(5000, 'x')}) {
    die_after(0);
    for (const auto& cleaned : files_with(".cleaned")) fs::remove(dir() / cleaned);
    ASSERT_TRUE(replace_file(file(0, ".log.swap"), content));
    std::shared_ptr<Log> log = open();
    log->update_high_watermark(log->log_end_offset());
    expect_whole(*log, "beside junk");
    expect_tidy("beside junk");
  }
}

TEST_F(SwapRecoveryTest, AnIndexWithoutASegmentGoes) {
  die_after(0);
  ASSERT_TRUE(replace_file(file(4, ".index"), Bytes("\0\0\0\1\0\0\0\7", 8)));
  ASSERT_TRUE(replace_file(file(4, ".txnindex"), Bytes(34, 'x')));
  std::shared_ptr<Log> log = open();
  expect_tidy("");
  ASSERT_TRUE(log->truncate_fully_and_start_at(Offset{4}));
  put(*log, "a", "1");
  EXPECT_EQ(offsets_in(*log), std::vector<int64_t>{4});
}

}  // namespace
}  // namespace samsa::log
