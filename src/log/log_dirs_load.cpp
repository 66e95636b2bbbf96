// Opening the directories and the logs in them.

#include <fcntl.h>
#include <glog/logging.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>

#include <atomic>

#include "base/parallel.h"
#include "base/topic_name.h"
#include "log/log_dirs_state.h"
#include "log/log_files.h"
#include "log/log_folder.h"
#include "log/move_marks.h"

namespace samsa::log {
namespace fs = std::filesystem;
namespace {

// Partitions are as unrelated as the homes of users, which is what ext4's flag for the top of a
// hierarchy is about: with it each subdirectory gets its part of the disk. Without, all their
// inodes are in one group, where each new one is searched for among those of the topics deleted
// within the last minute: 1000 partitions made after 1000 were deleted cost three to nine times the
// CPU. Other file systems do not know the flag and do not need it.
void spread_subdirectories(const std::string& dir) {
  auto opened = open_file(dir, O_RDONLY | O_DIRECTORY);
  int flags = 0;  // an int, whatever the number of the call says
  if (!opened || ::ioctl(opened->get(), FS_IOC_GETFLAGS, &flags) != 0) return;
  flags |= FS_TOPDIR_FL;
  static_cast<void>(::ioctl(opened->get(), FS_IOC_SETFLAGS, &flags));
}

// Nothing when another process, or this one, holds the directory.
Result<std::optional<FileDescriptor>> lock_dir(const std::string& dir) {
  auto file = open_file(fs::path(dir) / ".lock", O_RDWR | O_CREAT);
  if (!file) return file.error();
  // Java's FileLock is a POSIX record lock, so this is, too: brokers of both kinds keep each other
  // out.
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool held_elsewhere =
      ::flock(file->get(), LOCK_EX | LOCK_NB) != 0 || ::fcntl(file->get(), F_SETLK, &lock) != 0;
  if (held_elsewhere) return std::optional<FileDescriptor>{};
  return std::optional{std::move(*file)};
}

OffsetMap checkpoint_of(const std::string& dir, const char* file) {
  auto read = read_offset_checkpoint(fs::path(dir) / file);
  if (read) return std::move(*read);
  LOG(WARNING) << read.error() << "; it is made anew";
  return {};
}

}  // namespace

Result<void> LogDirs::State::open_dir(const std::string& path) {
  auto dir = std::make_unique<Dir>(*options.clock);
  dir->path = fs::absolute(path).lexically_normal().string();
  while (dir->path.size() > 1 && dir->path.back() == '/') dir->path.pop_back();
  Dir& opened = *dirs.emplace_back(std::move(dir));
  std::error_code failed;
  fs::create_directories(opened.path, failed);
  if (failed) {
    LOG(ERROR) << "Failed to create or validate data directory " << opened.path;
    fail(opened.path, storage_error("create", opened.path, failed.value()));
    return ok();
  }
  if (fs::is_empty(opened.path, failed)) spread_subdirectories(opened.path);
  auto lock = lock_dir(opened.path);
  if (lock && !*lock)
    return Error{Errc::kafka_storage_error,
                 "Failed to acquire lock on file .lock in " + opened.path +
                     ". A Kafka instance in another process or thread is using this directory. "
                     "Stop it, or set log.dirs to another directory."};
  if (!lock)
    fail(opened.path, lock.error());
  else
    opened.lock = std::move(**lock);
  return ok();
}

void LogDirs::State::read_dirs() {
  for (const auto& dir : dirs) {
    if (is_offline(*dir)) continue;
    if (auto read = read_dir(*dir); !read) fail(dir->path, read.error());
  }
}

Result<void> LogDirs::State::read_dir(Dir& dir) {
  std::error_code failed;
  const fs::path marker = fs::path(dir.path) / k_clean_shutdown_file;
  // Removed before loading: a crash while loading must not look like a clean stop (KAFKA-10471).
  dir.was_clean = fs::remove(marker, failed);
  if (failed) return storage_error("remove", marker, failed.value());
  if (dir.was_clean)
    if (auto synced = sync_directory(dir.path); !synced) return synced;
  for (auto [read, file] : {std::pair{&dir.recovery_points, k_recovery_point_file},
                            {&dir.log_starts, k_log_start_file},
                            {&dir.high_watermarks, k_high_watermark_file},
                            {&dir.first_dirty, k_cleaner_file}}) {
    *read = checkpoint_of(dir.path, file);
    if (!read->empty()) dir.written[file] = *read;
  }
  for (fs::directory_iterator at{dir.path, failed}, end; !failed && at != end;
       at.increment(failed)) {
    std::error_code ignored;
    if (!at->is_directory(ignored)) continue;
    const std::string name = at->path().filename();
    const auto skip = [&] {
      LOG(WARNING) << "skipped " << at->path() << ": not the directory of a partition";
    };
    if (partition_named(name, k_doomed_suffix)) {
      doomed.push_back({0, at->path(), nullptr});
    } else if (auto future_tp = partition_named(name, k_future_suffix)) {
      if (validate_topic_name(future_tp->topic))
        to_load.push_back({&dir, *future_tp, at->path(), true});
      else
        skip();
    } else if (auto tp = partition_named(name); tp && validate_topic_name(tp->topic)) {
      to_load.push_back({&dir, *tp, at->path()});
    } else if (!name.starts_with('.') && name != "lost+found") {
      skip();
    }
  }
  if (failed) return storage_error("list", dir.path, failed.value());
  return ok();
}

Result<void> LogDirs::State::settle_duplicates() {
  std::map<std::pair<TopicPartition, bool>, Found*> kept;
  for (Found& found : to_load) {
    auto [at, is_new] = kept.try_emplace({found.tp, found.is_future}, &found);
    if (is_new) continue;
    Found& known = *at->second;
    if (found.is_future)
      return Error{Errc::kafka_storage_error,
                   "Duplicate log directories found: " + found.path.string() + ", " +
                       known.path.string() + ". Remove one of them."};
    const bool known_goes = has_moved(known.path, found.path);
    if (!known_goes && !has_moved(found.path, known.path))
      return Error{Errc::kafka_storage_error,
                   "Duplicate log directories for " + found.tp.to_string() + " are found in both " +
                       known.path.string() + " and " + found.path.string() +
                       ". It is likely because log directory failure happened while broker was "
                       "replacing current replica with future replica. Recover broker from this "
                       "failure by manually deleting one of the two directories for this "
                       "partition. It is recommended to delete the partition in the log directory "
                       "that is known to have failed recently."};
    if (known_goes) at->second = &found;
    Found& former = known_goes ? known : found;
    take_over_checkpoints(former, *at->second);
    moved.emplace_back(former, at->second->path);
    former.path.clear();
  }
  std::erase_if(to_load, [](const Found& found) { return found.path.empty(); });
  return ok();
}

// What the checkpoints know of the former log holds for the one that took its place, if those of
// its directory were not written yet.
void LogDirs::State::take_over_checkpoints(const Found& former, const Found& now) {
  for (const auto values : {&Dir::log_starts, &Dir::high_watermarks}) {
    const auto known = (former.dir->*values).find(former.tp);
    if (known == (former.dir->*values).end()) continue;
    Offset& value = (now.dir->*values).try_emplace(now.tp, known->second).first->second;
    value = std::max(value, known->second);
  }
}

void LogDirs::State::finish_moves() {
  for (const auto& [former, now] : std::exchange(moved, {})) {
    LOG(INFO) << "Finishing the move of " << former.tp << " from " << former.path.string() << " to "
              << now.string();
    const fs::path doomed_path =
        fs::path(former.dir->path) / name_with_suffix(former.tp, k_doomed_suffix);
    std::error_code failed;
    fs::rename(former.path, doomed_path, failed);
    auto done = failed ? Result<void>{storage_error("rename", former.path, failed.value())}
                       : sync_directory(former.dir->path);
    if (!done) {
      fail(former.dir->path, done.error());
      continue;
    }
    doomed.push_back({0, doomed_path, nullptr});
    if (auto unmarked = unmark_move(now); !unmarked) LOG(WARNING) << unmarked.error();
  }
}

void LogDirs::State::load_one(const Found& found) {
  if (is_offline(*found.dir)) {
    if (!found.is_future) mark_unreachable(found.tp);
    return;
  }
  const auto is_moved = [&](const auto& one) { return one.second == found.path; };
  if (!found.is_future && std::ranges::none_of(moved, is_moved)) {
    // Where a directory is missing, so may be the log that took the place of this one.
    const auto is_missing = [this](const auto& dir) { return is_offline(*dir); };
    if (was_moving_away(found.path) && std::ranges::any_of(dirs, is_missing)) {
      LOG(ERROR) << found.path.string() << " was moving to another directory, and one is offline";
      return mark_unreachable(found.tp);
    }
    if (auto unmarked = unmark_move(found.path); !unmarked) {
      fail(found.dir->path, unmarked.error());
      return mark_unreachable(found.tp);
    }
  }
  const auto offset_or = [&](const OffsetMap& map, Offset fallback) {
    const auto known = map.find(found.tp);
    return known == map.end() ? fallback : known->second;
  };
  const auto first_dirty = found.dir->first_dirty.find(found.tp);
  LogHooks hooks = hooks_for(*found.dir);
  hooks.recovery = &*recovery;
  const LogConfig config = options.config_of ? options.config_of(found.tp.topic) : options.defaults;
  auto log = Log::open({.dir = found.path,
                        .tp = found.tp,
                        .log_start_offset = offset_or(found.dir->log_starts, Offset{0}),
                        .recovery_point = offset_or(found.dir->recovery_points, Offset{0}),
                        .had_clean_shutdown = found.dir->was_clean,
                        .first_dirty = first_dirty == found.dir->first_dirty.end()
                                           ? std::nullopt
                                           : std::optional{first_dirty->second}},
                       config, std::move(hooks));
  if (!log) {
    fail(found.dir->path,
         {log.error().code, "log " + found.path.string() + ": " + log.error().message});
  } else {
    (*log)->update_high_watermark(
        offset_or(found.dir->high_watermarks, (*log)->log_start_offset()));
  }
  std::unique_lock hold(mutex);
  if (log && !found.dir->offline) {
    (found.is_future ? futures : logs)[found.tp] = std::move(*log);
  } else if (!found.is_future) {
    unreachable.insert(found.tp);
  }
}

int64_t LogDirs::State::bytes_to_recover() const {
  std::atomic<int64_t> bytes{0};
  in_parallel(to_load.size(), [&](size_t i) {
    const Found& found = to_load[i];
    if (found.dir->was_clean) return;
    const auto known = found.dir->recovery_points.find(found.tp);
    const Offset from = known == found.dir->recovery_points.end() ? Offset{0} : known->second;
    bytes += log::bytes_to_recover(found.path, from);
  });
  return bytes;
}

void LogDirs::State::load_all() {
  recovery.emplace(bytes_to_recover(), *options.clock,
                   [](const std::string& line) { LOG(INFO) << line; });
  for (const auto& found : to_load)
    if (!found.dir->was_clean) ++found.dir->logs_to_recover;
  show_metrics();
  std::atomic<size_t> done{0};
  const size_t total = to_load.size();
  std::atomic<int> last_percent{0};
  in_parallel(total, [&](size_t i) {
    load_one(to_load[i]);
    if (!to_load[i].dir->was_clean) --to_load[i].dir->logs_to_recover;
    constexpr int k_step = 10;
    constexpr size_t k_many = 100;
    const int percent = static_cast<int>(++done * 100 / total);
    int before = last_percent;
    if (total >= k_many && percent >= before + k_step &&
        last_percent.compare_exchange_strong(before, percent))
      LOG(INFO) << "loaded " << done << " of " << total << " logs (" << percent << " %)";
  });
  to_load.clear();
  for (const auto& [tp, future] : futures)
    if (const auto log = logs.find(tp); log != logs.end()) log->second->pause_cleaning();
}

void LogDirs::State::in_parallel(size_t count, const std::function<void(size_t)>& work) const {
  const size_t threads =
      static_cast<size_t>(options.recovery_threads_per_dir) * std::max<size_t>(dirs.size(), 1);
  samsa::in_parallel(threads, count, work);
}

}  // namespace samsa::log
