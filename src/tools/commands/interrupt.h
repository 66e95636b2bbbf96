#pragma once
// SIGINT and SIGTERM as a flag, for tools that have something to finish.

#include <atomic>

namespace samsa::tools {

// From now on the signals only set the flag, which lives for ever. A second signal ends the process
// at once.
const std::atomic<bool>* catch_interrupts();
bool interrupted();

}  // namespace samsa::tools
