// Logs that move from one directory to another.

#include <glog/logging.h>

#include "log/log_dirs_state.h"
#include "log/log_folder.h"
#include "log/move_marks.h"

namespace samsa::log {
namespace fs = std::filesystem;

std::shared_ptr<Log> LogDirs::future(const TopicPartition& tp) const {
  std::shared_lock hold(state_->mutex);
  const auto found = state_->futures.find(tp);
  return found == state_->futures.end() ? nullptr : found->second;
}

void LogDirs::prefer(const TopicPartition& tp, const std::string& dir) {
  // More than a cluster makes at a time; anybody may name partitions that will never be.
  constexpr size_t k_most = 100'000;
  std::unique_lock hold(state_->mutex);
  for (const auto* made : {&state_->logs, &state_->futures})
    if (const auto log = made->find(tp); log != made->end() && parent_of(*log->second) == dir)
      return;
  if (state_->preferred.size() < k_most || state_->preferred.contains(tp))
    state_->preferred[tp] = dir;
}

Result<std::shared_ptr<Log>> LogDirs::get_or_create_future(const TopicPartition& tp,
                                                           const std::string& dir,
                                                           const LogConfig& config) {
  std::scoped_lock creation(state_->create_mutex);
  if (auto known = future(tp)) return known;
  state_->let_leave(tp);
  if (auto complete = state_->check_complete(tp); !complete) return complete.error();
  const auto current = get(tp);
  const State::Dir* const parent = state_->find(dir);
  if (!current || parent == nullptr)
    return Error{Errc::kafka_storage_error,
                 "No log of " + tp.to_string() + " that could move to " + dir};
  if (parent_of(*current) == parent->path) return std::shared_ptr<Log>{};
  current->pause_cleaning();
  state_->forget_checkpoints_of(tp, *parent);
  const fs::path path = fs::path(parent->path) / name_with_suffix(tp, k_future_suffix);
  auto made = Log::open({.dir = path, .tp = tp}, config, state_->hooks_for(*parent));
  if (!made) {
    current->resume_cleaning();
    state_->fail(parent->path, made.error());
    return made.error();
  }
  std::shared_ptr<Log> log = std::move(*made);
  std::unique_lock hold(state_->mutex);
  if (parent->offline) {
    current->resume_cleaning();
    return Error{Errc::kafka_storage_error, dir + " went offline"};
  }
  state_->futures[tp] = log;
  state_->preferred.erase(tp);
  return log;
}

Result<void> LogDirs::begin_replacement(const std::shared_ptr<Log>& copy) {
  std::scoped_lock creation(state_->create_mutex);
  const auto former = get(copy->tp());
  if (!former || future(copy->tp()) != copy) return Errc::kafka_storage_error;
  // The former log's directory may be the very reason to move, and then can't be marked.
  if (auto marked = mark_move(former->dir(), copy->dir()); !marked)
    LOG(WARNING) << "A crash within the move of " << copy->tp()
                 << " would leave two logs: " << marked.error();
  return ok();
}

void LogDirs::give_replacement_up(const TopicPartition& tp) {
  std::scoped_lock creation(state_->create_mutex);
  const auto stays = get(tp);
  if (!stays) return;
  // Marked, it would be the one to go if its copy came back.
  if (auto unmarked = unmark_move(stays->dir()); !unmarked)
    state_->fail(parent_of(*stays), unmarked.error());
}

// The new one is renamed before the former one is: the other way round, a crash between the two
// would leave none, and the broker would begin an empty one.
Result<void> LogDirs::replace_by_future(const std::shared_ptr<Log>& copy) {
  std::scoped_lock creation(state_->create_mutex);
  const TopicPartition& tp = copy->tp();
  auto former = get(tp);
  if (!former || future(tp) != copy)
    return Error{Errc::kafka_storage_error, "The " + std::string(former ? "future" : "current") +
                                                " replica for " + tp.to_string() + " is offline"};
  state_->let_leave(tp);
  if (auto taken = copy->take_over(*former); !taken) return taken.error();
  if (auto renamed = copy->rename_dir(tp.to_string()); !renamed) return renamed.error();
  std::unique_lock hold(state_->mutex);
  if (state_->futures.erase(tp) == 0)
    return Error{Errc::kafka_storage_error,
                 "The future replica for " + tp.to_string() + " is offline"};
  state_->logs[tp] = copy;
  state_->unreachable.erase(tp);
  state_->leaving[tp] = std::move(former);
  return ok();
}

void LogDirs::retire_former(const TopicPartition& tp) {
  std::scoped_lock creation(state_->create_mutex);
  state_->let_leave(tp);
}

void LogDirs::State::let_leave(const TopicPartition& tp) {
  auto found = leaving.extract(tp);
  if (!found) return;
  owner->write_first_dirty_offsets();
  owner->write_recovery_points();
  owner->write_log_starts();
  const std::string left = parent_of(*found.mapped());
  const auto now = owner->get(tp);
  // The directory that it leaves may be the very reason to move: its failure is its own.
  if (auto doomed_now = doom(std::move(found.mapped())); !doomed_now) {
    LOG(ERROR) << "the former log of " << tp << " in " << left
               << " could not be removed: " << doomed_now.error();
  } else if (now) {
    if (auto unmarked = unmark_move(now->dir()); !unmarked)
      LOG(WARNING) << "after the move of " << tp << ": " << unmarked.error();
  }
  LOG(INFO) << tp << " has moved from " << left << " to another log directory";
}

Result<void> LogDirs::remove_future(const TopicPartition& tp) {
  std::scoped_lock creation(state_->create_mutex);
  return state_->remove_future(tp);
}

Result<void> LogDirs::State::remove_future(const TopicPartition& tp) {
  std::shared_ptr<Log> future;
  {
    std::unique_lock hold(mutex);
    auto found = futures.extract(tp);
    if (!found) return ok();
    future = std::move(found.mapped());
    if (const auto current = logs.find(tp); current != logs.end())
      current->second->resume_cleaning();
  }
  return doom(std::move(future));
}

}  // namespace samsa::log
