#pragma once
// Reads typed values out of client properties and remembers the first that is wrong.

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "tools/client/cluster.h"

namespace samsa::tools::client {

// Every reader gives the fallback where the key is missing or, after noting a failure in Kafka's
// words, where its value is wrong.
class PropertyReader {
 public:
  explicit PropertyReader(const Properties& properties) : properties_(properties) {}

  // Null where the key is missing.
  const std::string* text(std::string_view key) const {
    auto found = properties_.find(key);
    return found == properties_.end() ? nullptr : &found->second;
  }
  template <class Int>
  Int number(std::string_view key, Int fallback) {
    const std::string* found = text(key);
    if (found == nullptr) return fallback;
    Int value = 0;
    auto [end, error] = std::from_chars(found->data(), found->data() + found->size(), value);
    if (error == std::errc() && end == found->data() + found->size()) return value;
    fail("Invalid value " + *found + " for configuration " + std::string(key) +
         ": Not a number of type " + (sizeof(Int) > sizeof(int32_t) ? "LONG" : "INT"));
    return fallback;
  }
  // Kafka holds times as LONG or, where a consumer's, mostly as INT.
  template <class Int = int64_t>
  milliseconds time(std::string_view key, milliseconds fallback) {
    return milliseconds(number(key, static_cast<Int>(fallback.count())));
  }
  bool boolean(std::string_view key, bool fallback) {
    const std::string* found = text(key);
    if (found == nullptr) return fallback;
    if (*found != "true" && *found != "false") {
      fail("Invalid value " + *found + " for configuration " + std::string(key) +
           ": Expected value to be either true or false");
    }
    return *found == "true";
  }

  void fail(std::string message) {
    if (!failure_) failure_ = Error{Errc::invalid_config, std::move(message)};
  }
  const std::optional<Error>& failure() const { return failure_; }

 private:
  const Properties& properties_;
  std::optional<Error> failure_;
};

}  // namespace samsa::tools::client
