#include "tools/commands/java_order.h"

#include <algorithm>
#include <numeric>

#include "base/java_hash.h"

namespace samsa::tools {

size_t hash_map_buckets(size_t entries, size_t initial) {
  size_t buckets = initial;
  while (entries * 4 > buckets * 3) buckets *= 2;
  return buckets;
}

size_t properties_buckets(size_t entries) {
  size_t buckets = 16;
  while (entries * 4 >= buckets * 3) buckets *= 2;
  return buckets;
}

std::vector<size_t> java_order(const std::vector<int32_t>& hashes, size_t buckets) {
  std::vector<size_t> order(hashes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t index) {
    const auto hash = static_cast<uint32_t>(hashes[index]);
    return (hash ^ (hash >> 16)) & (buckets - 1);
  });
  return order;
}

std::vector<std::string> in_java_order(std::vector<std::string> names, size_t buckets) {
  std::vector<int32_t> hashes;
  for (const std::string& name : names) hashes.push_back(java_string_hash(name));
  std::vector<std::string> ordered;
  for (const size_t index : java_order(hashes, buckets)) ordered.push_back(names[index]);
  return ordered;
}

}  // namespace samsa::tools
