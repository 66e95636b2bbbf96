#pragma once
// How much memory there is for this process and its files' pages.

#include <cstdint>
#include <filesystem>

namespace samsa {

struct Memory {
  int64_t total_bytes = 0;
  int64_t free_bytes = 0;  // used for nothing at all, not even for cached pages

  // What is brought in now drives something else out.
  bool is_short() const {
    constexpr int64_t k_parts = 16;
    return free_bytes < total_bytes / k_parts;
  }
};

// The machine's, or those of the process's control group (version 1 or 2) where its limit is lower.
// Some dozen microseconds. What can't be read counts as without a limit. `root` stands before /proc
// and /sys.
Memory read_memory(const std::filesystem::path& root = "/");

}  // namespace samsa
