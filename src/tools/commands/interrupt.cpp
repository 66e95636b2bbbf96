#include "tools/commands/interrupt.h"

#include <time.h>
#include <unistd.h>

#include <csignal>

namespace samsa::tools {

namespace {
std::atomic<bool> g_interrupted{false};
std::atomic<int> g_first_signal{0};
std::atomic<int64_t> g_first_signal_s{0};

int64_t now_s() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

// Some senders, timeout(1) among them, signal a process twice at once: only a later one means
// impatience.
void on_signal(int number) {
  int none = 0;
  if (g_first_signal.compare_exchange_strong(none, number)) {
    g_first_signal_s.store(now_s());
    g_interrupted.store(true);  // last: who sees it asks for the number
  } else if (now_s() - g_first_signal_s.load() > 1) {
    ::_exit(128 + number);
  }
}
}  // namespace

const std::atomic<bool>* catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;  // without SA_RESTART, so that poll(2) returns
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return &g_interrupted;
}

bool interrupted() { return g_interrupted.load(); }

int exit_code(int code) { return interrupted() ? 128 + g_first_signal.load() : code; }

}  // namespace samsa::tools
