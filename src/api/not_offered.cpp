// What needs a coordinator or a feature that this broker does not offer, answered in Kafka's words
// for "not here, not now".

#include "api/handlers.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/sync_group.h"

namespace samsa::api {
namespace {
constexpr auto k_not_coordinator = static_cast<int16_t>(Errc::not_coordinator);
constexpr auto k_unavailable = static_cast<int16_t>(Errc::coordinator_not_available);
}  // namespace

Task<protocol::JoinGroupResponse> join_group(RequestContext&, protocol::JoinGroupRequest) {
  protocol::JoinGroupResponse response;
  response.error_code = k_unavailable;
  response.generation_id = -1;
  response.protocol_name = "";
  co_return response;
}

Task<protocol::SyncGroupResponse> sync_group(RequestContext&, protocol::SyncGroupRequest) {
  co_return protocol::SyncGroupResponse{.error_code = k_not_coordinator};
}

Task<protocol::HeartbeatResponse> heartbeat(RequestContext&, protocol::HeartbeatRequest) {
  co_return protocol::HeartbeatResponse{.error_code = k_not_coordinator};
}

Task<protocol::LeaveGroupResponse> leave_group(RequestContext&, protocol::LeaveGroupRequest) {
  co_return protocol::LeaveGroupResponse{.error_code = k_not_coordinator};
}

Task<protocol::OffsetCommitResponse> offset_commit(RequestContext&,
                                                   protocol::OffsetCommitRequest request) {
  protocol::OffsetCommitResponse response;
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& partition : topic.partitions)
      answers.partitions.push_back(
          {.partition_index = partition.partition_index, .error_code = k_not_coordinator});
  }
  co_return response;
}

Task<protocol::OffsetFetchResponse> offset_fetch(RequestContext& context,
                                                 protocol::OffsetFetchRequest request) {
  constexpr int16_t k_first_with_group_error = 2;
  protocol::OffsetFetchResponse response;
  response.error_code = k_not_coordinator;
  if (context.api_version >= k_first_with_group_error || !request.topics) co_return response;
  for (const auto& topic : *request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const int32_t index : topic.partition_indexes) {
      auto& answer = answers.partitions.emplace_back();
      answer.partition_index = index;
      answer.committed_offset = -1;
      answer.metadata = "";
      answer.error_code = k_not_coordinator;
    }
  }
  co_return response;
}

Task<protocol::ListGroupsResponse> list_groups(RequestContext&, protocol::ListGroupsRequest) {
  co_return protocol::ListGroupsResponse{.error_code = k_unavailable};
}

Task<protocol::DescribeGroupsResponse> describe_groups(RequestContext&,
                                                       protocol::DescribeGroupsRequest request) {
  protocol::DescribeGroupsResponse response;
  for (const auto& group : request.groups) {
    auto& described = response.groups.emplace_back();
    described.error_code = k_not_coordinator;
    described.group_id = group;
  }
  co_return response;
}

Task<protocol::DeleteGroupsResponse> delete_groups(RequestContext&,
                                                   protocol::DeleteGroupsRequest request) {
  protocol::DeleteGroupsResponse response;
  for (const auto& group : request.groups_names)
    response.results.push_back({.group_id = group, .error_code = k_not_coordinator});
  co_return response;
}

}  // namespace samsa::api
