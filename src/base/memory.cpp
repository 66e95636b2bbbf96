#include "base/memory.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace samsa {
namespace {
namespace fs = std::filesystem;

// Nothing for what is no number, such as "max".
std::optional<int64_t> number_in(std::string_view text) {
  const size_t digits = text.find_first_of("0123456789");
  if (digits == text.npos) return std::nullopt;
  int64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data() + digits, text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

std::optional<int64_t> number_in_file(const fs::path& path) {
  std::string line;
  if (std::ifstream file{path}; !std::getline(file, line)) return std::nullopt;
  return number_in(line);
}

Memory of_machine(const fs::path& root) {
  Memory memory;
  constexpr int64_t k_kib = 1024;
  std::ifstream file{root / "proc/meminfo"};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("MemTotal:")) memory.total_bytes = number_in(line).value_or(0) * k_kib;
    if (line.starts_with("MemFree:")) memory.free_bytes = number_in(line).value_or(0) * k_kib;
  }
  return memory;
}

struct GroupFiles {
  fs::path folder;
  const char* limit;
  const char* used;
};

// Where the group's figures may be. Within a container its path may be one of the host's, which is
// not there; the group is then what is mounted.
std::vector<GroupFiles> groups_of_process(const fs::path& root) {
  std::vector<GroupFiles> groups;
  const fs::path mounts = root / "sys/fs/cgroup";
  const auto add = [&](const fs::path& mount, std::string_view path, const char* limit,
                       const char* used) {
    groups.push_back({mount / fs::path{path}.relative_path(), limit, used});
    groups.push_back({mount, limit, used});
  };
  std::ifstream file{root / "proc/self/cgroup"};
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const std::string_view controllers =
        std::string_view{line}.substr(first + 1, second - first - 1);
    const std::string_view path = std::string_view{line}.substr(second + 1);
    if (controllers.empty()) add(mounts, path, "memory.max", "memory.current");
    if (controllers == "memory")
      add(mounts / "memory", path, "memory.limit_in_bytes", "memory.usage_in_bytes");
  }
  return groups;
}

}  // namespace

Memory read_memory(const fs::path& root) {
  Memory memory = of_machine(root);
  for (const GroupFiles& group : groups_of_process(root)) {
    const auto limit = number_in_file(group.folder / group.limit);
    const auto used = number_in_file(group.folder / group.used);
    if (!limit || !used || *limit >= memory.total_bytes) continue;
    memory = {*limit, std::max<int64_t>(*limit - *used, 0)};
  }
  return memory;
}

}  // namespace samsa
