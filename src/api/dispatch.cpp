#include "api/dispatch.h"

#include <glog/logging.h>

#include <array>

#include "api/handlers.h"
#include "api/reply.h"
#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/alter_isr.h"
#include "protocol/messages/alter_partition_reassignments.h"
#include "protocol/messages/alter_replica_log_dirs.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/controlled_shutdown.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/create_delegation_token.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_acls.h"
#include "protocol/messages/describe_client_quotas.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/describe_delegation_token.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "protocol/messages/elect_leaders.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/expire_delegation_token.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leader_and_isr.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/list_offset.h"
#include "protocol/messages/list_partition_reassignments.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/offset_for_leader_epoch.h"
#include "protocol/messages/renew_delegation_token.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"
#include "protocol/messages/stop_replica.h"
#include "protocol/messages/sync_group.h"
#include "protocol/messages/txn_offset_commit.h"
#include "protocol/messages/update_features.h"
#include "protocol/messages/update_metadata.h"
#include "protocol/messages/write_txn_markers.h"

namespace samsa::api {
namespace {

using net::Reply;
using protocol::ApiKey;
using protocol::RequestHeader;

struct Frame {
  const RequestHeader& header;
  char* body;
  size_t size;
  BytesView view() const { return {body, size}; }
};

using Answer = Task<Reply> (*)(RequestContext&, Frame);

template <class Request>
using Handler = Task<typename Request::Response> (*)(RequestContext&, Request);

// Decode, handle, encode. A body that can't be decoded ends the connection, as with Kafka.
template <class Request, Handler<Request> handler>
Task<Reply> answer(RequestContext& context, Frame frame) {
  auto request = Request::decode(frame.view(), frame.header.request_api_version);
  if (!request) {
    LOG(WARNING) << "closed the connection from " << context.peer.client_host << ": "
                 << request.error();
    co_return Reply::hang_up();
  }
  auto response = co_await handler(context, std::move(*request));
  co_return encode_reply(frame.header, response);
}

Task<Reply> answer_produce(RequestContext& context, Frame frame) {
  return produce(context, frame.header, frame.body, frame.size);
}
Task<Reply> answer_fetch(RequestContext& context, Frame frame) {
  return fetch(context, frame.header, frame.view());
}
Task<Reply> answer_api_versions(RequestContext& context, Frame frame) {
  co_return api_versions(context, frame.header, frame.view());
}

constexpr size_t k_api_count = std::size(protocol::k_apis);

constexpr std::array<Answer, k_api_count> make_table() {
  std::array<Answer, k_api_count> table{};
  const auto on = [&table](ApiKey key, Answer how) { table[static_cast<size_t>(key)] = how; };
  on(ApiKey::produce, answer_produce);
  on(ApiKey::fetch, answer_fetch);
  on(ApiKey::list_offset, answer<protocol::ListOffsetRequest, list_offsets>);
  on(ApiKey::metadata, answer<protocol::MetadataRequest, metadata>);
  on(ApiKey::leader_and_isr, answer<protocol::LeaderAndIsrRequest, leader_and_isr>);
  on(ApiKey::stop_replica, answer<protocol::StopReplicaRequest, stop_replica>);
  on(ApiKey::update_metadata, answer<protocol::UpdateMetadataRequest, update_metadata>);
  on(ApiKey::controlled_shutdown, answer<protocol::ControlledShutdownRequest, controlled_shutdown>);
  on(ApiKey::find_coordinator, answer<protocol::FindCoordinatorRequest, find_coordinator>);
  on(ApiKey::api_versions, answer_api_versions);
  on(ApiKey::create_partitions, answer<protocol::CreatePartitionsRequest, create_partitions>);
  on(ApiKey::create_topics, answer<protocol::CreateTopicsRequest, create_topics>);
  on(ApiKey::delete_topics, answer<protocol::DeleteTopicsRequest, delete_topics>);
  on(ApiKey::delete_records, answer<protocol::DeleteRecordsRequest, delete_records>);
  on(ApiKey::init_producer_id, answer<protocol::InitProducerIdRequest, init_producer_id>);
  on(ApiKey::offset_for_leader_epoch,
     answer<protocol::OffsetForLeaderEpochRequest, offset_for_leader_epoch>);
  on(ApiKey::describe_log_dirs, answer<protocol::DescribeLogDirsRequest, describe_log_dirs>);
  on(ApiKey::delete_groups, answer<protocol::DeleteGroupsRequest, delete_groups>);
  on(ApiKey::describe_configs, answer<protocol::DescribeConfigsRequest, describe_configs>);
  on(ApiKey::describe_groups, answer<protocol::DescribeGroupsRequest, describe_groups>);
  on(ApiKey::heartbeat, answer<protocol::HeartbeatRequest, heartbeat>);
  on(ApiKey::join_group, answer<protocol::JoinGroupRequest, join_group>);
  on(ApiKey::leave_group, answer<protocol::LeaveGroupRequest, leave_group>);
  on(ApiKey::list_groups, answer<protocol::ListGroupsRequest, list_groups>);
  on(ApiKey::offset_commit, answer<protocol::OffsetCommitRequest, offset_commit>);
  on(ApiKey::offset_delete, answer<protocol::OffsetDeleteRequest, offset_delete>);
  on(ApiKey::offset_fetch, answer<protocol::OffsetFetchRequest, offset_fetch>);
  on(ApiKey::sync_group, answer<protocol::SyncGroupRequest, sync_group>);
  on(ApiKey::list_partition_reassignments,
     answer<protocol::ListPartitionReassignmentsRequest, list_partition_reassignments>);
  on(ApiKey::add_offsets_to_txn, answer<protocol::AddOffsetsToTxnRequest, add_offsets_to_txn>);
  on(ApiKey::add_partitions_to_txn,
     answer<protocol::AddPartitionsToTxnRequest, add_partitions_to_txn>);
  on(ApiKey::alter_client_quotas, answer<protocol::AlterClientQuotasRequest, alter_client_quotas>);
  on(ApiKey::alter_configs, answer<protocol::AlterConfigsRequest, alter_configs>);
  on(ApiKey::alter_isr, answer<protocol::AlterIsrRequest, alter_isr>);
  on(ApiKey::alter_partition_reassignments,
     answer<protocol::AlterPartitionReassignmentsRequest, alter_partition_reassignments>);
  on(ApiKey::alter_replica_log_dirs,
     answer<protocol::AlterReplicaLogDirsRequest, alter_replica_log_dirs>);
  on(ApiKey::alter_user_scram_credentials,
     answer<protocol::AlterUserScramCredentialsRequest, alter_user_scram_credentials>);
  on(ApiKey::create_acls, answer<protocol::CreateAclsRequest, create_acls>);
  on(ApiKey::create_delegation_token,
     answer<protocol::CreateDelegationTokenRequest, create_delegation_token>);
  on(ApiKey::delete_acls, answer<protocol::DeleteAclsRequest, delete_acls>);
  on(ApiKey::describe_acls, answer<protocol::DescribeAclsRequest, describe_acls>);
  on(ApiKey::describe_client_quotas,
     answer<protocol::DescribeClientQuotasRequest, describe_client_quotas>);
  on(ApiKey::describe_delegation_token,
     answer<protocol::DescribeDelegationTokenRequest, describe_delegation_token>);
  on(ApiKey::describe_user_scram_credentials,
     answer<protocol::DescribeUserScramCredentialsRequest, describe_user_scram_credentials>);
  on(ApiKey::elect_leaders, answer<protocol::ElectLeadersRequest, elect_leaders>);
  on(ApiKey::end_txn, answer<protocol::EndTxnRequest, end_txn>);
  on(ApiKey::expire_delegation_token,
     answer<protocol::ExpireDelegationTokenRequest, expire_delegation_token>);
  on(ApiKey::incremental_alter_configs,
     answer<protocol::IncrementalAlterConfigsRequest, incremental_alter_configs>);
  on(ApiKey::renew_delegation_token,
     answer<protocol::RenewDelegationTokenRequest, renew_delegation_token>);
  on(ApiKey::sasl_authenticate, answer<protocol::SaslAuthenticateRequest, sasl_authenticate>);
  on(ApiKey::sasl_handshake, answer<protocol::SaslHandshakeRequest, sasl_handshake>);
  on(ApiKey::txn_offset_commit, answer<protocol::TxnOffsetCommitRequest, txn_offset_commit>);
  on(ApiKey::update_features, answer<protocol::UpdateFeaturesRequest, update_features>);
  on(ApiKey::write_txn_markers, answer<protocol::WriteTxnMarkersRequest, write_txn_markers>);
  return table;
}

constexpr auto k_answers = make_table();

void log_refusal(const net::ConnectionInfo& peer, const std::string& why) {
  LOG(WARNING) << "closed the connection from " << peer.client_host << " on listener "
               << peer.listener_name << ": " << why;
}

}  // namespace

runtime::Task<Reply> Dispatcher::handle(net::ConnectionInfo& peer, char* frame, size_t size) {
  constexpr size_t k_key_and_version_bytes = 4;
  if (size < k_key_and_version_bytes) {
    log_refusal(peer, "a request of " + std::to_string(size) + " bytes has no header");
    co_return Reply::hang_up();
  }
  const auto key = load_be<int16_t>(frame);
  const auto version = load_be<int16_t>(frame + sizeof key);
  const protocol::Api* api = protocol::find_api(key);
  if (api == nullptr || !api->is_advertised) {
    log_refusal(peer, "unknown API key " + std::to_string(key));
    co_return Reply::hang_up();
  }
  const bool is_api_versions = api->key == ApiKey::api_versions;
  if ((version < api->min_version || version > api->max_version) && !is_api_versions) {
    log_refusal(
        peer, std::string(api->name) + " version " + std::to_string(version) + " is not supported");
    co_return Reply::hang_up();
  }
  protocol::Decoder in({frame, size});
  RequestHeader header;
  header.decode_from(in, protocol::request_header_version(*api, version));
  if (in.failed()) {
    log_refusal(peer, "malformed request header");
    co_return Reply::hang_up();
  }
  const Answer how = k_answers[static_cast<size_t>(key)];
  if (how == nullptr) {
    log_refusal(peer, std::string(api->name) + " is not offered by this broker");
    co_return Reply::hang_up();
  }
  RequestContext context{.services = services_,
                         .peer = peer,
                         .api_version = version,
                         .client_id = header.client_id.value_or(""),
                         .received = services_.clock.steady()};
  const size_t header_size = size - in.remaining();
  // What a handler can't stand ends one connection, not the broker and its other clients.
  try {
    co_return co_await how(context, Frame{header, frame + header_size, size - header_size});
  } catch (const std::exception& failure) {
    LOG(ERROR) << "closed the connection from " << peer.client_host << ": " << api->name
               << " version " << version << " failed: " << failure.what();
    co_return Reply::hang_up();
  }
}

}  // namespace samsa::api
