#include "tools/dump/java_text.h"

#include <cstdio>

namespace samsa::tools {

namespace {

constexpr std::string_view k_replacement = "\xEF\xBF\xBD";

struct Lead {
  int continuation = 0;  // bytes that must follow; -1: not a lead byte
  uint8_t low = 0x80;    // range of the first of them
  uint8_t high = 0xBF;
};

Lead lead_of(uint8_t byte) {
  if (byte < 0x80) return {0};
  if (byte >= 0xC2 && byte <= 0xDF) return {1};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {2};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {3};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {-1};
}

}  // namespace

std::string decode_utf8(BytesView bytes) {
  std::string text;
  for (size_t at = 0; at < bytes.size();) {
    const Lead lead = lead_of(static_cast<uint8_t>(bytes[at]));
    size_t size = 1;
    bool whole = lead.continuation >= 0;
    for (int i = 0; i < lead.continuation && whole; ++i) {
      const bool more = at + size < bytes.size();
      const uint8_t next = more ? static_cast<uint8_t>(bytes[at + size]) : uint8_t{0};
      const bool fits = i == 0 ? next >= lead.low && next <= lead.high : (next & 0xC0) == 0x80;
      whole = more && fits;
      if (whole) ++size;
    }
    if (whole) {
      text += bytes.substr(at, size);
    } else {
      text += k_replacement;
    }
    at += size;
  }
  return text;
}

std::string hex_number(BytesView bytes) {
  std::string hex;
  for (char byte : bytes) {
    char two[3];
    std::snprintf(two, sizeof two, "%02X", static_cast<unsigned>(static_cast<uint8_t>(byte)));
    hex += two;
  }
  size_t from = hex.find_first_not_of('0');
  if (from == std::string::npos) return hex.empty() ? "" : "0";
  return hex.substr(from);
}

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    switch (c) {
      case '"':
        quoted += "\\\"";
        break;
      case '\\':
        quoted += "\\\\";
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\t':
        quoted += "\\t";
        break;
      case '\r':
        quoted += "\\r";
        break;
      default:
        if (static_cast<uint8_t>(c) < 0x20) {
          char escape[8];
          std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(c));
          quoted += escape;
        } else {
          quoted += c;
        }
    }
  }
  return quoted + '"';
}

}  // namespace samsa::tools
