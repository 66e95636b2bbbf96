// Sizes, durations and times for people.

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "tools/retention/explain.h"

namespace samsa::tools {

std::string size_text(int64_t bytes) {
  constexpr std::array<const char*, 4> k_units = {"KiB", "MiB", "GiB", "TiB"};
  constexpr double k_step = 1024;
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double size = static_cast<double>(bytes) / k_step;
  size_t unit = 0;
  for (; size >= k_step && unit + 1 < k_units.size(); ++unit) size /= k_step;
  char text[48];
  std::snprintf(text, sizeof text, size == std::floor(size) ? "%.0f %s" : "%.1f %s", size,
                k_units.at(unit));
  return text;
}

std::string duration_text(int64_t ms) {
  struct Unit {
    int64_t ms;
    const char* name;
  };
  constexpr int64_t k_day = 24LL * 60 * 60 * 1000;
  constexpr std::array<Unit, 6> k_units = {{{365 * k_day, "y"},
                                            {k_day, "d"},
                                            {60LL * 60 * 1000, "h"},
                                            {60LL * 1000, "min"},
                                            {1000, "s"},
                                            {1, "ms"}}};
  for (size_t i = 0; i < k_units.size(); ++i) {
    const auto& [step, name] = k_units.at(i);
    if (ms < step && i + 1 < k_units.size()) continue;
    std::string text = std::to_string(ms / step) + ' ' + name;
    // Milliseconds beside seconds say nothing.
    if (i + 2 < k_units.size() && ms % step >= k_units.at(i + 1).ms)
      text += ' ' + std::to_string(ms % step / k_units.at(i + 1).ms) + ' ' + k_units.at(i + 1).name;
    return text;
  }
  return {};
}

std::string time_text(int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm utc{};
  // A producer may have sent any number, also of a year that has no place in a date.
  if (::gmtime_r(&seconds, &utc) == nullptr || utc.tm_year > 9999 - 1900)
    return "timestamp " + std::to_string(ms);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &utc);
  return text;
}

}  // namespace samsa::tools
