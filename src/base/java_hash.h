#pragma once
// Hashes that clients and brokers must compute alike.

#include <cstdint>
#include <string_view>

namespace samsa {

// Java's String.hashCode of UTF-8 text (over its UTF-16 code units): places groups and
// transactional ids.
int32_t java_string_hash(std::string_view utf8);

// The partition of an internal topic that a coordinator key belongs to: Kafka's Utils.abs of the
// hash, modulo.
int32_t coordinator_partition(std::string_view key, int32_t partitions);

// murmur2 with seed 0x9747b28c, as the default partitioner hashes record keys; not yet masked to be
// positive.
int32_t murmur2(std::string_view bytes);

}  // namespace samsa
