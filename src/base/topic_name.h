#pragma once
// Which names a topic may have: they become names of directories.

#include <string>

#include "base/errc.h"

namespace samsa {

// INVALID_TOPIC_EXCEPTION, with Kafka's sentence, for a name that it does not allow.
Result<void> validate_topic_name(const std::string& name);

}  // namespace samsa
