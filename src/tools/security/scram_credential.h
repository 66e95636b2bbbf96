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

// PBKDF2 with the mechanism's HMAC: what a broker is sent instead of the password.
std::string salted_password(std::string_view mechanism, std::string_view password,
                            std::string_view salt, int iterations);
std::string random_salt();

// What kafka-configs is given, "[iterations=N,]password=P". Iterations of -1 are the default on the
// way through a broker. A refusal in the words of Kafka, which differ by the way, too.
enum class ScramKeeper { zookeeper, broker };
struct ScramArgument {
  int iterations = 0;
  std::string password;
};
Result<ScramArgument> parse_scram_argument(std::string_view mechanism, const std::string& argument,
                                           ScramKeeper keeper);

// What kafka-configs is given, "[iterations=N,]password=P", into what it stores in ZooKeeper.
Result<std::string> encode_scram_argument(std::string_view mechanism, const std::string& argument);

}  // namespace samsa::tools::security
