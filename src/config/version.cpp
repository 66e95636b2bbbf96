#include "config/version.h"

#include <glog/logging.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace samsa::config {
namespace {

constexpr KafkaVersion k_versions[] = {
    {"0.8.0", "0.8.0", 0},       {"0.8.1", "0.8.1", 0},       {"0.8.2", "0.8.2", 0},
    {"0.9.0", "0.9.0", 0},       {"0.10.0-IV0", "0.10.0", 1}, {"0.10.0-IV1", "0.10.0", 1},
    {"0.10.1-IV0", "0.10.1", 1}, {"0.10.1-IV1", "0.10.1", 1}, {"0.10.1-IV2", "0.10.1", 1},
    {"0.10.2-IV0", "0.10.2", 1}, {"0.11.0-IV0", "0.11.0", 2}, {"0.11.0-IV1", "0.11.0", 2},
    {"0.11.0-IV2", "0.11.0", 2}, {"1.0-IV0", "1.0", 2},       {"1.1-IV0", "1.1", 2},
    {"2.0-IV0", "2.0", 2},       {"2.0-IV1", "2.0", 2},       {"2.1-IV0", "2.1", 2},
    {"2.1-IV1", "2.1", 2},       {"2.1-IV2", "2.1", 2},       {"2.2-IV0", "2.2", 2},
    {"2.2-IV1", "2.2", 2},       {"2.3-IV0", "2.3", 2},       {"2.3-IV1", "2.3", 2},
    {"2.4-IV0", "2.4", 2},       {"2.4-IV1", "2.4", 2},       {"2.5-IV0", "2.5", 2},
    {"2.6-IV0", "2.6", 2},       {"2.7-IV0", "2.7", 2},       {"2.7-IV1", "2.7", 2},
    {"2.7-IV2", "2.7", 2},
};

// "2.7.1" names 2.7, "0.10.2.1" names 0.10.2: later segments do not matter.
std::string_view leading_segments(std::string_view text) {
  int segments = text.starts_with("0.") ? 3 : 2;
  size_t at = 0;
  while ((at = text.find('.', at)) != std::string_view::npos && --segments > 0) ++at;
  return text.substr(0, at);
}

}  // namespace

const KafkaVersion* find_version(std::string_view text) {
  const std::string_view wanted = leading_segments(text);
  // A release's name means its last internal version.
  const auto found = std::find_if(
      std::rbegin(k_versions), std::rend(k_versions),
      [&](const KafkaVersion& v) { return v.version == wanted || v.short_version == wanted; });
  return found == std::rend(k_versions) ? nullptr : &*found;
}

bool is_at_least(std::string_view version, std::string_view minimum) {
  const KafkaVersion* mine = find_version(version);
  const KafkaVersion* least = find_version(minimum);
  CHECK(mine && least) << version << ", " << minimum;
  return mine >= least;
}

}  // namespace samsa::config
