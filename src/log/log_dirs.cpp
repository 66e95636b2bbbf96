#include "log/log_dirs.h"

#include <fcntl.h>
#include <glog/logging.h>

#include <algorithm>

#include "log/log_dirs_state.h"
#include "log/log_folder.h"

namespace samsa::log {
namespace fs = std::filesystem;

LogHooks LogDirs::State::hooks_for(const Dir& dir) {
  return {.clock = options.clock,
          .pace = &dir.pace,
          .on_storage_failure = [this, path = dir.path](const Error& error) { fail(path, error); },
          .on_first_dirty_lowered = [this] { owner->write_first_dirty_offsets(); }};
}

// The directory goes offline as a whole (KIP-112): no log in it is served any more.
void LogDirs::State::fail(const std::string& path, const Error& error) {
  std::vector<std::shared_ptr<Log>> fenced;
  size_t live = 0;
  {
    std::unique_lock hold(mutex);
    Dir* const dir = find(path);
    if (!dir || dir->offline) return;
    dir->offline = true;
    const auto is_lost = [&](const auto& entry) {
      if (parent_of(*entry.second) != path) return false;
      fenced.push_back(entry.second);
      return true;
    };
    std::erase_if(logs, [&](const auto& entry) {
      if (!is_lost(entry)) return false;
      unreachable.insert(entry.first);
      return true;
    });
    std::erase_if(futures, [&](const auto& entry) {
      if (!is_lost(entry)) return false;
      if (const auto moving = logs.find(entry.first); moving != logs.end())
        moving->second->resume_cleaning();
      return true;
    });
    live = static_cast<size_t>(
        std::ranges::count_if(dirs, [](const auto& one) { return !one->offline; }));
  }
  for (const auto& log : fenced) log->fence(error);
  LOG(ERROR) << "Stopping serving logs in dir " << path << " (" << fenced.size()
             << " logs): " << error;
  if (options.on_dir_failure) options.on_dir_failure(path, error, live);
}

LogDirs::State::Dir* LogDirs::State::find(const std::string& path) {
  const auto dir = std::ranges::find_if(dirs, [&](const auto& one) { return one->path == path; });
  return dir == dirs.end() ? nullptr : dir->get();
}

bool LogDirs::State::is_offline(const Dir& dir) const {
  std::shared_lock hold(mutex);
  return dir.offline;
}

Result<std::unique_ptr<LogDirs>> LogDirs::open(LogDirsOptions options) {
  auto state = std::make_unique<State>(std::move(options));
  for (const auto& path : state->options.dirs)
    if (auto opened = state->open_dir(path); !opened) return opened.error();
  auto logs = std::unique_ptr<LogDirs>(new LogDirs(std::move(state)));
  State& opened = *logs->state_;
  if (opened.options.admit)
    if (auto admitted = opened.options.admit(*logs); !admitted) return admitted.error();
  opened.read_dirs();
  if (auto unique = opened.settle_duplicates(); !unique) return unique.error();
  opened.load_all();
  if (!opened.moved.empty()) {
    opened.write_checkpoints();
    opened.finish_moves();
  }
  if (!logs->live_dirs().empty()) return logs;
  std::string all;
  for (const auto& dir : opened.dirs) all.append(all.empty() ? "" : ", ").append(dir->path);
  return Error{Errc::kafka_storage_error,
               "Shutdown broker because none of the specified log dirs from " + all +
                   " can be created or validated. Correct log.dirs."};
}

LogDirs::LogDirs(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->owner = this;
  if (!state_->options.cleaner) return;
  state_->cleaner = std::make_unique<Cleaner>(
      *state_->options.cleaner,
      CleanerHooks{.logs = [this] { return current(); },
                   .write_checkpoint = [this] { write_first_dirty_offsets(); },
                   .clock = state_->options.clock});
}

LogDirs::~LogDirs() { state_->stop_threads(); }

void LogDirs::start() {
  state_->thread = std::thread([this] { state_->keep_house(); });
  if (state_->cleaner) state_->cleaner->start();
}

bool LogDirs::is_slow() const {
  return std::ranges::any_of(state_->dirs, [](const auto& dir) { return dir->pace.is_slow(); });
}

void LogDirs::reconfigure_cleaner(const CleanerOptions& options) {
  if (state_->cleaner) state_->cleaner->reconfigure(options);
}

Result<void> LogDirs::close() {
  state_->stop_threads();
  const auto logs = all();
  std::mutex outcome_mutex;
  Result<void> outcome = ok();
  const auto note = [&](const Error& error) {
    std::scoped_lock hold(outcome_mutex);
    if (outcome) outcome = error;
  };
  state_->in_parallel(logs.size(), [&](size_t i) {
    auto closed = logs[i]->close();
    if (closed) return;
    LOG(ERROR) << logs[i]->tp() << " could not be closed: " << closed.error();
    note(closed.error());
    state_->fail(parent_of(*logs[i]), closed.error());
  });
  state_->write_checkpoints();
  for (const auto& path : live_dirs()) {
    auto marked = open_file(fs::path(path) / k_clean_shutdown_file, O_WRONLY | O_CREAT);
    if (auto synced = marked ? sync_directory(path) : Result<void>{marked.error()}; !synced)
      note(synced.error());
  }
  return outcome;
}

std::shared_ptr<Log> LogDirs::get(const TopicPartition& tp) const {
  std::shared_lock hold(state_->mutex);
  const auto found = state_->logs.find(tp);
  return found == state_->logs.end() ? nullptr : found->second;
}

bool LogDirs::is_unreachable(const TopicPartition& tp) const {
  std::shared_lock hold(state_->mutex);
  return state_->unreachable.contains(tp);
}

std::vector<std::shared_ptr<Log>> LogDirs::current() const {
  std::vector<std::shared_ptr<Log>> logs;
  std::shared_lock hold(state_->mutex);
  for (const auto& [tp, log] : state_->logs) logs.push_back(log);
  return logs;
}

std::vector<std::shared_ptr<Log>> LogDirs::all() const {
  std::vector<std::shared_ptr<Log>> logs;
  // At one moment: a log that is just taking the place of another is in it.
  std::shared_lock hold(state_->mutex);
  for (const auto* some : {&state_->logs, &state_->futures})
    for (const auto& [tp, log] : *some) logs.push_back(log);
  return logs;
}

Result<std::shared_ptr<Log>> LogDirs::get_or_create(const TopicPartition& tp,
                                                    const LogConfig& config, bool is_new) {
  if (auto known = get(tp)) return known;
  std::unique_lock creation(state_->create_mutex);
  state_->one_created.wait(creation, [&] { return !state_->creating.contains(tp); });
  if (auto known = get(tp)) return known;
  if (auto incomplete = state_->check_complete(tp); !is_new && !incomplete) {
    state_->mark_unreachable(tp);
    return incomplete.error();
  }
  state_->let_leave(tp);
  // What was copied of a log that is not there any more is a copy of nothing.
  if (auto removed = state_->remove_future(tp); !removed)
    LOG(ERROR) << "the future log of " << tp << " could not be removed: " << removed.error();
  Result<std::shared_ptr<Log>> created =
      Error{Errc::kafka_storage_error, "no log directory is online"};
  // The next one is tried only where nothing was made, or there would be two at the next start.
  for (const auto& path : dirs_for(tp)) {
    state_->creating[tp] = path;
    creation.unlock();
    created = state_->create(tp, config, *state_->find(path));
    creation.lock();
    state_->creating.erase(tp);
    std::error_code ignored;
    if (created || fs::exists(fs::path(path) / tp.to_string(), ignored)) break;
  }
  state_->one_created.notify_all();
  if (!created) state_->mark_unreachable(tp);
  return created;
}

void LogDirs::State::mark_unreachable(const TopicPartition& tp) {
  std::unique_lock hold(mutex);
  unreachable.insert(tp);
}

Result<std::shared_ptr<Log>> LogDirs::State::create(const TopicPartition& tp,
                                                    const LogConfig& config, const Dir& dir) {
  forget_checkpoints_of(tp, dir);
  auto log =
      Log::open({.dir = fs::path(dir.path) / tp.to_string(), .tp = tp}, config, hooks_for(dir));
  if (!log) {
    fail(dir.path, log.error());
    return log.error();
  }
  std::shared_ptr<Log> shared = std::move(*log);
  std::unique_lock hold(mutex);
  if (dir.offline) return Error{Errc::kafka_storage_error, dir.path + " went offline"};
  logs[tp] = shared;
  preferred.erase(tp);
  return shared;
}

std::vector<std::string> LogDirs::dirs_for(const TopicPartition& tp) const {
  auto live = live_dirs();
  {
    std::shared_lock hold(state_->mutex);
    if (const auto wish = state_->preferred.find(tp); wish != state_->preferred.end())
      return std::ranges::find(live, wish->second) == live.end() ? std::vector<std::string>{}
                                                                 : std::vector{wish->second};
  }
  if (live.size() < 2) return live;
  std::map<std::string, size_t> counts;
  for (const auto& log : all()) ++counts[parent_of(*log)];
  for (const auto& [other, path] : state_->creating) ++counts[path];
  std::ranges::stable_sort(live, {}, [&](const std::string& path) { return counts[path]; });
  return live;
}

Result<void> LogDirs::remove(const TopicPartition& tp) {
  std::scoped_lock creation(state_->create_mutex);
  std::shared_ptr<Log> log, future;
  {
    std::unique_lock hold(state_->mutex);
    if (state_->unreachable.contains(tp))
      return Error{Errc::kafka_storage_error,
                   "The log of " + tp.to_string() + " is in a directory that is offline"};
    state_->preferred.erase(tp);
    if (auto found = state_->futures.extract(tp)) future = std::move(found.mapped());
    if (auto found = state_->logs.extract(tp)) log = std::move(found.mapped());
  }
  state_->let_leave(tp);
  // What can't be removed is there again at the next start, and must not count as removed before.
  for (auto& one : {log, future}) {
    if (!one) continue;
    if (auto doomed = state_->doom(one); !doomed) {
      state_->mark_unreachable(tp);
      return doomed;
    }
  }
  return ok();
}

Result<void> LogDirs::State::doom(std::shared_ptr<Log> log) {
  log->end_cleaning();
  if (auto renamed = log->rename_dir(name_with_suffix(log->tp(), k_doomed_suffix)); !renamed)
    return renamed.error();
  const int64_t due_ms = options.clock->wall_ms() + log->config().file_delete_delay_ms;
  const fs::path path = log->dir();
  std::unique_lock hold(mutex);
  doomed.push_back({due_ms, path, std::move(log)});
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

Result<void> LogDirs::State::check_complete(const TopicPartition& tp) const {
  std::string offline;
  for (const auto& dir : owner->offline_dirs()) offline += (offline.empty() ? "" : ",") + dir;
  if (offline.empty()) return ok();
  return Error{Errc::kafka_storage_error, "Can not create log for " + tp.to_string() +
                                              " because log directories " + offline +
                                              " are offline"};
}

std::string LogDirs::parent_of(const Log& log) { return log.dir().parent_path().string(); }

}  // namespace samsa::log
