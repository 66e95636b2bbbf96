#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include "metrics/registry.h"

namespace samsa::metrics {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double open_descriptors() {
  std::error_code failure;
  double count = -1;  // the walk's own descriptor does not count
  for (std::filesystem::directory_iterator at("/proc/self/fd", failure), end; at != end;
       at.increment(failure)) {
    if (failure) break;
    ++count;
  }
  return count;
}

void write_process(Exposition& out, double started) {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    out.add("process_cpu_seconds_total", FamilyType::counter, {},
            seconds(usage.ru_utime) + seconds(usage.ru_stime));
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0)
    out.add("process_max_fds", FamilyType::gauge, {}, static_cast<double>(files.rlim_cur));
  out.add("process_open_fds", FamilyType::gauge, {}, open_descriptors());
  uint64_t total = 0;
  uint64_t resident = 0;
  if (std::ifstream statm("/proc/self/statm"); statm >> total >> resident) {
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    out.add("process_virtual_memory_bytes", FamilyType::gauge, {},
            static_cast<double>(total) * page);
    out.add("process_resident_memory_bytes", FamilyType::gauge, {},
            static_cast<double>(resident) * page);
  }
  out.add("process_start_time_seconds", FamilyType::gauge, {}, started);
}

}  // namespace

Registry::Handle collect_process(Registry& registry) {
  const double started = static_cast<double>(Clock::system().wall_ms()) / 1000;
  return registry.collect([started](Exposition& out) { write_process(out, started); });
}

}  // namespace samsa::metrics
