#pragma once
// Which names a topic may have: they become names of directories.

#include <algorithm>
#include <string_view>

namespace samsa {

inline bool is_legal_topic_name(std::string_view name) {
  constexpr size_t k_bytes_max = 249;
  const auto is_legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= k_bytes_max && name != "." && name != ".." &&
         std::ranges::all_of(name, is_legal);
}

}  // namespace samsa
