#pragma once
// One thread that runs posted work, timers and sockets. Built on asio::io_context, which stays out
// of this header.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"

namespace samsa::runtime {

class EventLoop {
 public:
  using Work = std::function<void()>;

  // The name shows in `ps -L` and in log lines.
  explicit EventLoop(std::string name);
  // Stops and joins if that has not been done; work still queued is destroyed without running.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs the loop on a new thread until stop().
  void start();
  // Ends the loop after the work now running, and joins its thread. Not from the loop itself.
  void stop();

  // Runs the work on the loop's thread, in order of posting. Any thread.
  void post(Work work);

  // Runs the work once after the delay, unless cancelled first. Both from any thread; cancelling a
  // timer that has run does nothing.
  class Timer;
  std::shared_ptr<Timer> call_after(milliseconds delay, Work work);
  static void cancel(const std::shared_ptr<Timer>& timer);

  // The loop whose thread this is, or null.
  static EventLoop* current();
  bool is_current() const { return current() == this; }

  // For room net, which puts sockets on the loop: the asio::io_context, as an opaque pointer.
  void* io_context();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace samsa::runtime
