// What counts as the process's memory.

#include "base/memory.h"

#include <gtest/gtest.h>

#include <fstream>

#include "test/temp_folder.h"

namespace samsa {
namespace {

struct MemoryTest : testing::Test {
  MemoryTest() {
    write("proc/meminfo", "MemTotal:       8000 kB\nMemFree:        4000 kB\nCached: 10 kB\n");
  }
  void write(const std::string& name, const std::string& content) const {
    const auto path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path} << content;
  }
  Memory read() const { return read_memory(folder_.path()); }
  TempFolder folder_;
};

constexpr int64_t k_kib = 1024;

TEST_F(MemoryTest, IsTheMachinesWhereNothingLimitsIt) {
  EXPECT_EQ(read().total_bytes, 8000 * k_kib);
  EXPECT_EQ(read().free_bytes, 4000 * k_kib);
  write("proc/self/cgroup", "0::/some\n");
  write("sys/fs/cgroup/some/memory.max", "max\n");
  write("sys/fs/cgroup/some/memory.current", "1000\n");
  EXPECT_EQ(read().total_bytes, 8000 * k_kib);
}

TEST_F(MemoryTest, IsTheControlGroupsWhereThatIsLess) {
  write("proc/self/cgroup", "0::/some/group\n");
  write("sys/fs/cgroup/some/group/memory.max", "1000000\n");
  write("sys/fs/cgroup/some/group/memory.current", "900000\n");
  EXPECT_EQ(read().total_bytes, 1'000'000);
  EXPECT_EQ(read().free_bytes, 100'000);
}

TEST_F(MemoryTest, IsTheControlGroupsOfTheFirstVersion) {
  write("proc/self/cgroup", "7:cpu,cpuacct:/\n5:memory:/group\n0::/\n");
  write("sys/fs/cgroup/memory/group/memory.limit_in_bytes", "2000000\n");
  write("sys/fs/cgroup/memory/group/memory.usage_in_bytes", "2100000\n");
  EXPECT_EQ(read().total_bytes, 2'000'000);
  EXPECT_EQ(read().free_bytes, 0);
}

TEST_F(MemoryTest, OfAContainerIsWhatIsMountedThere) {
  write("proc/self/cgroup", "5:memory:/docker/4711\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "2000000\n");
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", "10\n");
  EXPECT_EQ(read().total_bytes, 2'000'000);
}

TEST_F(MemoryTest, IsShortWhenNearlyAllOfItIsInUse) {
  EXPECT_FALSE(read().is_short());
  write("proc/meminfo", "MemTotal:       8000 kB\nMemFree:        400 kB\n");
  EXPECT_TRUE(read().is_short());
}

}  // namespace
}  // namespace samsa
