#pragma once
// SIGINT and SIGTERM as a flag, for tools that have something to finish.

#include <atomic>

namespace samsa::tools {

// From now on the signals only set the flag, which lives for ever. A second signal ends the process
// at once.
const std::atomic<bool>* catch_interrupts();
bool interrupted();
// What the shell shall see: 128 and the signal's number after one, else the code.
int exit_code(int code);

}  // namespace samsa::tools
