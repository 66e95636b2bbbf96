#include "tools/commands/interrupt.h"

#include <unistd.h>
#include <csignal>

namespace samsa::tools {

namespace {
std::atomic<bool> g_interrupted{false};

void on_signal(int number) {
  if (g_interrupted.exchange(true)) ::_exit(128 + number);
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

}  // namespace samsa::tools
