#pragma once
// One function an API, each in the file of its name. The dispatcher decodes the request and encodes
// the response.

#include "api/context.h"
#include "protocol/header.h"

namespace samsa::protocol {
#define SAMSA_MESSAGES(name) \
  struct name##Request;      \
  struct name##Response;
SAMSA_MESSAGES(AddOffsetsToTxn)
SAMSA_MESSAGES(AddPartitionsToTxn)
SAMSA_MESSAGES(AlterClientQuotas)
SAMSA_MESSAGES(AlterConfigs)
SAMSA_MESSAGES(AlterIsr)
SAMSA_MESSAGES(AlterPartitionReassignments)
SAMSA_MESSAGES(AlterReplicaLogDirs)
SAMSA_MESSAGES(AlterUserScramCredentials)
SAMSA_MESSAGES(ApiVersions)
SAMSA_MESSAGES(ControlledShutdown)
SAMSA_MESSAGES(CreateAcls)
SAMSA_MESSAGES(CreateDelegationToken)
SAMSA_MESSAGES(CreatePartitions)
SAMSA_MESSAGES(CreateTopics)
SAMSA_MESSAGES(DeleteAcls)
SAMSA_MESSAGES(DeleteGroups)
SAMSA_MESSAGES(DeleteRecords)
SAMSA_MESSAGES(DeleteTopics)
SAMSA_MESSAGES(DescribeAcls)
SAMSA_MESSAGES(DescribeClientQuotas)
SAMSA_MESSAGES(DescribeConfigs)
SAMSA_MESSAGES(DescribeDelegationToken)
SAMSA_MESSAGES(DescribeGroups)
SAMSA_MESSAGES(DescribeLogDirs)
SAMSA_MESSAGES(DescribeUserScramCredentials)
SAMSA_MESSAGES(ElectLeaders)
SAMSA_MESSAGES(EndTxn)
SAMSA_MESSAGES(ExpireDelegationToken)
SAMSA_MESSAGES(FindCoordinator)
SAMSA_MESSAGES(Heartbeat)
SAMSA_MESSAGES(IncrementalAlterConfigs)
SAMSA_MESSAGES(InitProducerId)
SAMSA_MESSAGES(JoinGroup)
SAMSA_MESSAGES(LeaderAndIsr)
SAMSA_MESSAGES(LeaveGroup)
SAMSA_MESSAGES(ListGroups)
SAMSA_MESSAGES(ListOffset)
SAMSA_MESSAGES(ListPartitionReassignments)
SAMSA_MESSAGES(Metadata)
SAMSA_MESSAGES(OffsetCommit)
SAMSA_MESSAGES(OffsetDelete)
SAMSA_MESSAGES(OffsetFetch)
SAMSA_MESSAGES(OffsetForLeaderEpoch)
SAMSA_MESSAGES(RenewDelegationToken)
SAMSA_MESSAGES(SaslAuthenticate)
SAMSA_MESSAGES(SaslHandshake)
SAMSA_MESSAGES(StopReplica)
SAMSA_MESSAGES(SyncGroup)
SAMSA_MESSAGES(TxnOffsetCommit)
SAMSA_MESSAGES(UpdateFeatures)
SAMSA_MESSAGES(UpdateMetadata)
SAMSA_MESSAGES(WriteTxnMarkers)
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

Task<protocol::CreatePartitionsResponse> create_partitions(
    RequestContext& context, protocol::CreatePartitionsRequest request);
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

Task<protocol::AlterClientQuotasResponse> alter_client_quotas(
    RequestContext& context, protocol::AlterClientQuotasRequest request);
Task<protocol::AlterConfigsResponse> alter_configs(RequestContext& context,
                                                   protocol::AlterConfigsRequest request);
Task<protocol::AlterReplicaLogDirsResponse> alter_replica_log_dirs(
    RequestContext& context, protocol::AlterReplicaLogDirsRequest request);
Task<protocol::AlterUserScramCredentialsResponse> alter_user_scram_credentials(
    RequestContext& context, protocol::AlterUserScramCredentialsRequest request);
Task<protocol::DescribeClientQuotasResponse> describe_client_quotas(
    RequestContext& context, protocol::DescribeClientQuotasRequest request);
Task<protocol::DescribeUserScramCredentialsResponse> describe_user_scram_credentials(
    RequestContext& context, protocol::DescribeUserScramCredentialsRequest request);
Task<protocol::IncrementalAlterConfigsResponse> incremental_alter_configs(
    RequestContext& context, protocol::IncrementalAlterConfigsRequest request);

Task<protocol::AlterIsrResponse> alter_isr(RequestContext& context,
                                           protocol::AlterIsrRequest request);
Task<protocol::AlterPartitionReassignmentsResponse> alter_partition_reassignments(
    RequestContext& context, protocol::AlterPartitionReassignmentsRequest request);
Task<protocol::ElectLeadersResponse> elect_leaders(RequestContext& context,
                                                   protocol::ElectLeadersRequest request);
Task<protocol::UpdateFeaturesResponse> update_features(RequestContext& context,
                                                       protocol::UpdateFeaturesRequest request);

Task<protocol::AddOffsetsToTxnResponse> add_offsets_to_txn(
    RequestContext& context, protocol::AddOffsetsToTxnRequest request);
Task<protocol::AddPartitionsToTxnResponse> add_partitions_to_txn(
    RequestContext& context, protocol::AddPartitionsToTxnRequest request);
Task<protocol::EndTxnResponse> end_txn(RequestContext& context, protocol::EndTxnRequest request);
Task<protocol::TxnOffsetCommitResponse> txn_offset_commit(RequestContext& context,
                                                          protocol::TxnOffsetCommitRequest request);
Task<protocol::WriteTxnMarkersResponse> write_txn_markers(RequestContext& context,
                                                          protocol::WriteTxnMarkersRequest request);

Task<protocol::CreateAclsResponse> create_acls(RequestContext& context,
                                               protocol::CreateAclsRequest request);
Task<protocol::CreateDelegationTokenResponse> create_delegation_token(
    RequestContext& context, protocol::CreateDelegationTokenRequest request);
Task<protocol::DeleteAclsResponse> delete_acls(RequestContext& context,
                                               protocol::DeleteAclsRequest request);
Task<protocol::DescribeAclsResponse> describe_acls(RequestContext& context,
                                                   protocol::DescribeAclsRequest request);
Task<protocol::DescribeDelegationTokenResponse> describe_delegation_token(
    RequestContext& context, protocol::DescribeDelegationTokenRequest request);
Task<protocol::ExpireDelegationTokenResponse> expire_delegation_token(
    RequestContext& context, protocol::ExpireDelegationTokenRequest request);
Task<protocol::RenewDelegationTokenResponse> renew_delegation_token(
    RequestContext& context, protocol::RenewDelegationTokenRequest request);
Task<protocol::SaslAuthenticateResponse> sasl_authenticate(
    RequestContext& context, protocol::SaslAuthenticateRequest request);
Task<protocol::SaslHandshakeResponse> sasl_handshake(RequestContext& context,
                                                     protocol::SaslHandshakeRequest request);

}  // namespace samsa::api
