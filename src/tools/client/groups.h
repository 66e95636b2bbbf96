#pragma once
// Consumer groups through their coordinators.

#include "tools/client/cluster.h"

namespace samsa::tools::client {

struct GroupMemberInfo {
  std::string consumer_id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string host;
  std::vector<TopicPartition> assignment;
};
struct GroupInfo {
  std::string id;
  std::string state;
  std::string protocol_type;
  std::string assignor;
  std::vector<GroupMemberInfo> members;
  Node coordinator;
};
struct GroupListing {
  std::string id;
  std::string state;
};

// Of all brokers. Only groups of consumers, as Kafka's admin client lists them.
Result<std::vector<GroupListing>> list_groups(Cluster& cluster,
                                              const std::vector<std::string>& states,
                                              SteadyTime deadline);
Result<GroupInfo> describe_group(Cluster& cluster, const std::string& group, SteadyTime deadline);
Result<std::map<TopicPartition, int64_t>> committed_offsets(Cluster& cluster,
                                                            const std::string& group,
                                                            SteadyTime deadline);
Result<void> commit_offsets(Cluster& cluster, const std::string& group,
                            const std::map<TopicPartition, int64_t>& offsets, SteadyTime deadline);
Result<void> delete_group(Cluster& cluster, const std::string& group, SteadyTime deadline);
// The error is of the whole request; each partition has its own code.
Result<std::map<TopicPartition, Errc>> delete_offsets(Cluster& cluster, const std::string& group,
                                                      const std::vector<TopicPartition>& partitions,
                                                      SteadyTime deadline);

}  // namespace samsa::tools::client
