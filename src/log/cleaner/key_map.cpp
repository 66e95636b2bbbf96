#include "log/cleaner/key_map.h"

#include <glog/logging.h>
#include <openssl/evp.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>

namespace samsa::log {

// OpenSSL's context with MD5 in it, kept: making one, or looking MD5 up again, would cost more than
// hashing a key.
class KeyMap::Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) {
    CHECK(context_ != nullptr && EVP_DigestInit_ex(context_, EVP_md5(), nullptr) == 1);
  }
  ~Digest() { EVP_MD_CTX_free(context_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  Hash of(BytesView key) {
    Hash hash;
    CHECK(EVP_DigestInit_ex(context_, nullptr, nullptr) == 1 &&
          EVP_DigestUpdate(context_, key.data(), key.size()) == 1 &&
          EVP_DigestFinal_ex(context_, hash.data(), nullptr) == 1);
    return hash;
  }

 private:
  EVP_MD_CTX* context_;
};

KeyMap::KeyMap(size_t memory_bytes)
    : slots_(std::max<size_t>(memory_bytes / k_slot_bytes, 1)),
      digest_(std::make_unique<Digest>()) {}

KeyMap::~KeyMap() { release(); }

Result<void> KeyMap::reset() {
  release();
  // A fresh mapping is zeros that cost nothing until they are written to: clearing the whole table
  // for each small log would cost more than cleaning it.
  void* const at = ::mmap(nullptr, slots_ * k_slot_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED)
    return Error{Errc::unknown_server_error, "no memory for an offset map of " +
                                                 std::to_string(slots_ * k_slot_bytes) + " bytes"};
  table_ = static_cast<char*>(at);
  return ok();
}

void KeyMap::release() {
  if (table_ != nullptr) ::munmap(table_, slots_ * k_slot_bytes);
  table_ = nullptr;
  size_ = 0;
  latest_ = k_no_offset;
}

char* KeyMap::slot_of(const Hash& hash) const {
  // The hash's own bytes tell where to look, four at a time from each of its first thirteen places
  // on; after those, slot by slot.
  constexpr size_t k_places = k_hash_bytes - sizeof(int32_t) + 1;
  constexpr char k_free[k_slot_bytes] = {};
  for (size_t attempt = 0; attempt < slots_ + k_places - 1; ++attempt) {
    const size_t place = std::min(attempt, k_places - 1);
    const uint32_t start = load_be<uint32_t>(hash.data() + place);
    const size_t probe = (start & 0x7fffffffU) + (attempt - place);
    char* const slot = table_ + probe % slots_ * k_slot_bytes;
    if (std::memcmp(slot, hash.data(), k_hash_bytes) == 0 ||
        std::memcmp(slot, k_free, k_slot_bytes) == 0)
      return slot;
  }
  return nullptr;
}

bool KeyMap::put(BytesView key, Offset offset) {
  const Hash hash = digest_->of(key);
  char* const slot = slot_of(hash);
  if (slot == nullptr) return false;
  if (std::memcmp(slot, hash.data(), k_hash_bytes) != 0) {
    std::memcpy(slot, hash.data(), k_hash_bytes);
    ++size_;
  }
  // Offset 0 of a hash of zeros would look free; no key is known that hashes so.
  store_be(slot + k_hash_bytes, offset.value());
  latest_ = offset;
  return true;
}

Offset KeyMap::get(BytesView key) const {
  const Hash hash = digest_->of(key);
  const char* const slot = slot_of(hash);
  if (slot == nullptr || std::memcmp(slot, hash.data(), k_hash_bytes) != 0) return k_no_offset;
  return Offset{load_be<int64_t>(slot + k_hash_bytes)};
}

}  // namespace samsa::log
