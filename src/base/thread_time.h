#pragma once
// What a thread's time went into.

#include <chrono>
#include <optional>

namespace samsa {

// How long the calling thread has been running or waiting for a processor since it began; the rest
// it was asleep. Costs about a microsecond. Nothing where the kernel does not tell
// (/proc/thread-self/schedstat).
std::optional<std::chrono::nanoseconds> thread_awake_time();

}  // namespace samsa
