#include "runtime/wait.h"

#include <glog/logging.h>
#include <pthread.h>

namespace samsa::runtime {
namespace detail {

bool Latch::release() {
  std::coroutine_handle<> waiter;
  EventLoop* loop = nullptr;
  std::shared_ptr<EventLoop::Timer> timer;
  {
    std::scoped_lock hold(mutex_);
    if (released_) return false;
    released_ = true;
    waiter = std::exchange(waiter_, {});
    loop = loop_;
    timer = std::move(timer_);
  }
  if (!waiter) return true;
  EventLoop::cancel(timer);
  loop->post([waiter] { waiter.resume(); });
  return true;
}

void Latch::rearm() {
  std::scoped_lock hold(mutex_);
  released_ = false;
}

bool Latch::released() const {
  std::scoped_lock hold(mutex_);
  return released_;
}

bool Latch::Awaiter::await_suspend(std::coroutine_handle<> waiter) {
  EventLoop* loop = EventLoop::current();
  CHECK(loop != nullptr) << "coroutines wait on event loops only";
  std::scoped_lock hold(latch->mutex_);
  if (latch->released_) return false;
  CHECK(!latch->waiter_) << "two coroutines wait on one latch";
  latch->waiter_ = waiter;
  latch->loop_ = loop;
  const uint64_t number = ++latch->wait_number_;
  if (deadline) {
    const auto left = std::chrono::ceil<milliseconds>(*deadline - std::chrono::steady_clock::now());
    latch->timer_ = loop->call_after(std::max(left, milliseconds{0}), [latch = latch, number] {
      latch->resume_on_deadline(number);
    });
  }
  return true;
}

bool Latch::Awaiter::await_resume() { return latch->released(); }

bool Latch::resume_on_deadline(uint64_t wait_number) {
  std::coroutine_handle<> waiter;
  {
    std::scoped_lock hold(mutex_);
    if (wait_number != wait_number_) return false;
    waiter = std::exchange(waiter_, {});
    timer_.reset();
  }
  if (waiter) waiter.resume();
  return true;
}

namespace {

// A coroutine that owns itself: what spawn() starts.
struct Detached {
  struct promise_type {
    Detached get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

Detached run_detached(std::string name, Gate& gate, Task<void> task) {
  try {
    co_await std::move(task);
  } catch (const std::exception& e) {
    LOG(ERROR) << name << " ended by an exception: " << e.what();
  }
  gate.leave();
}

}  // namespace
}  // namespace detail

Task<void> sleep_for(milliseconds delay) {
  auto latch = std::make_shared<detail::Latch>();
  auto deadline = latch->wait(std::chrono::steady_clock::now() + delay);
  co_await deadline;
}

bool Gate::enter() {
  std::scoped_lock hold(mutex_);
  if (closed_) return false;
  ++inside_;
  return true;
}

void Gate::leave() {
  std::scoped_lock hold(mutex_);
  if (--inside_ == 0) emptied_.notify_all();
}

void Gate::close() {
  std::scoped_lock hold(mutex_);
  closed_ = true;
}

bool Gate::drain(SteadyTime deadline) {
  std::unique_lock hold(mutex_);
  return emptied_.wait_until(hold, deadline, [this] { return inside_ == 0; });
}

int Gate::inside() const {
  std::scoped_lock hold(mutex_);
  return inside_;
}

bool spawn(EventLoop& loop, std::string name, Gate& gate, Task<void> task) {
  if (!gate.enter()) return false;
  auto detached = detail::run_detached(std::move(name), gate, std::move(task));
  if (loop.is_current()) {
    detached.handle.resume();
  } else {
    loop.post([handle = detached.handle] { handle.resume(); });
  }
  return true;
}

Workers::Workers(std::string name, int threads)
    : name_(std::move(name)), most_threads_(static_cast<size_t>(threads)) {
  add_thread();
}

void Workers::add_thread() {
  threads_.emplace_back([this, name = name_ + '-' + std::to_string(threads_.size())] {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    work();
  });
}

Workers::~Workers() {
  {
    std::scoped_lock hold(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Workers::post(std::function<void()> work) {
  {
    std::scoped_lock hold(mutex_);
    queue_.push_back(std::move(work));
    if (queue_.size() > idle_ && threads_.size() < most_threads_ && !stopping_) {
      try {
        add_thread();
      } catch (const std::system_error& e) {
        LOG_EVERY_N(WARNING, 1000)
            << "no more than " << threads_.size() << " threads for " << name_ << ": " << e.what();
      }
    }
  }
  arrived_.notify_one();
}

void Workers::work() {
  std::unique_lock hold(mutex_);
  for (;;) {
    ++idle_;
    arrived_.wait(hold, [this] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    auto next = std::move(queue_.front());
    queue_.pop_front();
    hold.unlock();
    try {
      next();
    } catch (const std::exception& e) {
      LOG(ERROR) << "A worker's task ended by an exception: " << e.what();
    }
    next = nullptr;  // what it captured is released before the lock is taken again
    hold.lock();
  }
}

}  // namespace samsa::runtime
