#pragma once

#include <string>
#include <string_view>

namespace samsa::tools::security {

// With padding, in one line.
std::string base64(std::string_view bytes);

}  // namespace samsa::tools::security
