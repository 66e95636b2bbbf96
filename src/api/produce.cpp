// Produce (key 0): append batches to the partitions led here, and wait for as many replicas as the
// producer asked for.

#include "protocol/messages/produce.h"
#include "api/handlers.h"
#include "api/lookup.h"
#include "api/reply.h"
#include "record/batch.h"

namespace samsa::api {
namespace {

using protocol::ProduceRequest;
using protocol::ProduceResponse;
using PartitionResponse = ProduceResponse::PartitionProduceResponse;

constexpr std::string_view k_privileged_client_id = "__admin_client";
constexpr int16_t k_first_v2_version = 3;
constexpr int16_t k_first_zstd_version = 7;

// An append that waits for replicas, and the response it will complete.
struct Pending {
  std::shared_ptr<replica::Partition> partition;
  Offset required;
  LeaderEpoch epoch;
  int32_t min_isr;
  size_t topic, index;  // of the response
};

// What a producer of this version may send (KIP-98, KIP-110): one batch of format v2, zstd only
// from version 7.
Errc check_batches(int16_t version, BytesView records) {
  if (version < k_first_v2_version) return Errc::none;
  record::BatchIterator batches{records};
  auto first = batches.next();
  if (!first) return first.error().code;
  if (!*first) return Errc::invalid_record;
  const record::BatchView batch = **first;
  if (batch.magic() != record::k_magic_v2) return Errc::invalid_record;
  if (version < k_first_zstd_version && batch.codec() == record::Codec::zstd)
    return Errc::unsupported_compression_type;
  auto second = batches.next();
  if (!second) return second.error().code;
  return *second ? Errc::invalid_record : Errc::none;
}

// What is wrong with one partition's records but fails the whole request; nothing where Kafka can't
// read the request at all, as a partition doesn't begin with a whole batch.
//
// Transactions are not offered: a batch of one would hold back all who read committed records for
// ever. Without an id it is refused as by Kafka. And before it knew zstd's version, Kafka looks at
// the codec outside of what it answers partition by partition.
std::optional<Errc> check_whole(const ProduceRequest& request, int16_t version) {
  const bool looks_at_codecs = version >= k_first_v2_version && version < k_first_zstd_version;
  bool has_transactional = false, has_unknown_codec = false;
  for (const auto& topic : request.topics)
    for (const auto& data : topic.partitions) {
      const BytesView records = data.records.view();
      const auto header = record::peek_any_header(records);
      if (!header || !*header || (*header)->size_in_bytes > records.size()) return std::nullopt;
      if ((*header)->size_in_bytes < record::overhead_of((*header)->magic))
        continue;  // for the partition to answer
      const record::BatchView batch = **record::BatchIterator{records}.next();
      has_transactional |= batch.is_transactional();
      has_unknown_codec |= looks_at_codecs && batch.is_v2() && !batch.check_codec();
    }
  if (has_transactional)
    return request.transactional_id ? Errc::invalid_txn_state
                                    : Errc::transactional_id_authorization_failed;
  return has_unknown_codec ? Errc::unknown_server_error : Errc::none;
}

PartitionResponse refused(int32_t index, Errc code) {
  return {.partition_index = index, .error_code = static_cast<int16_t>(code), .base_offset = -1};
}

PartitionResponse refused(int32_t index, const record::Rejection& why, Offset log_start) {
  PartitionResponse response = refused(index, why.error.code);
  const Errc code = why.error.code;
  const bool names_log_start =
      code != Errc::unknown_topic_or_partition && code != Errc::not_leader_or_follower &&
      code != Errc::message_too_large && code != Errc::record_list_too_large &&
      code != Errc::corrupt_message && code != Errc::kafka_storage_error;
  if (names_log_start) response.log_start_offset = log_start.value();
  if (why.record_errors.empty()) return response;
  response.error_message = why.error.message;
  for (const auto& error : why.record_errors)
    response.record_errors.push_back(
        {.batch_index = error.batch_index, .batch_index_error_message = error.message});
  return response;
}

struct Target {
  int16_t version;
  int16_t acks;
  bool internal_allowed;
};

// Appends to one partition. Fills `pending` when there are replicas to wait for.
PartitionResponse append(RequestContext& context, const Target& target, const std::string& topic,
                         const ProduceRequest::PartitionProduceData& data,
                         std::optional<Pending>& pending) {
  const int32_t index = data.partition_index;
  auto& table = context.services.partitions;
  auto found = find_partition(context, topic, index);
  if (!found) return refused(index, found.error().code);
  const auto& partition = *found;
  if (const Errc wrong = check_batches(target.version, data.records.view()); wrong != Errc::none)
    return refused(index, wrong);
  if (target.acks < -1 || target.acks > 1) return refused(index, Errc::invalid_required_acks);
  if (is_internal_topic(topic) && !target.internal_allowed)
    return refused(index, Errc::invalid_topic_exception);
  // The frame is ours until the reply: offsets are patched into it in place.
  const BytesView view = data.records.view();
  const std::span<char> bytes{const_cast<char*>(view.data()), view.size()};
  const bool all = target.acks == -1;
  const int32_t min_isr = all ? table.min_insync_replicas(topic) : 1;
  const LeaderEpoch epoch = partition->leader_epoch();
  auto appended = partition->append(bytes, all, min_isr, record::Origin::client);
  if (!appended) {
    const auto log = partition->log();
    return refused(index, appended.error(), log ? log->log_start_offset() : k_no_offset);
  }
  if (all)
    pending = Pending{.partition = partition,
                      .required = appended->required_offset,
                      .epoch = epoch,
                      .min_isr = min_isr};
  return {.partition_index = index,
          .error_code = 0,
          .base_offset = appended->info.first_offset.value(),
          .log_append_time_ms = appended->info.log_append_time_ms,
          .log_start_offset = appended->info.log_start_offset.value()};
}

PartitionResponse& response_of(ProduceResponse& response, const Pending& pending) {
  return response.responses[pending.topic].partitions[pending.index];
}

// Settles what needs no more waiting; keeps the rest.
void settle(std::vector<Pending>& pending, ProduceResponse& response) {
  std::erase_if(pending, [&response](const Pending& one) {
    auto replicated = one.partition->is_replicated(one.required, one.epoch, one.min_isr);
    if (!replicated)
      response_of(response, one).error_code = static_cast<int16_t>(replicated.error().code);
    return !replicated || *replicated;
  });
}

Task<void> await_replicas(std::vector<Pending> pending, ProduceResponse& response,
                          SteadyTime deadline) {
  runtime::Signal signal;
  const uint64_t token = replica::next_waiter_token();
  std::vector<std::shared_ptr<replica::Partition>> watched;
  for (const auto& one : pending) {
    one.partition->waiters().add(signal, token);
    watched.push_back(one.partition);
  }
  settle(pending, response);
  while (!pending.empty() && co_await signal.until(deadline)) settle(pending, response);
  for (const auto& one : pending)
    response_of(response, one).error_code = static_cast<int16_t>(Errc::request_timed_out);
  for (const auto& partition : watched) partition->waiters().remove(token);
}

bool has_error(const ProduceResponse& response) {
  for (const auto& topic : response.responses)
    for (const auto& partition : topic.partitions)
      if (partition.error_code != 0) return true;
  return false;
}

}  // namespace

Task<net::Reply> produce(RequestContext& context, const protocol::RequestHeader& header, char* body,
                         size_t size) {
  const int16_t version = header.request_api_version;
  auto request = ProduceRequest::decode({body, size}, version);
  if (!request) co_return net::Reply::hang_up();
  const auto whole = check_whole(*request, version);
  if (!whole) co_return net::Reply::hang_up();
  const Target target{.version = version,
                      .acks = request->acks,
                      .internal_allowed = context.client_id == k_privileged_client_id};
  ProduceResponse response;
  std::vector<Pending> pending;
  response.responses.reserve(request->topics.size());
  for (const auto& topic : request->topics) {
    auto& answers = response.responses.emplace_back();
    answers.name = topic.name;
    answers.partitions.reserve(topic.partitions.size());
    for (const auto& data : topic.partitions) {
      std::optional<Pending> waits;
      answers.partitions.push_back(*whole == Errc::none
                                       ? append(context, target, topic.name, data, waits)
                                       : refused(data.partition_index, *whole));
      if (!waits) continue;
      waits->topic = response.responses.size() - 1;
      waits->index = answers.partitions.size() - 1;
      pending.push_back(std::move(*waits));
    }
  }
  settle(pending, response);
  if (!pending.empty())
    co_await await_replicas(std::move(pending), response,
                            context.deadline_after(request->timeout_ms));
  if (request->acks != 0) co_return encode_reply(header, response);
  // With acks=0 the only way to tell a producer that something is wrong is to hang up: it then asks
  // for metadata again.
  co_return has_error(response) ? net::Reply::hang_up() : net::Reply::nothing();
}

}  // namespace samsa::api
