// kafka-topics through ZooKeeper.

#include "tools/commands/topics.h"

namespace samsa::tools {

Result<void> topics_with_zookeeper(const cli::Options&) {
  return Error{Errc::unsupported_version,
               "--zookeeper is not supported by this tool; use --bootstrap-server instead"};
}

}  // namespace samsa::tools
