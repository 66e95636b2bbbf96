#pragma once
// Offsets in ZooKeeper, where consumers of before Kafka 0.9 keep them: version 0 of OffsetCommit
// and OffsetFetch.

#include <optional>

#include "base/errc.h"
#include "base/types.h"
#include "runtime/task.h"
#include "zk/client/client.h"

namespace samsa::api {

// Any error is UNKNOWN_SERVER_ERROR, as Kafka has no code for it.
runtime::Task<Errc> set_zookeeper_offset(zk::Client& zookeeper, std::string group,
                                         TopicPartition partition, int64_t offset);
// Nothing where none is kept.
runtime::Task<Result<std::optional<int64_t>>> zookeeper_offset(zk::Client& zookeeper,
                                                               std::string group,
                                                               TopicPartition partition);

}  // namespace samsa::api
