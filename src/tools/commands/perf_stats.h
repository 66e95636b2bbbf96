#pragma once
// The figures of producer-perf-test and their lines.

#include <cstdint>
#include <string>
#include <vector>

namespace samsa::tools {

// Latencies of records, in windows and in total. Times are wall-clock milliseconds, as in Kafka's
// tool.
class ProducerStats {
 public:
  ProducerStats(int64_t records, int64_t window_ms, int64_t now_ms);

  // Numbers the next record.
  int64_t next_iteration() { return iteration_++; }
  // A finished record; a line to print where a window has ended.
  std::string record(int64_t iteration, int64_t latency_ms, int64_t bytes, int64_t now_ms);
  // The last line.
  std::string total(int64_t now_ms);

 private:
  struct Sums {
    int64_t start_ms = 0;
    int64_t count = 0;
    int64_t bytes = 0;
    int64_t latency_sum_ms = 0;
    int64_t latency_max_ms = 0;
    void add(int64_t latency_ms, int64_t size);
  };
  std::string window_line(int64_t now_ms) const;

  int64_t window_ms_;
  int64_t sampling_;
  int64_t iteration_ = 0;
  std::vector<int64_t> latencies_;
  Sums total_;
  Sums window_;
};

}  // namespace samsa::tools
