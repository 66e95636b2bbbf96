#pragma once
// The requests that a client of Kafka 2.7 can make, as broker-api-versions names them.

#include <string_view>

#include "tools/client/network.h"

namespace samsa::tools {

struct ClientApi {
  int16_t key = 0;
  std::string_view name;
  client::VersionRange versions;
};

inline constexpr ClientApi k_client_apis[] = {
    {0, "Produce", {0, 8}},
    {1, "Fetch", {0, 12}},
    {2, "ListOffsets", {0, 5}},
    {3, "Metadata", {0, 9}},
    {4, "LeaderAndIsr", {0, 4}},
    {5, "StopReplica", {0, 3}},
    {6, "UpdateMetadata", {0, 6}},
    {7, "ControlledShutdown", {0, 3}},
    {8, "OffsetCommit", {0, 8}},
    {9, "OffsetFetch", {0, 7}},
    {10, "FindCoordinator", {0, 3}},
    {11, "JoinGroup", {0, 7}},
    {12, "Heartbeat", {0, 4}},
    {13, "LeaveGroup", {0, 4}},
    {14, "SyncGroup", {0, 5}},
    {15, "DescribeGroups", {0, 5}},
    {16, "ListGroups", {0, 4}},
    {17, "SaslHandshake", {0, 1}},
    {18, "ApiVersions", {0, 3}},
    {19, "CreateTopics", {0, 6}},
    {20, "DeleteTopics", {0, 5}},
    {21, "DeleteRecords", {0, 2}},
    {22, "InitProducerId", {0, 4}},
    {23, "OffsetForLeaderEpoch", {0, 3}},
    {24, "AddPartitionsToTxn", {0, 2}},
    {25, "AddOffsetsToTxn", {0, 2}},
    {26, "EndTxn", {0, 2}},
    {27, "WriteTxnMarkers", {0, 0}},
    {28, "TxnOffsetCommit", {0, 3}},
    {29, "DescribeAcls", {0, 2}},
    {30, "CreateAcls", {0, 2}},
    {31, "DeleteAcls", {0, 2}},
    {32, "DescribeConfigs", {0, 3}},
    {33, "AlterConfigs", {0, 1}},
    {34, "AlterReplicaLogDirs", {0, 1}},
    {35, "DescribeLogDirs", {0, 2}},
    {36, "SaslAuthenticate", {0, 2}},
    {37, "CreatePartitions", {0, 3}},
    {38, "CreateDelegationToken", {0, 2}},
    {39, "RenewDelegationToken", {0, 2}},
    {40, "ExpireDelegationToken", {0, 2}},
    {41, "DescribeDelegationToken", {0, 2}},
    {42, "DeleteGroups", {0, 2}},
    {43, "ElectLeaders", {0, 2}},
    {44, "IncrementalAlterConfigs", {0, 1}},
    {45, "AlterPartitionReassignments", {0, 0}},
    {46, "ListPartitionReassignments", {0, 0}},
    {47, "OffsetDelete", {0, 0}},
    {48, "DescribeClientQuotas", {0, 0}},
    {49, "AlterClientQuotas", {0, 0}},
    {50, "DescribeUserScramCredentials", {0, 0}},
    {51, "AlterUserScramCredentials", {0, 0}},
    {56, "AlterIsr", {0, 0}},
    {57, "UpdateFeatures", {0, 0}},
};

}  // namespace samsa::tools
