#include "log/log_files.h"

#include <glog/logging.h>

#include <charconv>
#include <map>
#include <numeric>
#include <optional>

#include "log/segment.h"

namespace samsa::log {
namespace fs = std::filesystem;
namespace {

constexpr const char* k_index_suffixes[] = {k_offset_index_suffix, k_time_index_suffix,
                                            k_transaction_index_suffix};

// The offset that a name of twenty digits and the suffix stands for.
std::optional<Offset> offset_in(std::string_view name, std::string_view suffix) {
  constexpr size_t k_digits = 20;
  if (name.size() != k_digits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  int64_t offset = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + k_digits, offset);
  if (error != std::errc{} || end != name.data() + k_digits || offset < 0) return std::nullopt;
  return Offset{offset};
}

Result<void> remove_file(const fs::path& path) {
  std::error_code failure;
  fs::remove(path, failure);
  if (failure) return storage_error("remove", path, failure.value());
  return ok();
}

struct Leftovers {
  std::vector<fs::path> garbage;
  std::set<Offset> swaps;
  // Of segments whose indexes had not all got their names yet, or belong to the older segment.
  std::set<Offset> unindexed;
  std::optional<Offset> first_cleaned;
  std::set<Offset> transaction_indexes;
};

void sort_in(const fs::path& path, LogFiles& files, Leftovers& leftovers) {
  const std::string name = path.filename().string();
  const auto extension = path.extension();
  if (extension == ".deleted" || extension == ".cleaned") {
    leftovers.garbage.push_back(path);
    const auto cleaned = offset_in(name, ".log.cleaned");
    if (cleaned && (!leftovers.first_cleaned || *cleaned < *leftovers.first_cleaned))
      leftovers.first_cleaned = cleaned;
  } else if (extension == ".swap") {
    const auto swap = offset_in(name, ".log.swap");
    if (swap) leftovers.swaps.insert(*swap);
    if (!swap) leftovers.garbage.push_back(path);  // an index: it is made anew
    for (const char* suffix : k_index_suffixes)
      if (const auto index = offset_in(name, std::string(suffix) + ".swap"))
        leftovers.unindexed.insert(*index);
  } else if (const auto log = offset_in(name, k_log_suffix)) {
    files.logs.insert(*log);
  } else if (const auto offsets = offset_in(name, k_offset_index_suffix)) {
    files.offset_indexes.insert(*offsets);
  } else if (const auto times = offset_in(name, k_time_index_suffix)) {
    files.time_indexes.insert(*times);
  } else if (const auto transactions = offset_in(name, k_transaction_index_suffix)) {
    leftovers.transaction_indexes.insert(*transactions);
  } else if (const auto snapshot = offset_in(name, k_snapshot_suffix)) {
    files.snapshots.insert(*snapshot);
  }
}

Result<void> remove_indexes(const fs::path& dir, Offset base, LogFiles& files) {
  for (const char* suffix : k_index_suffixes)
    if (auto r = remove_file(dir / file_name(base, suffix)); !r) return r;
  files.offset_indexes.erase(base);
  files.time_indexes.erase(base);
  return ok();
}

// Indexes of a segment that is gone would become those of a new one that begins there.
Result<void> remove_orphans(const fs::path& dir, const Leftovers& leftovers, LogFiles& files) {
  std::set<Offset> orphans = leftovers.transaction_indexes;
  orphans.insert(files.offset_indexes.begin(), files.offset_indexes.end());
  orphans.insert(files.time_indexes.begin(), files.time_indexes.end());
  for (const Offset base : orphans) {
    if (files.logs.contains(base)) continue;
    if (auto r = remove_indexes(dir, base, files); !r) return r;
  }
  return ok();
}

// Of a cleaner's segment; nothing for one that is damaged from its beginning on. It was synced
// before it got its name, so that no crash makes such a one.
Result<std::optional<Offset>> end_of_swap(const fs::path& dir, Offset base) {
  DescriptorPool alone{1};
  auto folder = std::make_shared<LogFolder>(dir);
  auto segment = Segment::load({folder, base, alone, 0, 0}, FileStage::swap);
  if (!segment) return segment.error();
  Offset end = base;
  auto scanned = (*segment)->scan_headers(0, (*segment)->size(),
                                          [&](record::BatchView batch, int64_t) -> Result<bool> {
                                            end = batch.next_offset();
                                            return true;
                                          });
  // What follows a corrupt batch is for recovery to cut.
  if (!scanned && scanned.error().code == Errc::kafka_storage_error) return scanned.error();
  if (end == base && (*segment)->size() > 0) return std::optional<Offset>{};
  return std::optional{end};
}

// Puts a cleaner's segment where those were that it replaces. A crash at any point leaves the swap
// file, and this is done again. False where the old ones stay.
Result<bool> finish_swap(const fs::path& dir, Offset base, LogFiles& files) {
  auto end = end_of_swap(dir, base);
  if (!end) return end.error();
  const std::string name = file_name(base, ".log.swap");
  if (!*end && files.logs.contains(base)) {
    LOG(WARNING) << (dir / name).string()
                 << " is damaged; the segments that it was to replace stay";
    if (auto r = remove_file(dir / name); !r) return r.error();
    return false;
  }
  std::vector<Offset> replaced{base};
  for (auto at = files.logs.upper_bound(base); at != files.logs.end() && *at < *end; ++at)
    replaced.push_back(*at);
  for (const Offset old : replaced) {
    if (auto r = remove_file(dir / file_name(old, k_log_suffix)); !r) return r.error();
    if (auto r = remove_indexes(dir, old, files); !r) return r.error();
    files.logs.erase(old);
  }
  const fs::path target = dir / file_name(base, k_log_suffix);
  if (auto r = LogFolder(dir).rename_file(name, target.filename().string()); !r) return r.error();
  files.logs.insert(base);
  LOG(INFO) << "Finished the replacement of " << replaced.size() << " segments by "
            << target.string();
  return true;
}

}  // namespace

int64_t bytes_to_recover(const fs::path& dir, Offset recovery_point) {
  std::map<Offset, int64_t> sizes;
  std::error_code failure;
  for (fs::directory_iterator at{dir, failure}, end; !failure && at != end; at.increment(failure)) {
    const auto base = offset_in(at->path().filename().string(), k_log_suffix);
    std::error_code gone;
    if (base) sizes[*base] = static_cast<int64_t>(at->file_size(gone));
  }
  auto first = sizes.upper_bound(recovery_point);
  if (first != sizes.begin()) --first;
  return std::accumulate(first, sizes.end(), int64_t{0},
                         [](int64_t sum, const auto& one) { return sum + one.second; });
}

Result<LogFiles> tidy_and_list(const fs::path& dir) {
  LogFiles files;
  Leftovers leftovers;
  std::error_code failure;
  for (fs::directory_iterator at{dir, failure}, end; !failure && at != end; at.increment(failure))
    sort_in(at->path(), files, leftovers);
  if (failure) return storage_error("list", dir, failure.value());
  // A cleaner that had not finished writing may have finished some of the segments: all or none.
  // Those go before what tells that they must.
  while (leftovers.first_cleaned && !leftovers.swaps.empty() &&
         *leftovers.swaps.rbegin() >= *leftovers.first_cleaned) {
    const auto last = std::prev(leftovers.swaps.end());
    if (auto r = remove_file(dir / file_name(*last, ".log.swap")); !r) return r.error();
    leftovers.swaps.erase(last);
  }
  for (const Offset base : leftovers.unindexed)
    if (auto r = remove_indexes(dir, base, files); !r) return r.error();
  for (const auto& path : leftovers.garbage)
    if (auto r = remove_file(path); !r) return r.error();
  Offset kept_until{0};  // by a segment whose swap is damaged; others of that are not the whole
  for (const Offset swap : leftovers.swaps) {
    if (swap < kept_until && !files.logs.contains(swap)) {
      if (auto r = remove_file(dir / file_name(swap, ".log.swap")); !r) return r.error();
      continue;
    }
    auto is_finished = finish_swap(dir, swap, files);
    if (!is_finished) return is_finished.error();
    if (*is_finished) continue;
    const auto next = files.logs.upper_bound(swap);
    kept_until = next == files.logs.end() ? Offset{INT64_MAX} : *next;
  }
  if (auto r = remove_orphans(dir, leftovers, files); !r) return r.error();
  if (!leftovers.garbage.empty() || !leftovers.swaps.empty())
    if (auto r = sync_directory(dir); !r) return r.error();
  return files;
}

}  // namespace samsa::log
