#pragma once
// The order in which Java's hash tables give their entries, which Kafka's tools print in.

#include <cstdint>
#include <string>
#include <vector>

namespace samsa::tools {

// How many buckets a java.util.HashMap has that grew to this many entries, or was made for them.
size_t hash_map_buckets(size_t entries, size_t initial = 16);
// The same of java.util.Properties, which grows one entry earlier.
size_t properties_buckets(size_t entries);

// Where entries of these hashes stand, as indexes: by bucket; within one as given.
std::vector<size_t> java_order(const std::vector<int32_t>& hashes, size_t buckets);
// By bucket; within one as given.
std::vector<std::string> in_java_order(std::vector<std::string> names, size_t buckets);

}  // namespace samsa::tools
