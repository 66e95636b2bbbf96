#include "tools/client/groups.h"

#include <algorithm>

#include "protocol/messages/delete_groups.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "tools/client/group_protocol.h"
#include "tools/refused.h"

namespace samsa::tools::client {

namespace {

// Appends the partition under its topic; `topics` is in the order of the map that feeds it.
template <class Topics>
auto& add_partition(Topics& topics, const TopicPartition& tp) {
  if (topics.empty() || topics.back().name != tp.topic) topics.emplace_back().name = tp.topic;
  auto& partition = topics.back().partitions.emplace_back();
  partition.partition_index = tp.partition;
  return partition;
}

}  // namespace

Result<std::vector<GroupListing>> list_groups(Cluster& cluster,
                                              const std::vector<std::string>& states,
                                              SteadyTime deadline) {
  auto image = cluster.metadata(std::set<std::string>{}, false, deadline);
  if (!image) return Error{k_kafka, "Failed to find brokers to send ListGroups"};
  std::vector<GroupListing> groups;
  for (const auto& [id, node] : image->nodes) {
    protocol::ListGroupsRequest request;
    request.states_filter = states;
    auto response = cluster.retry<protocol::ListGroupsResponse>(
        deadline, [&](SteadyTime until) -> Result<protocol::ListGroupsResponse> {
          auto answer = cluster.network().call(id, request, until);
          if (answer && answer->error_code != 0)
            return Error{static_cast<Errc>(answer->error_code)};
          return answer;
        });
    if (!response) return response.error();
    for (const auto& group : response->groups) {
      if (group.protocol_type != "consumer" && !group.protocol_type.empty()) continue;
      groups.push_back({group.group_id, group.group_state});
    }
  }
  return groups;
}

Result<GroupInfo> describe_group(Cluster& cluster, const std::string& group, SteadyTime deadline) {
  protocol::DescribeGroupsRequest request;
  request.groups = {group};
  auto response = cluster.call_coordinator<protocol::DescribeGroupsRequest>(
      group, request, deadline, [](const protocol::DescribeGroupsResponse& answer) {
        return answer.groups.empty() ? Errc::none
                                     : static_cast<Errc>(answer.groups.front().error_code);
      });
  if (!response) return response.error();
  if (response->groups.empty()) return Error{Errc::group_id_not_found};
  const auto& found = response->groups.front();
  if (found.error_code != 0) return Error{static_cast<Errc>(found.error_code)};
  GroupInfo info{
      found.group_id, found.group_state, found.protocol_type, found.protocol_data, {}, {}};
  for (const auto& member : found.members) {
    auto assignment = decode_assignment(member.member_assignment);
    info.members.push_back({member.member_id, member.group_instance_id, member.client_id,
                            member.client_host,
                            assignment ? *assignment : std::vector<TopicPartition>{}});
  }
  auto coordinator = cluster.coordinator(group, deadline);
  if (coordinator) {
    info.coordinator = {*coordinator, cluster.network().address_of(*coordinator), std::nullopt};
  }
  return info;
}

Result<std::map<TopicPartition, int64_t>> committed_offsets(Cluster& cluster,
                                                            const std::string& group,
                                                            SteadyTime deadline) {
  protocol::OffsetFetchRequest request;
  request.group_id = group;
  request.topics.reset();
  auto response = cluster.call_coordinator<protocol::OffsetFetchRequest>(
      group, request, deadline, [](const protocol::OffsetFetchResponse& answer) {
        return static_cast<Errc>(answer.error_code);
      });
  if (!response) return response.error();
  if (response->error_code != 0) return Error{static_cast<Errc>(response->error_code)};
  std::map<TopicPartition, int64_t> offsets;
  for (const auto& topic : response->topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.error_code != 0 || partition.committed_offset < 0) continue;
      offsets[{topic.name, partition.partition_index}] = partition.committed_offset;
    }
  }
  return offsets;
}

Result<void> commit_offsets(Cluster& cluster, const std::string& group,
                            const std::map<TopicPartition, int64_t>& offsets, SteadyTime deadline) {
  protocol::OffsetCommitRequest request;
  request.group_id = group;
  for (const auto& [tp, offset] : offsets) {
    auto& partition = add_partition(request.topics, tp);
    partition.committed_offset = offset;
    partition.committed_metadata = "";
  }
  auto first_error = [](const protocol::OffsetCommitResponse& answer) {
    for (const auto& topic : answer.topics) {
      for (const auto& partition : topic.partitions) {
        if (partition.error_code != 0) return static_cast<Errc>(partition.error_code);
      }
    }
    return Errc::none;
  };
  auto response = cluster.call_coordinator<protocol::OffsetCommitRequest>(group, request, deadline,
                                                                          first_error);
  if (!response) return response.error();
  const Errc code = first_error(*response);
  return code == Errc::none ? Result<void>(ok()) : Result<void>(Error{code});
}

Result<void> delete_group(Cluster& cluster, const std::string& group, SteadyTime deadline) {
  protocol::DeleteGroupsRequest request;
  request.groups_names = {group};
  auto code_of = [](const protocol::DeleteGroupsResponse& answer) {
    return answer.results.empty() ? Errc::none
                                  : static_cast<Errc>(answer.results.front().error_code);
  };
  auto response =
      cluster.call_coordinator<protocol::DeleteGroupsRequest>(group, request, deadline, code_of);
  if (!response) return response.error();
  const Errc code = code_of(*response);
  return code == Errc::none ? Result<void>(ok()) : Result<void>(Error{code});
}

Result<std::map<TopicPartition, Errc>> delete_offsets(Cluster& cluster, const std::string& group,
                                                      const std::vector<TopicPartition>& partitions,
                                                      SteadyTime deadline) {
  protocol::OffsetDeleteRequest request;
  request.group_id = group;
  std::set<TopicPartition> sorted(partitions.begin(), partitions.end());
  for (const TopicPartition& tp : sorted) add_partition(request.topics, tp);
  auto response = cluster.call_coordinator<protocol::OffsetDeleteRequest>(
      group, request, deadline, [](const protocol::OffsetDeleteResponse& answer) {
        return static_cast<Errc>(answer.error_code);
      });
  if (!response) return response.error();
  if (response->error_code != 0) return Error{static_cast<Errc>(response->error_code)};
  std::map<TopicPartition, Errc> outcome;
  for (const auto& topic : response->topics) {
    for (const auto& partition : topic.partitions) {
      outcome[{topic.name, partition.partition_index}] = static_cast<Errc>(partition.error_code);
    }
  }
  return outcome;
}

}  // namespace samsa::tools::client
