#pragma once
// What a configuration key is: its name, type, default and the rule its value must keep. Kafka's
// words for mistakes are formed here, because clients and operators see them.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/errc.h"

namespace samsa::config {

// Raw texts by key, as files, znodes and requests carry them.
using Properties = std::map<std::string, std::string, std::less<>>;

// The values are those of DescribeConfigs.
enum class Type : int8_t {
  unknown = 0,
  boolean = 1,
  text = 2,
  int32 = 3,
  int16 = 4,
  int64 = 5,
  float64 = 6,
  list = 7,
  klass = 8,
  password = 9,
};
// As Kafka writes it in messages: "INT", "LONG" ...
std::string_view name_of(Type type);

// Who may change a broker's key while the broker runs.
enum class Scope : int8_t { read_only, per_broker, cluster_wide };

struct Rule {
  enum class Kind : int8_t { any, at_least, between, one_of, api_version, throttled_replicas };
  Kind kind = Kind::any;
  int64_t min = 0;
  int64_t max = 0;
  std::string_view choices{};  // for one_of: joined with ", ", as Kafka prints them
};
constexpr Rule any() { return {}; }
constexpr Rule at_least(int64_t min) { return {Rule::Kind::at_least, min}; }
constexpr Rule between(int64_t min, int64_t max) { return {Rule::Kind::between, min, max}; }
constexpr Rule one_of(std::string_view choices) { return {Rule::Kind::one_of, 0, 0, choices}; }
constexpr Rule api_version() { return {Rule::Kind::api_version}; }
constexpr Rule throttled_replicas() { return {Rule::Kind::throttled_replicas}; }

struct Key {
  std::string_view name;
  Type type = Type::unknown;
  const char* default_text = nullptr;  // null: no value
  Rule rule{};

  bool sensitive() const { return type == Type::password; }
};

// A parsed value. int16, int32 and int64 are all held as int64_t; monostate is Kafka's null.
using Value =
    std::variant<std::monostate, bool, int64_t, double, std::string, std::vector<std::string>>;

// Parses and checks a text. Errors are INVALID_CONFIG with Kafka's sentence, e.g.
// "Invalid value x for configuration num.io.threads: Not a number of type INT".
Result<Value> parse(const Key& key, std::string_view text);
// Checks a value that may be null against the key's rule.
Result<void> check(const Key& key, const Value& value);
// As Kafka prints it; nothing for null.
std::optional<std::string> to_text(const Value& value);

// "Invalid value V for configuration K: WHY".
Error invalid_value(std::string_view key, std::string_view value, std::string_view why);

// Splits at commas with the white space around them, as ConfigDef does for lists ("a,,b" keeps the
// empty element; an empty text has none).
std::vector<std::string> split_list(std::string_view text);
std::string_view trim(std::string_view text);

}  // namespace samsa::config
