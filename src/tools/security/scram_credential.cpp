#include "tools/security/scram_credential.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <charconv>
#include <regex>

#include "tools/refused.h"
#include "tools/security/base64.h"

namespace samsa::tools::security {

namespace {

constexpr int k_min_iterations = 4096;  // and what is taken where none are asked for

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

const EVP_MD* digest_of(std::string_view mechanism) {
  return mechanism.ends_with("512") ? EVP_sha512() : EVP_sha256();
}

std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view text) {
  std::string out(static_cast<size_t>(EVP_MD_get_size(digest)), '\0');
  HMAC(digest, key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(), bytes_of(out),
       nullptr);
  return out;
}

std::string hash(const EVP_MD* digest, std::string_view text) {
  std::string out(static_cast<size_t>(EVP_MD_get_size(digest)), '\0');
  EVP_Digest(text.data(), text.size(), bytes_of(out), nullptr, digest, nullptr);
  return out;
}

}  // namespace

std::string salted_password(std::string_view mechanism, std::string_view password,
                            std::string_view salt, int iterations) {
  const EVP_MD* digest = digest_of(mechanism);
  std::string out(static_cast<size_t>(EVP_MD_get_size(digest)), '\0');
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                    static_cast<int>(salt.size()), iterations, digest, static_cast<int>(out.size()),
                    bytes_of(out));
  return out;
}

std::string random_salt() {
  std::string salt(16, '\0');
  RAND_bytes(bytes_of(salt), static_cast<int>(salt.size()));
  return salt;
}

std::string scram_credential(std::string_view mechanism, std::string_view password, int iterations,
                             std::string_view salt) {
  const EVP_MD* digest = digest_of(mechanism);
  const std::string salted = salted_password(mechanism, password, salt, iterations);
  const std::string stored_key = hash(digest, hmac(digest, salted, "Client Key"));
  const std::string server_key = hmac(digest, salted, "Server Key");
  return "salt=" + base64(salt) + ",stored_key=" + base64(stored_key) +
         ",server_key=" + base64(server_key) + ",iterations=" + std::to_string(iterations);
}

std::string make_scram_credential(std::string_view mechanism, std::string_view password,
                                  int iterations) {
  return scram_credential(mechanism, password, iterations, random_salt());
}

Result<ScramArgument> parse_scram_argument(std::string_view mechanism, const std::string& argument,
                                           ScramKeeper keeper) {
  static const std::regex pattern("(?:iterations=(-?[0-9]*),)?password=([^]*)");
  const bool through_broker = keeper == ScramKeeper::broker;
  // Kafka names the constants of its enumeration here.
  const std::string name = mechanism.ends_with("512") ? "SCRAM_SHA_512" : "SCRAM_SHA_256";
  std::smatch parts;
  const bool fits = std::regex_match(argument, parts, pattern) &&
                    (through_broker || !parts[1].matched || !parts[1].str().starts_with('-'));
  if (!fits) return Error{k_refused, "Invalid credential property " + name + "=" + argument};
  ScramArgument found{k_min_iterations, parts[2].str()};
  const std::string digits = parts[1];
  if (parts[1].matched && digits != "-1") {
    auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), found.iterations);
    if (error != std::errc()) return Error{k_refused, "For input string: \"" + digits + "\""};
  }
  if (found.iterations < k_min_iterations) {
    return Error{k_refused, "Iterations " + std::to_string(found.iterations) +
                                " is less than the minimum " + std::to_string(k_min_iterations) +
                                " required for " +
                                (through_broker ? std::string(mechanism) : name)};
  }
  return found;
}

Result<std::string> encode_scram_argument(std::string_view mechanism, const std::string& argument) {
  auto found = parse_scram_argument(mechanism, argument, ScramKeeper::zookeeper);
  if (!found) return found.error();
  return make_scram_credential(mechanism, found->password, found->iterations);
}

}  // namespace samsa::tools::security
