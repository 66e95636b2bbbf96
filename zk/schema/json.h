#pragma once
// What the schemas share: tolerant reading of znodes' JSON. Unknown fields are ignored.

#include <boost/json.hpp>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/errc.h"

namespace samsa::zk {

// The beginning of a znode's data, fit for one line of a log.
std::string shown(BytesView data);
Result<boost::json::object> parse_object(BytesView json);
std::optional<int32_t> parse_int32(std::string_view text);
// Nothing for what does not fit, or is no integer.
std::optional<int32_t> int32_in(const boost::json::value& value);
std::optional<int32_t> int32_of(const boost::json::object& object, std::string_view key);
// The text as a JSON string with its quotes.
std::string json_string(std::string_view text);

}  // namespace samsa::zk
