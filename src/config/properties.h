#pragma once
// Java's .properties files, and settings from the command line.

#include <filesystem>
#include <string>
#include <string_view>

#include "base/errc.h"
#include "config/key.h"

namespace samsa::config {

// Comments, continuation lines and escapes as java.util.Properties reads them; the last of several
// equal keys wins. The origin is named in errors: "server.properties:12: ...".
Result<Properties> parse_properties(std::string_view text, std::string_view origin);
Result<Properties> read_properties(const std::filesystem::path& path);

// "key=value" into the properties, as --override does.
Result<void> apply_override(Properties& properties, std::string_view assignment);

// The sentence for a key nobody knows; with "did you mean" where a known one is near.
std::string unknown_key_warning(std::string_view name);

}  // namespace samsa::config
