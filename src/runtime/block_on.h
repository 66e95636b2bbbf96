#pragma once
// From a thread that is no event loop into coroutines and back.

#include <future>

#include "runtime/wait.h"

namespace samsa::runtime {

namespace detail {
template <class T>
Task<void> fulfil(Task<T> task, std::promise<T>* promise) {
  promise->set_value(co_await std::move(task));
}
}  // namespace detail

// Runs the task on the loop and waits for its result on this thread, which must not be the loop's.
// The gate is open and stays so until this returns.
template <class T>
T block_on(EventLoop& loop, Gate& gate, Task<T> task) {
  std::promise<T> promise;
  spawn(loop, "block_on", gate, detail::fulfil(std::move(task), &promise));
  return promise.get_future().get();
}

}  // namespace samsa::runtime
