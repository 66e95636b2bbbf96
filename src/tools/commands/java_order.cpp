#include "tools/commands/java_order.h"

#include <algorithm>

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

std::vector<std::string> in_java_order(std::vector<std::string> names, size_t buckets) {
  const auto bucket = [buckets](const std::string& name) {
    const auto hash = static_cast<uint32_t>(java_string_hash(name));
    return (hash ^ (hash >> 16)) & (buckets - 1);
  };
  std::ranges::stable_sort(names, {}, bucket);
  return names;
}

}  // namespace samsa::tools
