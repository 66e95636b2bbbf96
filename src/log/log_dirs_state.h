#pragma once
// What LogDirs is made of; private to the room.

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <thread>
#include <unordered_map>

#include "base/file.h"
#include "log/disk_pace.h"
#include "log/log_dirs.h"
#include "log/recovery_progress.h"
#include "metrics/registry.h"

namespace samsa::log {

struct LogDirs::State {
  struct Dir {
    explicit Dir(const Clock& clock) : pace(clock) {}
    std::string path;
    mutable DiskPace pace;
    FileDescriptor lock;
    bool was_clean = false;
    bool offline = false;
    std::atomic<int64_t> logs_to_recover{0};
    OffsetMap recovery_points, log_starts, high_watermarks, first_dirty;  // as read at the start
    std::map<std::string, OffsetMap> written;  // by checkpoint; guarded by `checkpoint_mutex`
  };
  struct Found {
    Dir* dir;
    TopicPartition tp;
    std::filesystem::path path;
    bool is_future = false;
  };
  struct Doomed {
    int64_t due_ms;
    std::filesystem::path path;
    std::shared_ptr<Log> log;  // null for one that an earlier process doomed
  };

  // log_dirs_load.cpp
  // Errors are for the broker to end with; a directory that merely fails goes offline.
  Result<void> open_dir(const std::string& path);
  void read_dirs();
  Result<void> read_dir(Dir& dir);
  // Of two logs of one name, of which one was taking the place of the other when the process died,
  // only that one is loaded. Any other two are for a person to decide about.
  Result<void> settle_duplicates();
  void take_over_checkpoints(const Found& former, const Found& now);
  // Once all is loaded and written: what settle_duplicates() has left out goes.
  void finish_moves();
  void load_one(const Found& found);
  int64_t bytes_to_recover() const;
  void load_all();

  // log_dirs_keep.cpp
  void keep_house();
  void keep_log(Log& log, int64_t now_ms, bool retention_due);
  void write_checkpoint(const char* file,
                        const std::function<std::optional<Offset>(const Log&)>& value_of);
  void write_checkpoints();
  void reap_doomed(int64_t now_ms);
  void forget_checkpoints_of(const TopicPartition& tp, const Dir& dir);
  void stop_threads();

  // log_dirs_metrics.cpp
  void show_metrics();
  void tell_metrics(metrics::Exposition& out) const;

  Result<std::shared_ptr<Log>> create(const TopicPartition& tp, const LogConfig& config,
                                      const Dir& dir);
  LogHooks hooks_for(const Dir& dir);
  // Renames the log's directory, and lets the files go later. The log is in no map any more.
  Result<void> doom(std::shared_ptr<Log> log);
  // With the creation mutex held.
  Result<void> remove_future(const TopicPartition& tp);
  // The former log of one that moved, where there is one, goes. With the creation mutex held:
  // whatever is made under its name must not find it.
  void let_leave(const TopicPartition& tp);
  // KAFKA_STORAGE_ERROR while a directory is offline: what is to be made may lie there (KIP-112).
  Result<void> check_complete(const TopicPartition& tp) const;
  void mark_unreachable(const TopicPartition& tp);
  void fail(const std::string& path, const Error& error);
  Dir* find(const std::string& path);
  bool is_offline(const Dir& dir) const;
  // Calls work(0) to work(count - 1), from as many threads as the directories may have.
  void in_parallel(size_t count, const std::function<void(size_t)>& work) const;

  explicit State(LogDirsOptions o) : options(std::move(o)) {}

  LogDirsOptions options;
  std::vector<std::unique_ptr<Dir>> dirs;  // fixed after open()
  // While opening; the second: former logs, and which took their place.
  std::vector<Found> to_load;
  std::vector<std::pair<Found, std::filesystem::path>> moved;
  // Several logs are made at a time, but each once; held while logs go or take another's place.
  // Taken before `mutex`.
  std::mutex create_mutex;
  std::condition_variable one_created;
  std::unordered_map<TopicPartition, std::string> creating;          // and in which directory
  std::unordered_map<TopicPartition, std::shared_ptr<Log>> leaving;  // guarded by `create_mutex`
  mutable std::shared_mutex mutex;  // guards what follows and the offline flags
  std::unordered_map<TopicPartition, std::shared_ptr<Log>> logs, futures;
  std::unordered_map<TopicPartition, std::string> preferred;  // dirs of logs yet to be made
  std::set<TopicPartition> unreachable;  // their directory is offline, or may be
  std::vector<Doomed> doomed;

  std::mutex checkpoint_mutex;  // one is written at a time, so that an older one can't come last

  std::optional<RecoveryProgress> recovery;  // of the start
  metrics::Registry::Handle metrics;         // ends before what is told of

  LogDirs* owner = nullptr;
  std::unique_ptr<Cleaner> cleaner;
  std::mutex thread_mutex;
  std::condition_variable wake;
  bool stopping = false;
  std::thread thread;
};

}  // namespace samsa::log
