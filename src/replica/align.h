#pragma once
// What a copy of a log may keep: what the log itself still has.

#include "log/log.h"

namespace samsa::replica {

// Cuts off the copy what is not in the log, because that was truncated meanwhile or is another one
// of the same name, by leader epochs; it ends then where the log has its next record. Nobody may
// change either of them meanwhile.
Result<void> align(log::Log& copy, const log::Log& log);

}  // namespace samsa::replica
