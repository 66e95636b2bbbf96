#pragma once
// From a thread that is no event loop into coroutines and back.

#include <future>

#include "runtime/wait.h"

namespace samsa::runtime {

namespace detail {
template <class T>
Task<void> fulfil(Task<T> task, std::promise<T> promise) {
  promise.set_value(co_await std::move(task));
}
}  // namespace detail

// Runs the task on the loop while this thread goes on. The gate is open and stays so until the
// result is there.
template <class T>
std::future<T> start_on(EventLoop& loop, Gate& gate, Task<T> task) {
  std::promise<T> promise;
  auto result = promise.get_future();
  spawn(loop, "start_on", gate, detail::fulfil(std::move(task), std::move(promise)));
  return result;
}

// Waits for the task's result on this thread, which must not be the loop's.
template <class T>
T block_on(EventLoop& loop, Gate& gate, Task<T> task) {
  return start_on(loop, gate, std::move(task)).get();
}

}  // namespace samsa::runtime
