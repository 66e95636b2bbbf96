#pragma once
// What LogDirs is made of; private to the room.

#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <unordered_map>

#include "base/file.h"
#include "log/log_dirs.h"

namespace samsa::log {

struct LogDirs::State {
  struct Dir {
    std::string path;
    FileDescriptor lock;
    bool was_clean = false;
    bool offline = false;
    OffsetMap recovery_points, log_starts, high_watermarks;  // as read at the start
  };
  struct Found {
    Dir* dir;
    TopicPartition tp;
    std::filesystem::path path;
  };
  struct Doomed {
    int64_t due_ms;
    std::filesystem::path path;
    std::shared_ptr<Log> log;  // null for one that an earlier process doomed
  };

  bool load_dir(Dir& dir);
  void load_one(const Found& found);
  void load_all();
  LogHooks hooks_for(const Dir& dir);
  void fail(const std::string& path, const Error& error);
  Dir* dir_of(const Log& log);
  void keep_house(LogDirs& owner);
  void reap_doomed(int64_t now_ms);
  void stop_thread();

  LogDirsOptions options;
  std::vector<std::unique_ptr<Dir>> dirs;  // fixed after open()
  std::vector<Found> to_load;              // while opening
  std::mutex create_mutex;                 // one log is made at a time; taken before `mutex`
  mutable std::shared_mutex mutex;         // guards what follows and the offline flags
  std::unordered_map<TopicPartition, std::shared_ptr<Log>> logs;
  std::vector<Doomed> doomed;

  std::mutex thread_mutex;
  std::condition_variable wake;
  bool stopping = false;
  std::thread thread;
};

}  // namespace samsa::log
