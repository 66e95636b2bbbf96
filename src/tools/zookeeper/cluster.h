#pragma once
// What ZooKeeper says of a cluster: brokers, topics, partitions.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "admin/racks.h"
#include "tools/zookeeper/session.h"
#include "zk/schema/topics.h"

namespace samsa::tools::zookeeper {

// Children of a path, in no order; none where it is missing.
Result<std::vector<std::string>> children(Session& session, const std::string& path);
// Every path's data, read in one go; nothing where one is missing.
Result<std::vector<std::optional<Bytes>>> read_all(Session& session,
                                                   const std::vector<std::string>& paths);

// Those that are running, in order of their ids.
Result<std::vector<admin::Candidate>> brokers(Session& session);
// All, sorted.
Result<std::vector<std::string>> topics(Session& session);
// Nothing where there is no such topic.
Result<std::optional<zk::TopicZnode>> topic(Session& session, const std::string& name);
// Of those partitions that have one.
Result<std::map<int32_t, zk::PartitionStateZnode>> partition_states(Session& session,
                                                                    const std::string& topic,
                                                                    const zk::TopicZnode& znode);
// The topics that wait for deletion.
Result<std::set<std::string>> marked_for_deletion(Session& session);

}  // namespace samsa::tools::zookeeper
