#include "base/thread_time.h"

#include <fcntl.h>

#include <charconv>

#include "base/file.h"

namespace samsa {

std::optional<std::chrono::nanoseconds> thread_awake_time() {
  // Opened by the thread itself, and stays its own.
  thread_local const FileDescriptor file{
      ::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)};
  char text[96];
  if (!file) return std::nullopt;
  const ssize_t length = ::pread(file.get(), text, sizeof text, 0);
  if (length <= 0) return std::nullopt;
  int64_t running_ns = 0, runnable_ns = 0;
  const auto first = std::from_chars(text, text + length, running_ns);
  if (first.ec != std::errc{} || first.ptr == text + length) return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, text + length, runnable_ns);
  if (second.ec != std::errc{}) return std::nullopt;
  return std::chrono::nanoseconds{running_ns + runnable_ns};
}

}  // namespace samsa
