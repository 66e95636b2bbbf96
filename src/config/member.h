#pragma once
// Moves parsed values into and out of the members of a settings class; for this room alone.

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "config/key.h"

namespace samsa::config {

template <class Config>
using Member = std::variant<bool Config::*, int16_t Config::*, int32_t Config::*, int64_t Config::*,
                            double Config::*, std::string Config::*,
                            std::vector<std::string> Config::*, std::optional<int32_t> Config::*,
                            std::optional<int64_t> Config::*, std::optional<std::string> Config::*,
                            std::optional<std::vector<std::string>> Config::*>;

template <class T>
struct HeldAs {
  using type = std::conditional_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, int64_t, T>;
};
template <class T>
using held_as_t = typename HeldAs<T>::type;

template <class T>
void store(T& to, const Value& value) {
  to = static_cast<T>(std::get<held_as_t<T>>(value));
}
template <class T>
void store(std::optional<T>& to, const Value& value) {
  to.reset();
  if (!std::holds_alternative<std::monostate>(value)) store(to.emplace(), value);
}
template <class T>
Value load(const T& from) {
  return Value{std::in_place_type<held_as_t<T>>, from};
}
template <class T>
Value load(const std::optional<T>& from) {
  return from ? load(*from) : Value{};
}

template <class Config>
void store(Config& config, const Member<Config>& member, const Value& value) {
  std::visit([&](auto m) { store(config.*m, value); }, member);
}
template <class Config>
Value load(const Config& config, const Member<Config>& member) {
  return std::visit([&](auto m) { return load(config.*m); }, member);
}

}  // namespace samsa::config
