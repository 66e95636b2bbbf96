#pragma once
// One set of settings changed key by key (KIP-339), in Kafka's words where it can't be.

#include <optional>
#include <string>
#include <vector>

#include "config/key.h"

namespace samsa::config {

// The values are those of IncrementalAlterConfigs.
enum class AlterOp : int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

struct Alteration {
  std::string name;
  AlterOp op = AlterOp::set;
  std::optional<std::string> value;
};

// INVALID_REQUEST for a key given twice, or a value that is missing.
Result<void> check_alterations(const std::vector<Alteration>& alterations);

// The whole set afterwards. `find_key` tells a key's type and default, null for an unknown one:
// only lists can be appended to (INVALID_REQUEST), and an unknown key is no list
// (UNKNOWN_SERVER_ERROR, as with Kafka). The values are not judged here.
Result<Properties> altered(Properties settings, const std::vector<Alteration>& alterations,
                           const std::function<const Key*(std::string_view)>& find_key);

}  // namespace samsa::config
