#pragma once
// Kafka's error codes, used inside as they go over the wire, and the Result that carries them.

#include <boost/system/result.hpp>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace samsa {

enum class Errc : int16_t {
#define SAMSA_ERRC(enumerator, code, name, retriable, message) enumerator = code,
#include "base/errc.def"
#undef SAMSA_ERRC
};

// Kafka's constant name, e.g. "NOT_LEADER_OR_FOLLOWER"; "UNKNOWN_SERVER_ERROR" for a code that 2.7
// does not have.
std::string_view name_of(Errc code);
// The sentence that Kafka sends or prints for the code when there is nothing more exact to say;
// empty for none.
std::string_view default_message(Errc code);
bool is_retriable(Errc code);
inline std::ostream& operator<<(std::ostream& out, Errc code) { return out << name_of(code); }

// A failure that a caller is expected to handle: the code the peer will see, and a sentence for
// people, which may be empty.
struct [[nodiscard]] Error {
  Errc code = Errc::unknown_server_error;
  std::string message;

  Error() = default;
  Error(Errc c) : code(c) {}  // NOLINT: converting on purpose, so that `return Errc::x` works
  Error(Errc c, std::string m) : code(c), message(std::move(m)) {}

  // The message, or the code's default where there is none.
  std::string text() const {
    return message.empty() ? std::string(default_message(code)) : message;
  }
  friend bool operator==(const Error& a, const Error& b) = default;
  friend std::ostream& operator<<(std::ostream& out, const Error& e) {
    return out << e.code << (e.message.empty() ? "" : ": ") << e.message;
  }
};

// Reading the value of a failed Result is a bug of ours: logs the error and aborts.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

// A value or an Error. `if (!r) return r.error();`, then `*r` or `r->`.
template <class T>
using Result = boost::system::result<T, Error>;

// The success of a Result<void>.
inline constexpr auto ok() { return boost::system::in_place_value; }

}  // namespace samsa
