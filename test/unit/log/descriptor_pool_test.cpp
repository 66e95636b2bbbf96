#include "log/descriptor_pool.h"

#include <thread>

#include "log_fixture.h"

namespace samsa::log {
namespace {

struct DescriptorPoolTest : LogFixture {
  static int open_descriptors() {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator("/proc/self/fd")) ++count;
    return count;
  }
  // A log of many segments; 5 records in each, below a pool of its own.
  std::unique_ptr<Log> log_of_segments(int segments) {
    config_.segment_bytes = 400;
    auto log = open();
    while (log->segment_count() < segments) append(*log);
    return log;
  }
};

TEST_F(DescriptorPoolTest, SegmentsBeyondTheBoundAreClosedAndOpenedAgainWhenRead) {
  DescriptorPool small{10};
  config_.segment_bytes = 400;
  auto log = Log::open(place(false), config_, {.clock = &clock_, .descriptors = &small});
  ASSERT_TRUE(log);
  const int before = open_descriptors();
  while ((*log)->segment_count() < 200) append(**log);
  EXPECT_LE(open_descriptors() - before, 10);
  EXPECT_EQ(offsets_in(**log), up_to((*log)->log_end_offset().value()));
  EXPECT_LE(open_descriptors() - before, 10);
  EXPECT_LE(small.open_count(), 10u);
}

TEST_F(DescriptorPoolTest, AFileThatIsUsedAgainAndAgainStaysOpen) {
  DescriptorPool small{4};
  auto folder = std::make_shared<LogFolder>(folder_.path());
  PooledFile busy{folder, Offset{0}, ".log", small};
  const int fd = (*busy.make())->fd();
  std::vector<std::unique_ptr<PooledFile>> others;
  for (int64_t i = 1; i < 100; ++i) {
    others.push_back(std::make_unique<PooledFile>(folder, Offset{i}, ".log", small));
    ASSERT_TRUE(others.back()->make());
    EXPECT_EQ((*busy.get())->fd(), fd);
  }
  EXPECT_LE(small.open_count(), 4u);
}

TEST_F(DescriptorPoolTest, WhoeverIsSendingKeepsTheFileOpenWhenThePoolClosesIt) {
  DescriptorPool small{1};
  auto folder = std::make_shared<LogFolder>(folder_.path());
  PooledFile file{folder, Offset{0}, ".log", small};
  auto sending = *file.make();
  ASSERT_TRUE(write_all_at(sending->fd(), "still here", 0, "file"));
  PooledFile other{folder, Offset{1}, ".log", small};
  ASSERT_TRUE(other.make());
  PooledFile third{folder, Offset{2}, ".log", small};
  ASSERT_TRUE(third.make());
  EXPECT_EQ(small.open_count(), 1u);
  Bytes content(10, '\0');
  ASSERT_TRUE(read_at(sending->fd(), content, 0, "file"));
  EXPECT_EQ(content, "still here");
}

TEST_F(DescriptorPoolTest, AFileThatGoesAwayLeavesThePool) {
  DescriptorPool pool{8};
  auto folder = std::make_shared<LogFolder>(folder_.path());
  {
    PooledFile file{folder, Offset{0}, ".log", pool};
    ASSERT_TRUE(file.make());
    EXPECT_EQ(pool.open_count(), 1u);
  }
  EXPECT_EQ(pool.open_count(), 0u);
}

TEST_F(DescriptorPoolTest, AClosedSegmentIsFoundUnderTheDirectorysNewName) {
  DescriptorPool small{2};
  config_.segment_bytes = 400;
  auto log = Log::open(place(false), config_, {.clock = &clock_, .descriptors = &small});
  ASSERT_TRUE(log);
  while ((*log)->segment_count() < 20) append(**log);
  ASSERT_TRUE((*log)->rename_dir("t-0.abc-delete"));
  EXPECT_EQ(offsets_in(**log), up_to((*log)->log_end_offset().value()));
  EXPECT_TRUE((*log)->is_healthy());
}

TEST_F(DescriptorPoolTest, ReadersAppendersAndTheBoundGetAlong) {
  DescriptorPool small{3};
  config_.segment_bytes = 2000;
  auto opened = Log::open(place(false), config_, {.clock = &clock_, .descriptors = &small});
  ASSERT_TRUE(opened);
  Log& log = **opened;
  append(log);
  constexpr int k_appends = 2000;
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  std::atomic<int64_t> wrong{0}, reads{0};
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&, reader] {
      uint64_t at = static_cast<uint64_t>(reader) * 7919;
      do {
        at = at * 6364136223846793005ULL + 1442695040888963407ULL;
        const auto offset =
            static_cast<int64_t>((at >> 33) % static_cast<uint64_t>(log.log_end_offset().value()));
        auto slice = log.read(Offset{offset}, 200, Isolation::log_end, true);
        if (!slice || first_offset_of(*slice) != offset) ++wrong;
        ++reads;
      } while (!done);
    });
  }
  for (int i = 1; i < k_appends; ++i) append(log);
  done = true;
  for (auto& thread : readers) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(offsets_in(log), up_to(k_appends));
}

}  // namespace
}  // namespace samsa::log
