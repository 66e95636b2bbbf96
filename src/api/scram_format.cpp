#include "api/scram_format.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <charconv>
#include <map>

namespace samsa::api {
namespace {

const unsigned char* raw(BytesView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Bytes hmac(const EVP_MD* digest, BytesView key, BytesView text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(digest, key.data(), static_cast<int>(key.size()), raw(text), text.size(), out, &size);
  return Bytes(reinterpret_cast<char*>(out), size);
}

Bytes hash(const EVP_MD* digest, BytesView bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), out, &size, digest, nullptr);
  return Bytes(reinterpret_cast<char*>(out), size);
}

std::string base64(BytesView bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), raw(bytes),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

}  // namespace

const ScramMechanism* find_scram_mechanism(int8_t type) {
  for (const auto& mechanism : k_scram_mechanisms)
    if (mechanism.type == type) return &mechanism;
  return nullptr;
}

std::string scram_credential(const ScramMechanism& mechanism, BytesView salt,
                             BytesView salted_password, int32_t iterations) {
  const EVP_MD* digest = EVP_get_digestbyname(mechanism.digest);
  const Bytes stored_key = hash(digest, hmac(digest, salted_password, "Client Key"));
  const Bytes server_key = hmac(digest, salted_password, "Server Key");
  return "salt=" + base64(salt) + ",stored_key=" + base64(stored_key) +
         ",server_key=" + base64(server_key) + ",iterations=" + std::to_string(iterations);
}

std::optional<int32_t> scram_iterations(std::string_view credential) {
  std::map<std::string_view, std::string_view> parts;
  while (!credential.empty()) {
    const auto part = credential.substr(0, credential.find(','));
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    parts[part.substr(0, equals)] = part.substr(equals + 1);
    credential.remove_prefix(std::min(credential.size(), part.size() + 1));
  }
  if (parts.size() != 4 || !parts.contains("salt") || !parts.contains("stored_key") ||
      !parts.contains("server_key") || !parts.contains("iterations"))
    return std::nullopt;
  const auto text = parts["iterations"];
  int32_t iterations = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), iterations);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return iterations;
}

}  // namespace samsa::api
