#pragma once
// The threads that compact logs, each one log at a time, the dirtiest first; and that delete what
// has expired of compacted logs.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "log/cleaner/cleaning.h"
#include "log/cleaner/throttle.h"

namespace samsa::log {

// Names and defaults are those of the broker's keys, log.cleaner.*.
struct CleanerOptions {
  int threads = 1;
  int64_t dedupe_buffer_bytes = 128LL * 1024 * 1024;  // of all threads together
  double load_factor = 0.9;
  int32_t io_buffer_bytes = 512 * 1024;  // of all threads, half of it for what is read
  double io_max_bytes_per_second = std::numeric_limits<double>::max();
  int64_t backoff_ms = 15'000;
  friend bool operator==(const CleanerOptions&, const CleanerOptions&) = default;
};

struct CleanerHooks {
  std::function<std::vector<std::shared_ptr<Log>>()> logs;
  // Up to where some log is clean has changed.
  std::function<void()> write_checkpoint;
  Clock* clock = &Clock::system();
};

class Cleaner {
 public:
  Cleaner(CleanerOptions options, CleanerHooks hooks);
  ~Cleaner();
  Cleaner(const Cleaner&) = delete;
  Cleaner& operator=(const Cleaner&) = delete;

  void start();
  // Cleaning under way is given up. Idempotent.
  void stop();
  // Stops the threads, if there are any, and starts others, unless nothing has changed.
  void reconfigure(const CleanerOptions& options);

 private:
  struct Chosen {
    CleanableLog log;
    CleanableLog::View view;
    Dirt dirt;
  };
  void start_threads();
  void stop_threads();
  void run(int number);
  bool clean_dirtiest(int number, KeyMap& map);
  std::optional<Chosen> choose();
  std::optional<Chosen> look_at(const std::shared_ptr<Log>& log);
  void clean(int number, Chosen& chosen, KeyMap& map);
  static void give_up_for_good(CleanableLog& log, const Error& why);
  void delete_expired();
  // Whether nobody wants to stop meanwhile.
  bool rest(milliseconds time, const std::function<bool()>& go_on);

  CleanerOptions options_;
  const CleanerHooks hooks_;
  std::unique_ptr<Throttle> throttle_;
  std::mutex choice_mutex_;  // one thread looks for work at a time
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_stopping_ = false;
  std::mutex control_mutex_;  // start, stop and reconfigure, one at a time
  std::vector<std::thread> threads_;
};

}  // namespace samsa::log
