#pragma once
// Which offset is the last one of each key, by a hash of 16 bytes: Kafka's way to hold many keys in
// little memory. 24 bytes a slot, however long the key. Kafka takes MD5, which costs more than all
// else that is done with a key; here it is XXH3 with a seed that nobody knows. The table grows with
// what is put into it: one of full size for some thousand keys would have each of them in another
// page, and every look a miss of the processor's caches. Not synchronised; one cleaner thread's.

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/errc.h"
#include "base/types.h"

namespace samsa::log {

class KeyMap {
 public:
  static constexpr size_t k_hash_bytes = 16;
  static constexpr size_t k_slot_bytes = k_hash_bytes + sizeof(int64_t);

  // At least one slot. Takes no memory before the first reset(), and while it grows to its full
  // size up to a quarter more than this.
  explicit KeyMap(size_t memory_bytes);
  ~KeyMap();
  KeyMap(const KeyMap&) = delete;
  KeyMap& operator=(const KeyMap&) = delete;

  // Makes the map empty. Fails where there is no memory to be had.
  Result<void> reset();
  // Gives the memory back; nothing may be asked until the next reset().
  void release();

  size_t slots() const { return slots_; }
  size_t size() const { return size_; }
  double utilization() const { return static_cast<double>(size_) / static_cast<double>(slots_); }

  // The key's new last offset, which becomes latest_offset(). False when there is no slot left.
  bool put(BytesView key, Offset offset);
  // k_no_offset for a key that was not put.
  Offset get(BytesView key) const;

  // Up to where the log has been looked at; k_no_offset at first.
  Offset latest_offset() const { return latest_; }
  void set_latest_offset(Offset offset) { latest_ = offset; }

 private:
  using Hash = std::array<unsigned char, k_hash_bytes>;
  class Table;
  Hash hash_of(BytesView key) const;
  // Where there is no memory for a larger table, the map stays as it is.
  void grow();

  const size_t slots_;
  const uint64_t seed_;
  std::unique_ptr<Table> table_;
  size_t size_ = 0;
  Offset latest_ = k_no_offset;
};

}  // namespace samsa::log
