#include "tools/security/password_encoder.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "config/broker_config.h"
#include "tools/refused.h"
#include "tools/security/base64.h"

namespace samsa::tools::security {

namespace {

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string random_bytes(size_t count) {
  std::string bytes(count, '\0');
  RAND_bytes(bytes_of(bytes), static_cast<int>(count));
  return bytes;
}

const EVP_CIPHER* cipher_of(int key_bits) {
  if (key_bits == 128) return EVP_aes_128_cbc();
  if (key_bits == 192) return EVP_aes_192_cbc();
  return key_bits == 256 ? EVP_aes_256_cbc() : nullptr;
}

std::string encrypt(const EVP_CIPHER* cipher, std::string_view key, std::string_view vector,
                    std::string_view text) {
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
      EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string out(text.size() + static_cast<size_t>(EVP_CIPHER_get_block_size(cipher)), '\0');
  int head = 0, tail = 0;
  EVP_EncryptInit_ex(context.get(), cipher, nullptr, bytes_of(key), bytes_of(vector));
  EVP_EncryptUpdate(context.get(), bytes_of(out), &head, bytes_of(text),
                    static_cast<int>(text.size()));
  EVP_EncryptFinal_ex(context.get(), bytes_of(out) + head, &tail);
  out.resize(static_cast<size_t>(head + tail));
  return out;
}

// As Java counts characters.
size_t utf16_length(std::string_view utf8) {
  size_t length = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) length += byte >= 0xf0 ? 2 : 1;
  }
  return length;
}

bool is_password(std::string_view name) {
  return std::ranges::any_of(config::broker_keys(), [&](const config::BrokerKey& key) {
    return key.sensitive() && key.scope != config::Scope::read_only && name.ends_with(key.name);
  });
}

Result<void> read_number(const std::string& text, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return ok();
  return Error{k_refused, "For input string: \"" + text + "\""};
}

}  // namespace

Result<PasswordEncoderConfig> PasswordEncoderConfig::take_from(config::Properties& configs) {
  PasswordEncoderConfig encoder;
  const auto take = [&](const char* key) -> std::optional<std::string> {
    const auto found = configs.find(key);
    if (found == configs.end()) return std::nullopt;
    return found->second;
  };
  encoder.secret = take("password.encoder.secret");
  if (auto cipher = take("password.encoder.cipher.algorithm")) encoder.cipher = *cipher;
  if (auto bits = take("password.encoder.key.length")) {
    if (auto read = read_number(*bits, encoder.key_bits); !read) return read.error();
  }
  if (auto rounds = take("password.encoder.iterations")) {
    if (auto read = read_number(*rounds, encoder.iterations); !read) return read.error();
  }
  std::erase_if(configs,
                [](const auto& entry) { return entry.first.starts_with("password.encoder."); });
  return encoder;
}

Result<std::string> encode_password(const PasswordEncoderConfig& config, std::string_view secret,
                                    std::string_view password) {
  const EVP_CIPHER* cipher = cipher_of(config.key_bits);
  if (config.cipher != "AES/CBC/PKCS5Padding" || cipher == nullptr) {
    return Error{k_refused, "Cannot find any provider supporting " + config.cipher};
  }
  const std::string salt = random_bytes(256);
  const std::string vector = random_bytes(static_cast<size_t>(EVP_CIPHER_get_iv_length(cipher)));
  std::string key(static_cast<size_t>(config.key_bits / 8), '\0');
  PKCS5_PBKDF2_HMAC(secret.data(), static_cast<int>(secret.size()),
                    bytes_of(std::string_view(salt)), static_cast<int>(salt.size()),
                    config.iterations, EVP_sha512(), static_cast<int>(key.size()), bytes_of(key));
  return "keyFactoryAlgorithm:PBKDF2WithHmacSHA512,cipherAlgorithm:" + config.cipher +
         ",keyLength:" + std::to_string(config.key_bits) + ",salt:" + base64(salt) +
         ",iterations:" + std::to_string(config.iterations) +
         ",encryptedPassword:" + base64(encrypt(cipher, key, vector, password)) +
         ",passwordLength:" + std::to_string(utf16_length(password)) +
         ",initializationVector:" + base64(vector);
}

Result<void> encode_passwords(const PasswordEncoderConfig& config, config::Properties& configs) {
  std::string names;
  for (const auto& [name, value] : configs) {
    if (is_password(name)) names += (names.empty() ? "" : ", ") + name;
  }
  if (names.empty()) return ok();
  if (!config.secret) {
    return Error{k_refused,
                 "requirement failed: password.encoder.secret must be specified to update Set(" +
                     names +
                     "). Other password encoder configs like cipher algorithm and iterations may "
                     "also be specified to override the default encoding parameters. Password "
                     "encoder configs will not be persisted in ZooKeeper."};
  }
  for (auto& [name, value] : configs) {
    if (!is_password(name)) continue;
    auto encoded = encode_password(config, *config.secret, value);
    if (!encoded) return encoded.error();
    value = std::move(*encoded);
  }
  return ok();
}

}  // namespace samsa::tools::security
