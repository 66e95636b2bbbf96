#include "log/cleaner/key_map.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <random>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace samsa::log {

namespace {

uint64_t random_seed() {
  std::random_device random;
  return uint64_t{random()} << 32 | random();
}

}  // namespace

// So many slots, all free at first.
class KeyMap::Table {
 public:
  // Null where there is no memory.
  static std::unique_ptr<Table> of(size_t slots) {
    const size_t bytes = slots * k_slot_bytes;
    // Zeros that cost nothing until they are written to.
    void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return nullptr;
    // Keys lie all over it, so that small pages would all be there, too.
    ::madvise(at, bytes, MADV_HUGEPAGE);
    return std::unique_ptr<Table>{new Table{static_cast<char*>(at), slots}};
  }
  ~Table() { ::munmap(slots_, count_ * k_slot_bytes); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  size_t count() const { return count_; }
  char* slot(size_t at) const { return slots_ + at * k_slot_bytes; }

  static bool is_free(const char* slot) {
    constexpr char k_free[k_slot_bytes] = {};
    return std::memcmp(slot, k_free, k_slot_bytes) == 0;
  }

  // Where the key is, or the free slot where it belongs; null when the table is full of others.
  char* slot_of(const unsigned char* hash) const {
    // The hash's own bytes tell where to look, four at a time from each of its first thirteen
    // places on; after those, slot by slot.
    constexpr size_t k_places = k_hash_bytes - sizeof(int32_t) + 1;
    for (size_t attempt = 0; attempt < count_ + k_places - 1; ++attempt) {
      const size_t place = std::min(attempt, k_places - 1);
      const uint32_t start = load_be<uint32_t>(hash + place);
      const size_t probe = (start & 0x7fffffffU) + (attempt - place);
      char* const at = slot(probe % count_);
      if (std::memcmp(at, hash, k_hash_bytes) == 0 || is_free(at)) return at;
    }
    return nullptr;
  }

 private:
  Table(char* slots, size_t count) : slots_(slots), count_(count) {}
  char* const slots_;
  const size_t count_;
};

KeyMap::KeyMap(size_t memory_bytes)
    : slots_(std::max<size_t>(memory_bytes / k_slot_bytes, 1)), seed_(random_seed()) {}

KeyMap::~KeyMap() = default;

Result<void> KeyMap::reset() {
  release();
  constexpr size_t k_first_slots = 16 * 1024;
  const size_t slots = std::min(slots_, k_first_slots);
  table_ = Table::of(slots);
  if (!table_)
    return Error{Errc::unknown_server_error, "no memory for an offset map of " +
                                                 std::to_string(slots * k_slot_bytes) + " bytes"};
  return ok();
}

void KeyMap::release() {
  table_.reset();
  size_ = 0;
  latest_ = k_no_offset;
}

void KeyMap::grow() {
  // From a quarter to the whole in one step: until it is done there are both.
  const size_t doubled = table_->count() * 2;
  auto larger = Table::of(doubled > slots_ / 4 ? slots_ : doubled);
  if (!larger) return;
  for (size_t i = 0; i < table_->count(); ++i) {
    const char* const held = table_->slot(i);
    if (!Table::is_free(held))
      std::memcpy(larger->slot_of(reinterpret_cast<const unsigned char*>(held)), held,
                  k_slot_bytes);
  }
  table_ = std::move(larger);
}

KeyMap::Hash KeyMap::hash_of(BytesView key) const {
  const XXH128_hash_t hashed = XXH3_128bits_withSeed(key.data(), key.size(), seed_);
  Hash hash;
  static_assert(sizeof hashed == k_hash_bytes);
  std::memcpy(hash.data(), &hashed, k_hash_bytes);
  return hash;
}

bool KeyMap::put(BytesView key, Offset offset) {
  if (size_ >= table_->count() / 2 && table_->count() < slots_) grow();
  const Hash hash = hash_of(key);
  char* const slot = table_->slot_of(hash.data());
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
  const Hash hash = hash_of(key);
  const char* const slot = table_->slot_of(hash.data());
  if (slot == nullptr || std::memcmp(slot, hash.data(), k_hash_bytes) != 0) return k_no_offset;
  return Offset{load_be<int64_t>(slot + k_hash_bytes)};
}

}  // namespace samsa::log
