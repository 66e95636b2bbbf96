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
#include "log/throttle.h"

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
  std::function<std::vector<std::shared_ptr<Log>>()> logs;  // those that may be cleaned
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
  // For good; cleaning under way is given up. Idempotent.
  void stop();
  // Lets the threads end and starts others, unless nothing has changed. Does not wait for that.
  void reconfigure(const CleanerOptions& options);

 private:
  struct Chosen {
    CleanableLog log;
    CleanableLog::View view;
    Dirt dirt;
  };
  void supervise();
  void run(int number, Throttle& throttle);
  bool clean_dirtiest(int number, KeyMap& map, Throttle& throttle);
  std::optional<Chosen> choose();
  std::optional<Chosen> look_at(const std::shared_ptr<Log>& log);
  void clean(int number, Chosen& chosen, KeyMap& map, Throttle& throttle);
  static void give_up_for_good(CleanableLog& log, const Error& why);
  void delete_expired();
  // False when there was something else to do meanwhile.
  bool rest(milliseconds time, const std::function<bool()>& go_on);

  // With the mutex held: whether the threads are to end.
  bool must_end() const { return is_stopping_ || options_ != running_; }

  std::mutex choice_mutex_;  // one thread looks for work at a time
  std::mutex mutex_;         // guards the next three
  std::condition_variable wake_;
  bool is_stopping_ = false;
  CleanerOptions options_;
  CleanerOptions running_;  // what the threads go by; changes while there are none
  const CleanerHooks hooks_;
  std::thread supervisor_;
};

}  // namespace samsa::log
