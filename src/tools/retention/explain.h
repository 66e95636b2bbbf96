#pragma once
// Why the oldest segment of a log is still there and when it goes, in words. Pure.

#include <string>

#include "config/topic_config.h"
#include "log/retention.h"
#include "tools/retention/log_look.h"

namespace samsa::tools {

struct Explanation {
  log::Fate fate = log::Fate::stays_empty;
  // "at the next look", "in 2 d 3 h", "in 5 y 3 d (2031-08-01 00:00:00Z)", "after 1.2 GiB more",
  // "-".
  std::string goes;
  std::string why;
};

// Without a cleaner (log.cleaner.enable) nothing of a compacted log goes.
Explanation explain_retention(const LogLook& look, const config::TopicConfig& config,
                              int64_t now_ms, bool has_cleaner = true);

// "1.5 GiB", "512 B".
std::string size_text(int64_t bytes);
// Its two largest units: "2 d 3 h", "5 min 1 s", "300 ms".
std::string duration_text(int64_t ms);
// "2026-11-25 10:00:00Z".
std::string time_text(int64_t ms);

}  // namespace samsa::tools
