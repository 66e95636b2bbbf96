#pragma once
// Errors as responses carry them.

#include <optional>
#include <string>

#include "base/errc.h"

namespace samsa::api {

// The sentence beside a code; null where there is none, and for failures of our own, whose words
// are for our log (as with Kafka's ApiError).
inline std::optional<std::string> message_of(const Error& error) {
  if (error.code == Errc::none || error.code == Errc::unknown_server_error || error.message.empty())
    return std::nullopt;
  return error.message;
}

// Fills a result's error_code and error_message.
template <class Answer>
void tell(Answer& answer, const Error& error) {
  answer.error_code = static_cast<int16_t>(error.code);
  answer.error_message = message_of(error);
}

}  // namespace samsa::api
