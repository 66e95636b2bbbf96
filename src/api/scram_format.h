#pragma once
// SCRAM credentials (RFC 5802) as Kafka keeps them in /config/users/USER.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace samsa::api {

struct ScramMechanism {
  int8_t type;  // on the wire
  std::string_view name;
  const char* digest;  // OpenSSL's name
  int32_t iterations_min;
};
inline constexpr ScramMechanism k_scram_mechanisms[] = {{1, "SCRAM-SHA-256", "SHA256", 4096},
                                                        {2, "SCRAM-SHA-512", "SHA512", 4096}};
// Null for an unknown type.
const ScramMechanism* find_scram_mechanism(int8_t type);

// "salt=...,stored_key=...,server_key=...,iterations=N"
std::string scram_credential(const ScramMechanism& mechanism, BytesView salt,
                             BytesView salted_password, int32_t iterations);
// Nothing when the text is no credential.
std::optional<int32_t> scram_iterations(std::string_view credential);

}  // namespace samsa::api
