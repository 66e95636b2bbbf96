#include "config/key.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "config/version.h"

namespace samsa::config {

std::string_view name_of(Type type) {
  switch (type) {
    case Type::unknown:
      return "UNKNOWN";
    case Type::boolean:
      return "BOOLEAN";
    case Type::text:
      return "STRING";
    case Type::int32:
      return "INT";
    case Type::int16:
      return "SHORT";
    case Type::int64:
      return "LONG";
    case Type::float64:
      return "DOUBLE";
    case Type::list:
      return "LIST";
    case Type::klass:
      return "CLASS";
    case Type::password:
      return "PASSWORD";
  }
  return "UNKNOWN";
}

Error invalid_value(std::string_view key, std::string_view value, std::string_view why) {
  std::string message = "Invalid value ";
  message.append(value).append(" for configuration ").append(key);
  if (!why.empty()) message.append(": ").append(why);
  return {Errc::invalid_config, std::move(message)};
}

// Java's String.trim: everything up to the space character.
std::string_view trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  text = trim(text);
  if (text.empty()) return parts;
  while (true) {
    const size_t comma = text.find(',');
    parts.emplace_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

namespace {

// The classes of Kafka's that we stand in for; others would have to be Java.
constexpr std::string_view k_known_classes[] = {
    "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder"};

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

std::optional<int64_t> parse_integer(std::string_view text, int64_t min, int64_t max) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return {};
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  if (value < min || value > max) return {};
  return value;
}

// Java takes a trailing d or f, "NaN" and "Infinity", and no other words.
std::optional<double> parse_double(std::string_view text) {
  if (text == "NaN") return std::nan("");
  if (text == "Infinity" || text == "+Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  if (text.empty() || text.find_first_not_of("0123456789+-.eEdDfF") != std::string_view::npos)
    return {};
  if (std::string_view("dDfF").find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty()) return {};
  if (error == std::errc::result_out_of_range)
    return std::strtod(std::string(text).c_str(), nullptr);
  if (error != std::errc{}) return {};
  return value;
}

// The shortest digits that read back, laid out as Java's Double.toString does.
std::string print_double(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
  const double size = std::fabs(value);
  char buffer[400];
  if (size >= 1e-3 && size < 1e7) {
    const auto end = std::to_chars(buffer, std::end(buffer), value, std::chars_format::fixed).ptr;
    std::string text(buffer, end);
    return text.find('.') == std::string::npos ? text + ".0" : text;
  }
  const auto end =
      std::to_chars(buffer, std::end(buffer), value, std::chars_format::scientific).ptr;
  const std::string text(buffer, end);
  const size_t e = text.find('e');
  std::string mantissa = text.substr(0, e);
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  return mantissa + 'E' + std::to_string(std::atoi(text.c_str() + e + 1));
}

Result<Value> parse_number(const Key& key, std::string_view raw, int64_t min, int64_t max) {
  if (const auto number = parse_integer(trim(raw), min, max)) return Value{*number};
  return invalid_value(key.name, raw,
                       std::string("Not a number of type ").append(name_of(key.type)));
}

Result<Value> parse_type(const Key& key, std::string_view raw) {
  const std::string_view text = trim(raw);
  switch (key.type) {
    case Type::boolean:
      if (equals_ignoring_case(text, "true")) return Value{true};
      if (equals_ignoring_case(text, "false")) return Value{false};
      return invalid_value(key.name, raw, "Expected value to be either true or false");
    case Type::int16:
      return parse_number(key, raw, INT16_MIN, INT16_MAX);
    case Type::int32:
      return parse_number(key, raw, INT32_MIN, INT32_MAX);
    case Type::int64:
      return parse_number(key, raw, INT64_MIN, INT64_MAX);
    case Type::float64:
      if (const auto number = parse_double(text)) return Value{*number};
      return invalid_value(key.name, raw, "Not a number of type DOUBLE");
    case Type::list:
      return Value{split_list(text)};
    case Type::klass:
      if (std::ranges::find(k_known_classes, text) != std::end(k_known_classes))
        return Value{std::string(text)};
      return invalid_value(key.name, raw, "Class " + std::string(raw) + " could not be found.");
    case Type::text:
    case Type::password:
    case Type::unknown:
      return Value{std::string(text)};
  }
  return Value{};
}

std::string shown(const Value& value) {
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    std::string text = "[";
    for (const std::string& item : *list) text.append(text.size() > 1 ? ", " : "").append(item);
    return text + ']';
  }
  return to_text(value).value_or("null");
}

Result<void> check_range(const Key& key, const Value& value) {
  const Rule& rule = key.rule;
  const bool bounded = rule.kind == Rule::Kind::between;
  const auto fault = [&](std::string_view side, int64_t bound) {
    return invalid_value(key.name, shown(value), std::string(side) + std::to_string(bound));
  };
  if (const auto* number = std::get_if<double>(&value)) {
    if (*number < static_cast<double>(rule.min)) return fault("Value must be at least ", rule.min);
    if (bounded && *number > static_cast<double>(rule.max))
      return fault("Value must be no more than ", rule.max);
    return ok();
  }
  const auto* number = std::get_if<int64_t>(&value);
  if (!number) return invalid_value(key.name, "null", "Value must be non-null");
  if (*number < rule.min) return fault("Value must be at least ", rule.min);
  if (bounded && *number > rule.max) return fault("Value must be no more than ", rule.max);
  return ok();
}

Result<void> check_choice(const Key& key, const std::string& item) {
  std::string_view left = key.rule.choices;
  while (true) {
    const size_t comma = left.find(", ");
    if (left.substr(0, comma) == item) return ok();
    if (comma == std::string_view::npos) break;
    left.remove_prefix(comma + 2);
  }
  return invalid_value(key.name, item,
                       std::string("String must be one of: ").append(key.rule.choices));
}

Result<void> check_choices(const Key& key, const Value& value) {
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  if (!list) return check_choice(key, to_text(value).value_or("null"));
  for (const std::string& item : *list)
    if (auto checked = check_choice(key, item); !checked) return checked;
  return ok();
}

bool is_replica(std::string_view item) {
  const auto digits = [](std::string_view s) {
    return !s.empty() && s.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const size_t colon = item.find(':');
  return item.empty() || (colon != std::string_view::npos && digits(item.substr(0, colon)) &&
                          digits(item.substr(colon + 1)));
}

Result<void> check_replicas(const Key& key, const Value& value) {
  const auto& list = std::get<std::vector<std::string>>(value);
  if (!list.empty() && list.front() == "*") return ok();
  if (std::ranges::all_of(list, is_replica)) return ok();
  return invalid_value(key.name, shown(value),
                       std::string(key.name) +
                           " must be the literal '*' or a list of replicas in the following "
                           "format: [partitionId]:[brokerId],[partitionId]:[brokerId],...");
}

}  // namespace

Result<void> check(const Key& key, const Value& value) {
  switch (key.rule.kind) {
    case Rule::Kind::any:
      return ok();
    case Rule::Kind::at_least:
    case Rule::Kind::between:
      return check_range(key, value);
    case Rule::Kind::one_of:
      return check_choices(key, value);
    case Rule::Kind::api_version: {
      const std::string text = to_text(value).value_or("null");
      if (find_version(text)) return ok();
      return invalid_value(key.name, text, "Version `" + text + "` is not a valid version");
    }
    case Rule::Kind::throttled_replicas:
      return check_replicas(key, value);
  }
  return ok();
}

Result<Value> parse(const Key& key, std::string_view text) {
  auto value = parse_type(key, text);
  if (!value) return value.error();
  if (auto checked = check(key, *value); !checked) return checked.error();
  return value;
}

std::optional<std::string> to_text(const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value)) return print_double(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    std::string text;
    for (const std::string& item : *list)
      text.append(&item == list->data() ? "" : ",").append(item);
    return text;
  }
  return {};
}

}  // namespace samsa::config
