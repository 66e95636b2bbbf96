#pragma once
// Many independent pieces of work on a few threads of their own.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace samsa {

// Calls work(0) to work(count - 1), in no order, on this thread and up to `threads` - 1 others, and
// returns when all are done. An exception stops what has not begun; the first one is thrown again.
inline void in_parallel(size_t threads, size_t count, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto take = [&] {
    try {
      for (size_t i; (i = next++) < count;) work(i);
    } catch (...) {
      next = count;
      std::scoped_lock hold(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  others.reserve(std::min(threads, count));
  try {
    while (others.size() + 1 < std::min(threads, count)) others.emplace_back(take);
  } catch (const std::system_error&) {  // as many as there are do
  }
  take();
  for (auto& one : others) one.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace samsa
