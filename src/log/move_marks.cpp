#include "log/move_marks.h"

#include "base/file.h"

namespace samsa::log {
namespace fs = std::filesystem;
namespace {

constexpr const char* k_moved_away_file = "moved-away";
constexpr const char* k_moved_here_file = "moved-here";

}  // namespace

Result<void> mark_move(const fs::path& former, const fs::path& copy) {
  const std::string words = copy.filename().string() + '\n';
  if (auto marked = replace_file(copy / k_moved_here_file, words); !marked) return marked;
  return replace_file(former / k_moved_away_file, words);
}

Result<void> unmark_move(const fs::path& log_dir) {
  bool is_changed = false;
  for (const char* mark : {k_moved_away_file, k_moved_here_file}) {
    std::error_code failed;
    is_changed |= fs::remove(log_dir / mark, failed);
    if (failed) return storage_error("remove", log_dir / mark, failed.value());
  }
  return is_changed ? sync_directory(log_dir) : ok();
}

bool was_moving_away(const fs::path& log_dir) {
  std::error_code ignored;
  return fs::exists(log_dir / k_moved_away_file, ignored);
}

bool has_moved(const fs::path& former, const fs::path& now) {
  if (!was_moving_away(former)) return false;
  const auto away = read_file(former / k_moved_away_file);
  const auto here = read_file(now / k_moved_here_file);
  return away && here && !away->empty() && *away == *here;
}

}  // namespace samsa::log
