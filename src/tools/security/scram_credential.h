#pragma once
// What ZooKeeper keeps of a user's password for SASL/SCRAM (RFC 5802), as Kafka writes it.

#include <optional>
#include <string>
#include <string_view>

#include "base/errc.h"

namespace samsa::tools::security {

inline constexpr std::string_view k_scram_mechanisms[] = {"SCRAM-SHA-256", "SCRAM-SHA-512"};

// "salt=…,stored_key=…,server_key=…,iterations=N" with a new random salt. The mechanism is one of
// those above.
std::string make_scram_credential(std::string_view mechanism, std::string_view password,
                                  int iterations);
// The same with a given salt; for tests.
std::string scram_credential(std::string_view mechanism, std::string_view password, int iterations,
                             std::string_view salt);

// What kafka-configs is given, "[iterations=N,]password=P", into what it stores. A refusal in
// Kafka's words.
Result<std::string> encode_scram_argument(std::string_view mechanism, const std::string& argument);

}  // namespace samsa::tools::security
