#pragma once
// Log directories in a folder of the test's own, and a clock that runs when the test says so.

#include <algorithm>
#include <atomic>
#include <chrono>

#include "log/log_dirs.h"
#include "log_fixture.h"

namespace samsa::log {

// May be set while other threads look at it.
class SharedClock : public Clock {
 public:
  int64_t wall_ms() const override { return now_ms_; }
  SteadyTime steady() const override { return SteadyTime{milliseconds{now_ms_.load()}}; }
  void advance(int64_t ms) { now_ms_ += ms; }

 private:
  std::atomic<int64_t> now_ms_{1'600'000'000'000};
};

struct LogDirsTest : LogFixture {
  LogDirsTest() { config_.retention_ms = -1; }
  std::string dir(int number = 0) const {
    return (folder_.path() / ("logs-" + std::to_string(number))).string();
  }
  LogDirsOptions options(int dirs = 1) {
    LogDirsOptions options;
    for (int i = 0; i < dirs; ++i) options.dirs.push_back(dir(i));
    options.defaults = config_;
    options.clock = &shared_clock_;
    options.retention_check_ms = options.recovery_point_checkpoint_ms = 20;
    options.log_start_checkpoint_ms = options.high_watermark_checkpoint_ms = 20;
    options.on_dir_failure = [this](const std::string& path, const Error&, size_t live) {
      lost_.emplace_back(path, live);
    };
    return options;
  }
  std::unique_ptr<LogDirs> open_dirs(LogDirsOptions options) {
    auto logs = LogDirs::open(std::move(options));
    EXPECT_TRUE(logs) << (logs ? Error{} : logs.error());
    return logs ? std::move(*logs) : nullptr;
  }
  std::unique_ptr<LogDirs> open_dirs(int dirs = 1) { return open_dirs(options(dirs)); }
  std::shared_ptr<Log> make(LogDirs& logs, const std::string& topic, int32_t partition = 0) {
    auto log = logs.get_or_create({topic, partition}, config_);
    EXPECT_TRUE(log) << (log ? Error{} : log.error());
    return log ? *log : nullptr;
  }
  // The clock runs on meanwhile.
  template <class Condition>
  void await(const char* what, Condition condition, int64_t step_ms = 20) {
    log::await(what, condition, [&] { shared_clock_.advance(step_ms); });
  }
  static std::string text(const fs::path& path) {
    auto content = read_file(path);
    return content ? *content : std::string{};
  }
  static std::vector<std::string> entries(const fs::path& path) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  SharedClock shared_clock_;
  std::vector<std::pair<std::string, size_t>> lost_;
};

}  // namespace samsa::log
