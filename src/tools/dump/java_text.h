#pragma once
// Text as Java prints it.

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace samsa::tools {

// UTF-8 with every malformed stretch replaced by U+FFFD, as Java decodes bytes.
std::string decode_utf8(BytesView bytes);

// "%X" of the bytes as one positive number: no leading zeroes, empty for no bytes.
std::string hex_number(BytesView bytes);

// The string with JSON's escapes and quotes.
std::string json_string(std::string_view text);

}  // namespace samsa::tools
