// What the log room costs: appends beside a bare loop of writes, a compaction, a recovery. Set
// TMPDIR to choose the disk.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <random>

#include "base/file.h"
#include "log/cleaner/cleaning.h"
#include "log/log.h"
#include "record/builder.h"
#include "test/temp_folder.h"

namespace samsa::log {
namespace {

constexpr int64_t k_now_ms = 1'600'000'000'000;

std::unique_ptr<Log> open(const TempFolder& folder, LogConfig config = {}) {
  auto log = Log::open({folder.path() / "t-0", {"t", 0}}, config);
  if (!log) std::abort();
  return std::move(*log);
}

Bytes batch_of(size_t bytes, size_t value_bytes, int64_t keys, std::mt19937_64& random) {
  record::BatchBuilder builder{{}};
  Bytes value(value_bytes, ' ');
  for (char& c : value) c = static_cast<char>('a' + random() % 26);
  while (builder.uncompressed_size() + value_bytes < bytes)
    builder.append(k_now_ms, "key-" + std::to_string(random() % static_cast<uint64_t>(keys)),
                   value);
  return *builder.build();
}

// A test of throughput must not become one of free space: both begin anew after a gigabyte.
constexpr int64_t k_file_bytes = int64_t{1} << 30;

void write_alone(benchmark::State& state) {
  const TempFolder folder;
  std::mt19937_64 random{1};
  const Bytes bytes = batch_of(static_cast<size_t>(state.range(0)), 1000, 1000, random);
  const std::string name = (folder.path() / "bytes").string();
  const FileDescriptor file{::open(name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)};
  off_t at = 0;
  for (auto _ : state) {
    if (::pwrite(file.get(), bytes.data(), bytes.size(), at) != std::ssize(bytes)) std::abort();
    at += std::ssize(bytes);
    if (at < k_file_bytes) continue;
    state.PauseTiming();
    if (::ftruncate(file.get(), 0) != 0) std::abort();
    at = 0;
    state.ResumeTiming();
  }
  state.SetBytesProcessed(std::ssize(bytes) * state.iterations());
}
BENCHMARK(write_alone)->Arg(16 << 10)->Arg(1 << 20);

// As a leader does: whole batches checked, stamped, indexed and written.
void append(benchmark::State& state) {
  const TempFolder folder;
  std::mt19937_64 random{1};
  Bytes bytes = batch_of(static_cast<size_t>(state.range(0)), 1000, 1000, random);
  auto log = open(folder);
  int64_t written = 0;
  for (auto _ : state) {
    store_be(bytes.data(), int64_t{0});
    if (!log->append_as_leader(bytes, LeaderEpoch{0})) std::abort();
    written += std::ssize(bytes);
    if (written < k_file_bytes) continue;
    state.PauseTiming();
    if (!log->truncate_fully_and_start_at(log->log_end_offset())) std::abort();
    log->reap_deleted_files(INT64_MAX);
    written = 0;
    state.ResumeTiming();
  }
  state.SetBytesProcessed(std::ssize(bytes) * state.iterations());
}
BENCHMARK(append)->Arg(16 << 10)->Arg(1 << 20);

void fill(Log& log, int64_t bytes, size_t batch_bytes, size_t value_bytes, int64_t keys) {
  std::mt19937_64 random{1};
  for (int64_t done = 0; done < bytes;) {
    Bytes batch = batch_of(batch_bytes, value_bytes, keys, random);
    done += std::ssize(batch);
    if (!log.append_as_leader(batch, LeaderEpoch{0})) std::abort();
  }
  log.update_high_watermark(log.log_end_offset());
}

// One pass over a log that was never cleaned. range(0): size of a value; range(1): how many keys.
void clean(benchmark::State& state) {
  constexpr int64_t k_log_bytes = int64_t{256} << 20;
  LogConfig config;
  config.cleanup_compact = true;
  config.cleanup_delete = false;
  config.segment_bytes = 64 << 20;
  for (auto _ : state) {
    state.PauseTiming();
    {
      const TempFolder folder;
      const std::shared_ptr<Log> log = open(folder, config);
      fill(*log, k_log_bytes, 16 << 10, static_cast<size_t>(state.range(0)), state.range(1));
      if (!log->roll()) std::abort();
      auto claimed = CleanableLog::claim(log);
      const auto view = claimed->view();
      const Dirt dirt = dirt_of(*CleanableLog::facts_of(view), Clock::system().wall_ms());
      KeyMap map{size_t{128} << 20};
      state.ResumeTiming();
      Cleaning cleaning{*claimed, view, {.map = map, .go_on = [](int64_t) { return true; }}};
      auto end = cleaning.run(dirt);
      state.PauseTiming();
      if (!end || !*end) std::abort();
    }
    state.ResumeTiming();
  }
  state.SetBytesProcessed(k_log_bytes * state.iterations());
}
BENCHMARK(clean)
    ->Args({100, 100'000})
    ->Args({1000, 100'000})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(3)
    ->MeasureProcessCPUTime();

// Opening a log that nobody closed.
void recover(benchmark::State& state) {
  constexpr int64_t k_log_bytes = int64_t{1} << 30;
  const TempFolder folder;
  fill(*open(folder), k_log_bytes, 16 << 10, 1000, 1000);
  for (auto _ : state) benchmark::DoNotOptimize(open(folder));
  state.SetBytesProcessed(k_log_bytes * state.iterations());
}
BENCHMARK(recover)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace samsa::log
