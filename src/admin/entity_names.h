#pragma once
// Names of users and clients as they stand in znodes' paths: percent-encoded UTF-8, as Kafka's
// Sanitizer does.

#include <string>
#include <string_view>

namespace samsa::admin {

inline constexpr std::string_view k_default_entity = "<default>";

std::string sanitize(std::string_view name);
// A percent sign without two hexadecimal digits stays as it is.
std::string desanitize(std::string_view sanitized);

}  // namespace samsa::admin
