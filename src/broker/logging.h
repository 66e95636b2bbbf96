#pragma once
// The broker's log lines, shaped as Kafka's console appender shapes them: "[2026-01-02
// 03:04:05,678] INFO …", on stdout.

namespace samsa::broker {

// Call once, first of all. Threads may log at once.
void start_logging(const char* program);

}  // namespace samsa::broker
