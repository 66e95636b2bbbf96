#include "base/topic_name.h"

#include <algorithm>

namespace samsa {

Result<void> validate_topic_name(const std::string& name) {
  constexpr size_t k_length_max = 249;
  const auto refuse = [](std::string why) { return Error{Errc::invalid_topic_exception, why}; };
  if (name.empty()) return refuse("Topic name is illegal, it can't be empty");
  if (name == "." || name == "..") return refuse("Topic name cannot be \".\" or \"..\"");
  if (name.size() > k_length_max)
    return refuse("Topic name is illegal, it can't be longer than 249 characters, topic name: " +
                  name);
  const auto is_legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (!std::ranges::all_of(name, is_legal))
    return refuse("Topic name \"" + name +
                  "\" is illegal, it contains a character other than ASCII alphanumerics, '.', '_' "
                  "and '-'");
  return ok();
}

}  // namespace samsa
