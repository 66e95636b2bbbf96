// What is read as a file, and what is not.

#include "base/file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "test/temp_folder.h"

namespace samsa {
namespace {

TEST(FileTest, AFileThatClaimsMoreThanItCanHoldIsNamedAndNotRead) {
  const TempFolder folder;
  const auto path = folder.path() / "sparse";
  ASSERT_TRUE(replace_file(path, "x"));
  std::filesystem::resize_file(path, uintmax_t{1} << 36);
  const auto content = read_file(path);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, Errc::corrupt_message);
  EXPECT_THAT(content.error().message, testing::HasSubstr(path.string()));
}

TEST(FileTest, WhatIsNoFileIsNotWaitedFor) {
  const TempFolder folder;
  const auto path = folder.path() / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto content = read_file(path);
  ASSERT_FALSE(content);
  EXPECT_THAT(content.error().message, testing::HasSubstr(path.string()));
}

}  // namespace
}  // namespace samsa
