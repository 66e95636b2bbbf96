#include "zk/schema/json.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace samsa::zk {

std::string shown(BytesView data) {
  constexpr size_t k_most = 200;
  std::string text{data.substr(0, k_most)};
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < ' ' || c == 0x7f; }, '.');
  return text;
}

Result<boost::json::object> parse_object(BytesView json) {
  boost::system::error_code error;
  auto value = boost::json::parse(json, error);
  if (error || !value.is_object())
    return Error{Errc::invalid_request, "not a JSON object: " + shown(json)};
  return std::move(value.as_object());
}

std::optional<int32_t> parse_int32(std::string_view text) {
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int32_t> int32_in(const boost::json::value& value) {
  if (!value.is_int64() || !std::in_range<int32_t>(value.as_int64())) return std::nullopt;
  return static_cast<int32_t>(value.as_int64());
}

std::optional<int32_t> int32_of(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? std::nullopt : int32_in(*value);
}

std::string json_string(std::string_view text) {
  return boost::json::serialize(boost::json::value(text));
}

}  // namespace samsa::zk
