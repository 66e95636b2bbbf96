#include "log/log_dirs.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <sys/file.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <random>
#include <shared_mutex>
#include <thread>
#include <unordered_map>

#include "base/file.h"
#include "log/log_dirs_state.h"

namespace samsa::log {

namespace fs = std::filesystem;

namespace {

constexpr const char* k_clean_marker = ".kafka_cleanshutdown";
constexpr std::string_view k_delete_suffix = "-delete";

// The partition that a directory's name stands for.
std::optional<TopicPartition> parse_dir_name(std::string name) {
  const auto dash = name.rfind('-');
  if (dash == std::string::npos || dash == 0) return std::nullopt;
  int32_t partition = 0;
  const char* begin = name.data() + dash + 1;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(begin, end, partition);
  if (error != std::errc{} || stop != end || begin == end || partition < 0) return std::nullopt;
  return TopicPartition{name.substr(0, dash), partition};
}

std::string random_id() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(random()),
                static_cast<unsigned long long>(random()));
  return text;
}

Result<FileDescriptor> lock_dir(const std::string& dir) {
  auto file = open_file(fs::path(dir) / ".lock", O_RDWR | O_CREAT);
  if (!file) return file.error();
  // Java's FileLock is a POSIX record lock, so this is, too: brokers of both kinds keep each other
  // out.
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool held_elsewhere =
      ::flock(file->get(), LOCK_EX | LOCK_NB) != 0 || ::fcntl(file->get(), F_SETLK, &lock) != 0;
  if (held_elsewhere)
    return Error{Errc::kafka_storage_error,
                 "Failed to acquire lock on file .lock in " + dir +
                     ". A Kafka instance in another process or thread is using this directory. "
                     "Stop it, or set log.dirs to another directory."};
  return file;
}

}  // namespace

bool LogDirs::State::load_dir(Dir& dir) {
  std::error_code error;
  fs::create_directories(dir.path, error);
  if (error) {
    LOG(ERROR) << "log directory " << dir.path << " can't be made: " << error.message();
    return false;
  }
  const fs::path marker = fs::path(dir.path) / k_clean_marker;
  dir.was_clean = fs::exists(marker, error);
  // Removed before loading: a crash while loading must not look like a clean stop (KAFKA-10471).
  if (dir.was_clean && !fs::remove(marker, error)) {
    LOG(ERROR) << marker << " can't be removed: " << error.message();
    return false;
  }
  auto recovery_points = read_offset_checkpoint(fs::path(dir.path) / k_recovery_point_file);
  auto starts = read_offset_checkpoint(fs::path(dir.path) / k_log_start_file);
  auto watermarks = read_offset_checkpoint(fs::path(dir.path) / k_high_watermark_file);
  for (const auto* checkpoint : {&recovery_points, &starts, &watermarks})
    if (!*checkpoint) LOG(WARNING) << checkpoint->error() << "; it is made anew";
  if (recovery_points) dir.recovery_points = std::move(*recovery_points);
  if (starts) dir.log_starts = std::move(*starts);
  if (watermarks) dir.high_watermarks = std::move(*watermarks);
  for (const auto& entry : fs::directory_iterator(dir.path, error)) {
    if (!entry.is_directory()) continue;
    const std::string name = entry.path().filename();
    if (name.ends_with(k_delete_suffix)) {
      doomed.push_back({0, entry.path(), nullptr});
    } else if (auto tp = parse_dir_name(name)) {
      to_load.push_back({&dir, *tp, entry.path()});
    } else if (!name.starts_with('.') && name != "lost+found") {
      LOG(WARNING) << "skipped " << entry.path() << ": not the directory of a partition";
    }
  }
  return !error;
}

void LogDirs::State::load_one(const Found& found) {
  const auto offset_or = [&](const OffsetMap& map, Offset fallback) {
    const auto known = map.find(found.tp);
    return known == map.end() ? fallback : known->second;
  };
  const LogConfig config = options.config_of ? options.config_of(found.tp.topic) : options.defaults;
  auto log = Log::open({.dir = found.path,
                        .tp = found.tp,
                        .log_start_offset = offset_or(found.dir->log_starts, Offset{0}),
                        .recovery_point = offset_or(found.dir->recovery_points, Offset{0}),
                        .had_clean_shutdown = found.dir->was_clean},
                       config, hooks_for(*found.dir));
  if (!log) {
    LOG(ERROR) << "log " << found.path << " can't be opened: " << log.error();
    fail(found.dir->path, log.error());
    return;
  }
  (*log)->update_high_watermark(offset_or(found.dir->high_watermarks, (*log)->log_start_offset()));
  std::unique_lock hold(mutex);
  logs[found.tp] = std::move(*log);
}

void LogDirs::State::load_all() {
  std::atomic<size_t> next{0}, done{0};
  const size_t total = to_load.size();
  std::atomic<int> last_percent{0};
  const auto work = [&] {
    for (size_t i; (i = next++) < total;) {
      load_one(to_load[i]);
      const int percent = static_cast<int>(++done * 100 / total);
      constexpr int k_step = 10;
      constexpr size_t k_many = 100;
      int before = last_percent;
      if (total >= k_many && percent >= before + k_step &&
          last_percent.compare_exchange_strong(before, percent))
        LOG(INFO) << "loaded " << done << " of " << total << " logs (" << percent << " %)";
    }
  };
  const size_t wanted =
      static_cast<size_t>(options.recovery_threads_per_dir) * std::max<size_t>(dirs.size(), 1);
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min(wanted, total); ++i) threads.emplace_back(work);
  work();
  for (auto& one : threads) one.join();
  to_load.clear();
}

LogHooks LogDirs::State::hooks_for(const Dir& dir) {
  return {.clock = options.clock,
          .on_storage_failure = [this, path = dir.path](const Error& error) { fail(path, error); }};
}

void LogDirs::State::fail(const std::string& path, const Error& error) {
  {
    std::unique_lock hold(mutex);
    const auto dir = std::ranges::find_if(dirs, [&](const auto& one) { return one->path == path; });
    if (dir == dirs.end() || (*dir)->offline) return;
    (*dir)->offline = true;
  }
  LOG(ERROR) << "log directory " << path << " goes offline: " << error;
  if (options.on_dir_failure) options.on_dir_failure(path, error);
}

LogDirs::State::Dir* LogDirs::State::dir_of(const Log& log) {
  const std::string path = parent_of(log);
  for (auto& dir : dirs)
    if (dir->path == path) return dir.get();
  return nullptr;
}

Result<std::unique_ptr<LogDirs>> LogDirs::open(LogDirsOptions options) {
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  for (const auto& path : state->options.dirs) {
    auto dir = std::make_unique<State::Dir>();
    dir->path = fs::absolute(path).lexically_normal().string();
    while (dir->path.size() > 1 && dir->path.back() == '/') dir->path.pop_back();
    std::error_code ignored;
    fs::create_directories(dir->path, ignored);
    auto lock = lock_dir(dir->path);
    if (!lock && fs::is_directory(dir->path, ignored)) return lock.error();
    if (!lock)
      LOG(ERROR) << "Failed to create or validate data directory " << dir->path << ": "
                 << lock.error();
    if (lock) dir->lock = std::move(*lock);
    dir->offline = !lock || !state->load_dir(*dir);
    state->dirs.push_back(std::move(dir));
  }
  state->load_all();
  auto logs = std::unique_ptr<LogDirs>(new LogDirs(std::move(state)));
  if (!logs->live_dirs().empty()) return logs;
  std::string all;
  for (const auto& dir : logs->state_->dirs) all.append(all.empty() ? "" : ", ").append(dir->path);
  return Error{Errc::kafka_storage_error,
               "Shutdown broker because none of the specified log dirs from " + all +
                   " can be created or validated. Correct log.dirs."};
}

LogDirs::LogDirs(std::unique_ptr<State> state) : state_(std::move(state)) {}

LogDirs::~LogDirs() { state_->stop_thread(); }

void LogDirs::start() {
  state_->thread = std::thread([this] { state_->keep_house(*this); });
}

void LogDirs::State::stop_thread() {
  {
    std::scoped_lock hold(thread_mutex);
    stopping = true;
  }
  wake.notify_all();
  if (thread.joinable()) thread.join();
}

// Retention, flushing, checkpoints and deletion, each at its own interval.
void LogDirs::State::keep_house(LogDirs& owner) {
  constexpr auto k_tick = milliseconds{1000};
  constexpr int64_t k_write_back_ms = 5000;
  int64_t next_write_back = options.clock->wall_ms() + k_write_back_ms;
  int64_t next_retention = options.clock->wall_ms() + options.retention_check_ms;
  int64_t next_checkpoint = options.clock->wall_ms() + options.recovery_point_checkpoint_ms;
  std::unique_lock hold(thread_mutex);
  while (!wake.wait_for(hold, k_tick, [this] { return stopping; })) {
    hold.unlock();
    const int64_t now_ms = options.clock->wall_ms();
    for (const auto& log : owner.all()) {
      if (now_ms >= next_write_back) log->start_write_back();
      if (now_ms - log->last_flush_ms() > log->config().flush_ms)
        if (auto flushed = log->flush(); !flushed) LOG(ERROR) << flushed.error();
      if (now_ms < next_retention) continue;
      log->remove_expired_producers(now_ms);
      if (auto deleted = log->delete_old_segments(); deleted && *deleted > 0)
        LOG(INFO) << log->tp() << ": " << *deleted << " segments went by retention";
    }
    for (const auto& log : owner.all()) log->reap_deleted_files(now_ms);
    if (now_ms >= next_write_back) next_write_back = now_ms + k_write_back_ms;
    if (now_ms >= next_retention) next_retention = now_ms + options.retention_check_ms;
    if (now_ms >= next_checkpoint) {
      next_checkpoint = now_ms + options.recovery_point_checkpoint_ms;
      if (auto written = owner.write_checkpoints(); !written) LOG(ERROR) << written.error();
    }
    reap_doomed(now_ms);
    hold.lock();
  }
}

void LogDirs::State::reap_doomed(int64_t now_ms) {
  std::vector<Doomed> due;
  {
    std::unique_lock hold(mutex);
    for (auto& one : doomed)
      if (one.due_ms <= now_ms) due.push_back(std::move(one));
    std::erase_if(doomed, [now_ms](const auto& one) { return one.due_ms <= now_ms; });
  }
  for (auto& one : due) {
    if (one.log)
      if (auto deleted = one.log->delete_files(); !deleted) LOG(ERROR) << deleted.error();
    std::error_code error;
    fs::remove_all(one.path, error);
    if (error) LOG(ERROR) << one.path << " can't be removed: " << error.message();
  }
}

Result<void> LogDirs::close() {
  state_->stop_thread();
  std::map<std::string, bool> closed_well;
  for (const auto& dir : state_->dirs) closed_well[dir->path] = !dir->offline;
  Result<void> outcome = ok();
  for (const auto& log : all()) {
    if (auto closed = log->close(); !closed) {
      closed_well[parent_of(*log)] = false;
      LOG(ERROR) << log->tp() << " could not be closed: " << closed.error();
      outcome = closed.error();
    }
  }
  for (auto written : {write_checkpoints(), write_high_watermarks()})
    if (!written) outcome = written.error();
  for (const auto& dir : state_->dirs) {
    if (!closed_well[dir->path] || dir->offline || !outcome) continue;
    const fs::path marker = fs::path(dir->path) / k_clean_marker;
    auto file = open_file(marker, O_WRONLY | O_CREAT);
    if (!file) outcome = file.error();
    if (file)
      if (auto synced = sync_directory(dir->path); !synced) outcome = synced.error();
  }
  return outcome;
}

std::shared_ptr<Log> LogDirs::get(const TopicPartition& tp) const {
  std::shared_lock hold(state_->mutex);
  const auto found = state_->logs.find(tp);
  return found == state_->logs.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<Log>> LogDirs::all() const {
  std::vector<std::shared_ptr<Log>> logs;
  std::shared_lock hold(state_->mutex);
  for (const auto& [tp, log] : state_->logs) logs.push_back(log);
  return logs;
}

Result<std::shared_ptr<Log>> LogDirs::get_or_create(const TopicPartition& tp,
                                                    const LogConfig& config) {
  if (auto known = get(tp)) return known;
  std::scoped_lock one_creation(state_->create_mutex);
  if (auto known = get(tp)) return known;
  std::map<std::string, size_t> counts;
  for (const auto& path : live_dirs()) counts[path] = 0;
  for (const auto& log : all())
    if (const auto count = counts.find(parent_of(*log)); count != counts.end()) ++count->second;
  if (counts.empty()) return Error{Errc::kafka_storage_error, "no log directory is online"};
  const auto fewest =
      std::ranges::min_element(counts, {}, [](const auto& entry) { return entry.second; });
  State::Dir* dir = nullptr;
  for (auto& one : state_->dirs)
    if (one->path == fewest->first) dir = one.get();
  auto log = Log::open({.dir = fs::path(dir->path) / tp.to_string(), .tp = tp}, config,
                       state_->hooks_for(*dir));
  if (!log) {
    state_->fail(dir->path, log.error());
    return log.error();
  }
  std::shared_ptr<Log> shared = std::move(*log);
  std::unique_lock hold(state_->mutex);
  state_->logs[tp] = shared;
  return shared;
}

Result<void> LogDirs::remove(const TopicPartition& tp) {
  std::shared_ptr<Log> log;
  {
    std::unique_lock hold(state_->mutex);
    const auto found = state_->logs.find(tp);
    if (found == state_->logs.end()) return ok();
    log = std::move(found->second);
    state_->logs.erase(found);
  }
  const std::string name = tp.to_string() + '.' + random_id() + std::string(k_delete_suffix);
  if (auto renamed = log->rename_dir(name); !renamed) return renamed.error();
  const int64_t due_ms = state_->options.clock->wall_ms() + log->config().file_delete_delay_ms;
  std::unique_lock hold(state_->mutex);
  const fs::path path = log->dir();
  state_->doomed.push_back({due_ms, path, std::move(log)});
  return ok();
}

std::vector<std::string> LogDirs::live_dirs() const {
  std::vector<std::string> paths;
  std::shared_lock hold(state_->mutex);
  for (const auto& dir : state_->dirs)
    if (!dir->offline) paths.push_back(dir->path);
  return paths;
}

std::vector<std::string> LogDirs::offline_dirs() const {
  std::vector<std::string> paths;
  std::shared_lock hold(state_->mutex);
  for (const auto& dir : state_->dirs)
    if (dir->offline) paths.push_back(dir->path);
  return paths;
}

std::string LogDirs::parent_of(const Log& log) { return log.dir().parent_path().string(); }

OffsetMap LogDirs::read_high_watermarks(const std::string& dir) const {
  auto read = read_offset_checkpoint(fs::path(dir) / k_high_watermark_file);
  return read ? std::move(*read) : OffsetMap{};
}

namespace {

template <class Value>
Result<void> write_for_dirs(const LogDirs& logs, const char* file, Value value_of) {
  std::map<std::string, OffsetMap> by_dir;
  for (const auto& path : logs.live_dirs()) by_dir[path];
  for (const auto& log : logs.all())
    if (const auto dir = by_dir.find(LogDirs::parent_of(*log)); dir != by_dir.end())
      dir->second[log->tp()] = value_of(*log);
  for (const auto& [path, offsets] : by_dir)
    if (auto written = write_offset_checkpoint(fs::path(path) / file, offsets); !written)
      return written.error();
  return ok();
}

}  // namespace

Result<void> LogDirs::write_high_watermarks() {
  return write_for_dirs(*this, k_high_watermark_file,
                        [](const Log& log) { return log.high_watermark(); });
}

Result<void> LogDirs::write_checkpoints() {
  auto recovery = write_for_dirs(*this, k_recovery_point_file,
                                 [](const Log& log) { return log.recovery_point(); });
  if (!recovery) return recovery.error();
  return write_for_dirs(*this, k_log_start_file,
                        [](const Log& log) { return log.log_start_offset(); });
}

}  // namespace samsa::log
