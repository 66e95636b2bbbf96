// Transactions (24 to 28) need a coordinator, which this broker does not offer yet: what Kafka 2.7
// judges without one is judged, all else is answered like a broker whose coordinator is not up.

#include <set>

#include "api/handlers.h"
#include "api/lookup.h"
#include "metadata/image.h"
#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/txn_offset_commit.h"
#include "protocol/messages/write_txn_markers.h"

namespace samsa::api {
namespace {

bool is_known(const RequestContext& context, const std::string& topic, int32_t index) {
  return context.services.metadata.get()->partition(topic, index) != nullptr;
}

Errc coordinator_error(const std::string& transactional_id) {
  return transactional_id.empty() ? Errc::invalid_request : Errc::coordinator_not_available;
}

bool knows_all(const RequestContext& context, const protocol::AddPartitionsToTxnRequest& request) {
  for (const auto& topic : request.topics)
    for (const int32_t index : topic.partitions)
      if (!is_known(context, topic.name, index)) return false;
  return true;
}

}  // namespace

Task<protocol::AddPartitionsToTxnResponse> add_partitions_to_txn(
    RequestContext& context, protocol::AddPartitionsToTxnRequest request) {
  // One unknown partition fails the request for all others.
  const Errc for_known = knows_all(context, request) ? coordinator_error(request.transactional_id)
                                                     : Errc::operation_not_attempted;
  protocol::AddPartitionsToTxnResponse response;
  for (const auto& topic : request.topics) {
    auto& answers = response.results.emplace_back();
    answers.name = topic.name;
    for (const int32_t index : topic.partitions) {
      const Errc error =
          is_known(context, topic.name, index) ? for_known : Errc::unknown_topic_or_partition;
      answers.results.push_back(
          {.partition_index = index, .error_code = static_cast<int16_t>(error)});
    }
  }
  co_return response;
}

Task<protocol::AddOffsetsToTxnResponse> add_offsets_to_txn(
    RequestContext&, protocol::AddOffsetsToTxnRequest request) {
  protocol::AddOffsetsToTxnResponse response;
  response.error_code = static_cast<int16_t>(coordinator_error(request.transactional_id));
  co_return response;
}

Task<protocol::EndTxnResponse> end_txn(RequestContext&, protocol::EndTxnRequest request) {
  protocol::EndTxnResponse response;
  response.error_code = static_cast<int16_t>(coordinator_error(request.transactional_id));
  co_return response;
}

Task<protocol::TxnOffsetCommitResponse> txn_offset_commit(
    RequestContext& context, protocol::TxnOffsetCommitRequest request) {
  protocol::TxnOffsetCommitResponse response;
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& partition : topic.partitions) {
      const Errc error = is_known(context, topic.name, partition.partition_index)
                             ? Errc::coordinator_not_available
                             : Errc::unknown_topic_or_partition;
      answers.partitions.push_back({.partition_index = partition.partition_index,
                                    .error_code = static_cast<int16_t>(error)});
    }
  }
  co_return response;
}

// A coordinator elsewhere takes this code for "try again later".
Task<protocol::WriteTxnMarkersResponse> write_txn_markers(
    RequestContext&, protocol::WriteTxnMarkersRequest request) {
  protocol::WriteTxnMarkersResponse response;
  for (const auto& marker : request.markers) {
    auto& result = response.markers.emplace_back();
    result.producer_id = marker.producer_id;
    for (const auto& topic : marker.topics) {
      auto& answers = result.topics.emplace_back();
      answers.name = topic.name;
      for (const int32_t index : topic.partition_indexes)
        answers.partitions.push_back(
            {.partition_index = index,
             .error_code = static_cast<int16_t>(Errc::unknown_topic_or_partition)});
    }
  }
  co_return response;
}

}  // namespace samsa::api
