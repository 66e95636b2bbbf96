#include "admin/entity_names.h"

#include <charconv>

namespace samsa::admin {
namespace {

bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

}  // namespace

std::string sanitize(std::string_view name) {
  constexpr char k_digits[] = "0123456789ABCDEF";
  std::string text;
  for (const char c : name) {
    if (stays(c)) {
      text += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    text.append({'%', k_digits[byte >> 4], k_digits[byte & 15]});
  }
  return text;
}

std::string desanitize(std::string_view sanitized) {
  std::string text;
  for (size_t i = 0; i < sanitized.size(); ++i) {
    unsigned byte = 0;
    const char* const digits = sanitized.data() + i + 1;
    if (sanitized[i] == '%' && i + 2 < sanitized.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      text += static_cast<char>(byte);
      i += 2;
    } else {
      text += sanitized[i] == '+' ? ' ' : sanitized[i];
    }
  }
  return text;
}

}  // namespace samsa::admin
