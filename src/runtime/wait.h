#pragma once
// The ways a coroutine waits. Each resumes it on the event loop that it was suspended on, whatever
// thread wakes it.
//
//   OneShot<T>   a value that arrives once: set() wins once, await with or without a deadline
//   Signal       something changed, look again: notify() any number of times, await with a deadline
//   sleep_for    time alone
//   Workers      run() a blocking function elsewhere and await its result
//   spawn        start a coroutine that nobody awaits, counted by a Gate that stop() drains

#include <condition_variable>
#include <coroutine>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "runtime/event_loop.h"
#include "runtime/task.h"

namespace samsa::runtime {

namespace detail {

// A latch that one coroutine may wait on. Thread-safe.
class Latch : public std::enable_shared_from_this<Latch> {
 public:
  // Releases the waiter, or lets the next wait pass at once. False when already released.
  bool release();
  // Arms again after a release; only by the waiting coroutine between waits.
  void rearm();
  bool released() const;

  struct Awaiter {
    std::shared_ptr<Latch> latch;
    std::optional<SteadyTime> deadline;
    bool await_ready() const { return latch->released(); }
    bool await_suspend(std::coroutine_handle<> waiter);
    // Whether the latch was released; false means that the deadline came first.
    bool await_resume();
  };
  Awaiter wait(std::optional<SteadyTime> deadline) { return {shared_from_this(), deadline}; }

 private:
  bool resume_on_deadline(uint64_t wait_number);

  mutable std::mutex mutex_;
  bool released_ = false;
  uint64_t wait_number_ = 0;  // tells a late timer of an earlier wait from this one's
  std::coroutine_handle<> waiter_;
  EventLoop* loop_ = nullptr;
  std::shared_ptr<EventLoop::Timer> timer_;
};

}  // namespace detail

// A value that arrives once. Copies share it. One coroutine may await it.
template <class T>
class OneShot {
 public:
  // Any thread. The first value wins; false for a later one, which is dropped.
  bool set(T value) const {
    {
      std::scoped_lock hold(state_->mutex);
      if (state_->value) return false;
      state_->value.emplace(std::move(value));
    }
    state_->latch->release();
    return true;
  }
  bool is_set() const {
    std::scoped_lock hold(state_->mutex);
    return state_->value.has_value();
  }

  // The value, or nothing when the deadline came first.
  Task<std::optional<T>> until(SteadyTime deadline) const { return await_value(state_, deadline); }
  Task<T> wait() const { return await_forever(state_); }

 private:
  struct State {
    std::mutex mutex;
    std::optional<T> value;
    std::shared_ptr<detail::Latch> latch = std::make_shared<detail::Latch>();
  };

  static Task<std::optional<T>> await_value(std::shared_ptr<State> state, SteadyTime deadline) {
    auto arrival = state->latch->wait(deadline);
    if (!co_await arrival) co_return std::optional<T>{};
    std::scoped_lock hold(state->mutex);
    co_return std::optional<T>{std::move(state->value)};
  }
  static Task<T> await_forever(std::shared_ptr<State> state) {
    auto arrival = state->latch->wait(std::nullopt);
    co_await arrival;
    std::scoped_lock hold(state->mutex);
    co_return std::move(*state->value);
  }

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// "Look again." A notify between two waits is not lost: the next wait returns at once. One waiting
// coroutine.
class Signal {
 public:
  void notify() const { latch_->release(); }  // any thread
  // True when notified, false at the deadline. Take the condition's next look after this returns.
  Task<bool> until(SteadyTime deadline) const { return await(latch_, deadline); }

 private:
  static Task<bool> await(std::shared_ptr<detail::Latch> latch, SteadyTime deadline) {
    auto notification = latch->wait(deadline);
    const bool notified = co_await notification;
    latch->rearm();
    co_return notified;
  }
  std::shared_ptr<detail::Latch> latch_ = std::make_shared<detail::Latch>();
};

Task<void> sleep_for(milliseconds delay);

// Counts coroutines in flight. After close() nothing enters; drain() waits until all have left.
class Gate {
 public:
  bool enter();
  void leave();
  void close();
  // Blocks the calling thread (not a loop that they run on). False if some are still inside at the
  // deadline.
  bool drain(SteadyTime deadline);
  int inside() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  int inside_ = 0;
  bool closed_ = false;
};

// Starts the coroutine on the loop; an exception that leaves it is logged under the name. False
// when the gate is closed (the task is then destroyed unstarted). The gate outlives the coroutine.
bool spawn(EventLoop& loop, std::string name, Gate& gate, Task<void> task);

// Threads for what may block or burn. GCC 12: awaiters are named locals here, as temporaries in a
// co_await are destroyed twice.
class Workers {
 public:
  // Begins with one thread; others are added, up to so many, when there is work for them.
  Workers(std::string name, int threads);
  ~Workers();  // finishes what was queued
  // An exception that leaves the work is logged.
  void post(std::function<void()> work);

  // Runs the function on a worker and resumes the caller on its own loop with the result, or with
  // the exception that it threw.
  template <class F>
  auto run(F function) -> Task<std::invoke_result_t<F>> {
    using T = std::invoke_result_t<F>;
    OneShot<Outcome<T>> done;
    post([done, function = std::move(function)]() mutable {
      Outcome<T> outcome;
      try {
        outcome.value.emplace(function());
      } catch (...) {
        outcome.failure = std::current_exception();
      }
      done.set(std::move(outcome));
    });
    return result_of(std::move(done));
  }

 private:
  template <class T>
  struct Outcome {
    std::optional<T> value;
    std::exception_ptr failure;
  };
  template <class T>
  static Task<T> result_of(OneShot<Outcome<T>> done) {
    auto arrival = done.wait();
    auto outcome = co_await std::move(arrival);
    if (outcome.failure) std::rethrow_exception(outcome.failure);
    co_return std::move(*outcome.value);
  }
  // With the lock held, or before there is another thread. Throws std::system_error.
  void add_thread();
  void work();
  const std::string name_;
  const size_t most_threads_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> queue_;
  size_t idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace samsa::runtime
