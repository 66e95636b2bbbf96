#pragma once
// Brokers' passwords as they stand in ZooKeeper: encrypted with the password.encoder.* configs
// (KIP-226).

#include <string>
#include <string_view>

#include "base/errc.h"
#include "config/key.h"

namespace samsa::tools::security {

struct PasswordEncoderConfig {
  std::optional<std::string> secret;
  std::string cipher = "AES/CBC/PKCS5Padding";
  int key_bits = 128;
  int iterations = 4096;

  // Takes the password.encoder.* keys out, which are not to be stored.
  static Result<PasswordEncoderConfig> take_from(config::Properties& configs);
};

// "keyFactoryAlgorithm:…,cipherAlgorithm:…,…,encryptedPassword:…", with new random salt and vector.
// A refusal for a cipher other than AES in CBC mode.
Result<std::string> encode_password(const PasswordEncoderConfig& config, std::string_view secret,
                                    std::string_view password);

// Encodes every value that is a password, also those of single listeners. A refusal in
// Kafka's words where there is no secret for it.
Result<void> encode_passwords(const PasswordEncoderConfig& config, config::Properties& configs);

}  // namespace samsa::tools::security
