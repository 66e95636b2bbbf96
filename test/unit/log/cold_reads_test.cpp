// What catching up does to the page cache.

#include "log/cold_reads.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "log/segment_file.h"
#include "test/temp_folder.h"

namespace samsa::log {
namespace {

constexpr int64_t k_mib = 1024 * 1024;

struct ColdReadsTest : testing::Test {
  void SetUp() override {
    if (const auto file = cold_file(k_mib); !ColdReads::is_cold(slice(file, 0, k_mib)))
      GTEST_SKIP() << "the file system of " << folder_.path() << " keeps nothing but in memory";
  }
  // Of which the page cache holds nothing.
  std::shared_ptr<const SegmentFile> cold_file(int64_t bytes) {
    const auto path = folder_.path() / std::to_string(files_++);
    auto fd = open_file(path, O_RDWR | O_CREAT);
    EXPECT_TRUE(fd);
    const std::string piece(static_cast<size_t>(k_mib), 'x');
    for (int64_t at = 0; at < bytes; at += k_mib)
      EXPECT_TRUE(write_all_at(fd->get(), piece, at, path));
    EXPECT_EQ(::fdatasync(fd->get()), 0);
    EXPECT_EQ(::posix_fadvise(fd->get(), 0, 0, POSIX_FADV_DONTNEED), 0);
    return std::make_shared<SegmentFile>(std::move(*fd), path);
  }
  static ReadSlice slice(const std::shared_ptr<const SegmentFile>& file, int64_t position,
                         int64_t length) {
    ReadSlice slice;
    slice.file = file;
    slice.position = position;
    slice.length = length;
    return slice;
  }
  // A consumer that reads the file from its beginning to its end; how often it had to wait.
  int catch_up(ColdReads& reads, const std::shared_ptr<const SegmentFile>& file, int64_t bytes,
               int64_t fetch_bytes = k_mib) const {
    int waits = 0;
    for (int64_t at = 0; at < bytes; at += fetch_bytes) {
      const ReadSlice next = slice(file, at, fetch_bytes);
      if (!ColdReads::is_cold(next)) continue;
      ++waits;
      reads.bring_in(next);
      EXPECT_FALSE(ColdReads::is_cold(next));
    }
    return waits;
  }
  TempFolder folder_;
  int files_ = 0;
  Memory memory_{.total_bytes = 800 * k_mib, .free_bytes = 0};
  ColdReads reads_{[this] { return memory_; }};
};

TEST_F(ColdReadsTest, WhatWasBroughtInIsNotColdAnyMore) {
  const auto file = cold_file(4 * k_mib);
  reads_.bring_in(slice(file, 0, 2 * k_mib));
  EXPECT_FALSE(ColdReads::is_cold(slice(file, 0, 2 * k_mib)));
  EXPECT_TRUE(ColdReads::is_cold(slice(file, 0, 4 * k_mib)));
}

TEST_F(ColdReadsTest, NothingIsNotCold) { EXPECT_FALSE(ColdReads::is_cold(ReadSlice{})); }

TEST_F(ColdReadsTest, WhatLiesAnEighthOfTheMemoryBackIsDropped) {
  const auto file = cold_file(160 * k_mib);
  catch_up(reads_, file, 160 * k_mib);
  EXPECT_TRUE(ColdReads::is_cold(slice(file, 0, 16 * k_mib)));
  EXPECT_FALSE(ColdReads::is_cold(slice(file, 80 * k_mib, 80 * k_mib)));
}

TEST_F(ColdReadsTest, NothingIsDroppedWhileMemoryIsFree) {
  memory_.free_bytes = memory_.total_bytes / 2;
  const auto file = cold_file(160 * k_mib);
  // The kernel itself may take some back at any time; what were dropped would be so in each round.
  int waits = -1;
  for (int round = 0; round < 5 && waits != 0; ++round) waits = catch_up(reads_, file, 160 * k_mib);
  EXPECT_EQ(waits, 0);
}

TEST_F(ColdReadsTest, SmallFetchesWaitOnceForMany) {
  const auto file = cold_file(16 * k_mib);
  EXPECT_LE(catch_up(reads_, file, 16 * k_mib, 64 * 1024), 16);
}

TEST_F(ColdReadsTest, WhatSmallFetchesBringInIsDroppedWithoutGaps) {
  const auto file = cold_file(160 * k_mib);
  catch_up(reads_, file, 160 * k_mib, 64 * 1024);
  int cached = 0;
  for (int64_t at = 0; at < 32 * k_mib; at += 64 * 1024)
    cached += ColdReads::is_cold(slice(file, at, 4096)) ? 0 : 1;
  EXPECT_LE(cached, 32);
}

TEST_F(ColdReadsTest, AFileThatIsGoneIsForgotten) {
  auto gone = cold_file(80 * k_mib);
  catch_up(reads_, gone, 80 * k_mib);
  gone.reset();
  const auto file = cold_file(160 * k_mib);
  catch_up(reads_, file, 160 * k_mib);
  EXPECT_TRUE(ColdReads::is_cold(slice(file, 0, 16 * k_mib)));
}

}  // namespace
}  // namespace samsa::log
