#pragma once
// One function an API, each in the file of its name. The dispatcher decodes the request and encodes
// the response.

#include "api/context.h"
#include "protocol/header.h"

namespace samsa::protocol {
#define SAMSA_MESSAGES(name) \
  struct name##Request;      \
  struct name##Response;
SAMSA_MESSAGES(AlterIsr)
SAMSA_MESSAGES(ApiVersions)
SAMSA_MESSAGES(ControlledShutdown)
SAMSA_MESSAGES(CreateTopics)
SAMSA_MESSAGES(DeleteRecords)
SAMSA_MESSAGES(DeleteTopics)
SAMSA_MESSAGES(DescribeLogDirs)
SAMSA_MESSAGES(DeleteGroups)
SAMSA_MESSAGES(DescribeConfigs)
SAMSA_MESSAGES(DescribeGroups)
SAMSA_MESSAGES(Heartbeat)
SAMSA_MESSAGES(JoinGroup)
SAMSA_MESSAGES(LeaveGroup)
SAMSA_MESSAGES(ListGroups)
SAMSA_MESSAGES(OffsetCommit)
SAMSA_MESSAGES(OffsetDelete)
SAMSA_MESSAGES(OffsetFetch)
SAMSA_MESSAGES(SyncGroup)
SAMSA_MESSAGES(FindCoordinator)
SAMSA_MESSAGES(InitProducerId)
SAMSA_MESSAGES(LeaderAndIsr)
SAMSA_MESSAGES(ListOffset)
SAMSA_MESSAGES(ListPartitionReassignments)
SAMSA_MESSAGES(Metadata)
SAMSA_MESSAGES(OffsetForLeaderEpoch)
SAMSA_MESSAGES(StopReplica)
SAMSA_MESSAGES(UpdateMetadata)
#undef SAMSA_MESSAGES
}  // namespace samsa::protocol

namespace samsa::api {

using runtime::Task;

// Those that shape their reply themselves: no reply at all, file slices, an answer in another
// version.
Task<net::Reply> produce(RequestContext& context, const protocol::RequestHeader& header, char* body,
                         size_t size);
Task<net::Reply> fetch(RequestContext& context, const protocol::RequestHeader& header,
                       BytesView body);
net::Reply api_versions(RequestContext& context, const protocol::RequestHeader& header,
                        BytesView body);

Task<protocol::MetadataResponse> metadata(RequestContext& context,
                                          protocol::MetadataRequest request);
Task<protocol::ListOffsetResponse> list_offsets(RequestContext& context,
                                                protocol::ListOffsetRequest request);
Task<protocol::OffsetForLeaderEpochResponse> offset_for_leader_epoch(
    RequestContext& context, protocol::OffsetForLeaderEpochRequest request);
Task<protocol::FindCoordinatorResponse> find_coordinator(RequestContext& context,
                                                         protocol::FindCoordinatorRequest request);
Task<protocol::InitProducerIdResponse> init_producer_id(RequestContext& context,
                                                        protocol::InitProducerIdRequest request);
Task<protocol::DeleteRecordsResponse> delete_records(RequestContext& context,
                                                     protocol::DeleteRecordsRequest request);
Task<protocol::DescribeLogDirsResponse> describe_log_dirs(RequestContext& context,
                                                          protocol::DescribeLogDirsRequest request);
Task<protocol::LeaderAndIsrResponse> leader_and_isr(RequestContext& context,
                                                    protocol::LeaderAndIsrRequest request);
Task<protocol::StopReplicaResponse> stop_replica(RequestContext& context,
                                                 protocol::StopReplicaRequest request);
Task<protocol::UpdateMetadataResponse> update_metadata(RequestContext& context,
                                                       protocol::UpdateMetadataRequest request);

Task<protocol::CreateTopicsResponse> create_topics(RequestContext& context,
                                                   protocol::CreateTopicsRequest request);
Task<protocol::DeleteTopicsResponse> delete_topics(RequestContext& context,
                                                   protocol::DeleteTopicsRequest request);
Task<protocol::ControlledShutdownResponse> controlled_shutdown(
    RequestContext& context, protocol::ControlledShutdownRequest request);

Task<protocol::DeleteGroupsResponse> delete_groups(RequestContext& context,
                                                   protocol::DeleteGroupsRequest request);
Task<protocol::DescribeConfigsResponse> describe_configs(RequestContext& context,
                                                         protocol::DescribeConfigsRequest request);
Task<protocol::DescribeGroupsResponse> describe_groups(RequestContext& context,
                                                       protocol::DescribeGroupsRequest request);
Task<protocol::HeartbeatResponse> heartbeat(RequestContext& context,
                                            protocol::HeartbeatRequest request);
Task<protocol::JoinGroupResponse> join_group(RequestContext& context,
                                             protocol::JoinGroupRequest request);
Task<protocol::LeaveGroupResponse> leave_group(RequestContext& context,
                                               protocol::LeaveGroupRequest request);
Task<protocol::ListGroupsResponse> list_groups(RequestContext& context,
                                               protocol::ListGroupsRequest request);
Task<protocol::OffsetCommitResponse> offset_commit(RequestContext& context,
                                                   protocol::OffsetCommitRequest request);
Task<protocol::OffsetDeleteResponse> offset_delete(RequestContext& context,
                                                   protocol::OffsetDeleteRequest request);
Task<protocol::OffsetFetchResponse> offset_fetch(RequestContext& context,
                                                 protocol::OffsetFetchRequest request);
Task<protocol::SyncGroupResponse> sync_group(RequestContext& context,
                                             protocol::SyncGroupRequest request);

Task<protocol::ListPartitionReassignmentsResponse> list_partition_reassignments(
    RequestContext& context, protocol::ListPartitionReassignmentsRequest request);

}  // namespace samsa::api
