#pragma once
// What requests about settings name.

#include <charconv>
#include <string>

#include "base/errc.h"
#include "base/types.h"

namespace samsa::api {

// The values are those of the wire.
enum class ResourceType : int8_t { unknown = 0, topic = 2, broker = 4, broker_logger = 8 };

inline ResourceType resource_type(int8_t raw) {
  for (const auto type : {ResourceType::topic, ResourceType::broker, ResourceType::broker_logger})
    if (raw == static_cast<int8_t>(type)) return type;
  return ResourceType::unknown;
}

inline Result<BrokerId> broker_of_resource(const std::string& name) {
  int32_t id = 0;
  const char* const first = name.data() + (name.starts_with('+') ? 1 : 0);
  const char* const last = name.data() + name.size();
  const auto [end, error] = std::from_chars(first, last, id);
  if (error != std::errc{} || end != last)
    return Error{Errc::invalid_request, "Broker id must be an integer, but it is: " + name};
  return BrokerId{id};
}

}  // namespace samsa::api
