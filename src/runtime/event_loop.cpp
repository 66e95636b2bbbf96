#include "runtime/event_loop.h"

#include <glog/logging.h>
#include <pthread.h>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

namespace samsa::runtime {
namespace {
thread_local EventLoop* current_loop = nullptr;
}

struct EventLoop::Impl {
  std::string name;
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running =
      boost::asio::make_work_guard(context);
  std::thread thread;
};

class EventLoop::Timer {
 public:
  explicit Timer(boost::asio::io_context& on) : context(on), timer(on) {}
  boost::asio::io_context& context;
  boost::asio::steady_timer timer;
};

EventLoop::EventLoop(std::string name) : impl_(std::make_unique<Impl>()) {
  impl_->name = std::move(name);
}

EventLoop::~EventLoop() { stop(); }

void EventLoop::start() {
  impl_->thread = std::thread([this] {
    constexpr size_t k_kernel_name_max = 15;
    pthread_setname_np(pthread_self(), impl_->name.substr(0, k_kernel_name_max).c_str());
    current_loop = this;
    impl_->context.run();
  });
}

void EventLoop::stop() {
  CHECK(!is_current()) << "loop " << impl_->name << " asked to join itself";
  impl_->context.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

void EventLoop::post(Work work) { boost::asio::post(impl_->context, std::move(work)); }

std::shared_ptr<EventLoop::Timer> EventLoop::call_after(milliseconds delay, Work work) {
  auto timer = std::make_shared<Timer>(impl_->context);
  timer->timer.expires_after(delay);
  auto arm = [timer, work = std::move(work)]() mutable {
    timer->timer.async_wait([timer, work = std::move(work)](boost::system::error_code error) {
      if (!error) work();
    });
  };
  // A timer object belongs to the loop's thread; only arming it there makes cancel() race-free.
  if (is_current()) {
    arm();
  } else {
    post(std::move(arm));
  }
  return timer;
}

void EventLoop::cancel(const std::shared_ptr<Timer>& timer) {
  if (!timer) return;
  boost::asio::dispatch(timer->context, [timer] { timer->timer.cancel(); });
}

EventLoop* EventLoop::current() { return current_loop; }
void* EventLoop::io_context() { return &impl_->context; }

}  // namespace samsa::runtime
