// Produce (key 0): append batches to the partitions led here, and wait for as many replicas as the
// producer asked for.

#include "protocol/messages/produce.h"
#include "api/handlers.h"
#include "api/produce_appends.h"
#include "api/repetitions.h"
#include "api/reply.h"
#include "record/batch.h"

namespace samsa::api {
namespace {

using protocol::ProduceRequest;
using protocol::ProduceResponse;

// What one request may hold up the other connections of its event loop with: as much as a few dozen
// ordinary requests.
constexpr std::chrono::milliseconds k_time_on_loop{2};

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

ProduceResponse::PartitionProduceResponse& response_of(ProduceResponse& response,
                                                       const PendingAppend& pending) {
  return response.responses[pending.topic].partitions[pending.index];
}

// Settles what needs no more waiting; keeps the rest.
void settle(std::vector<PendingAppend>& pending, ProduceResponse& response) {
  std::erase_if(pending, [&response](const PendingAppend& one) {
    auto replicated = one.partition->is_replicated(one.required, one.epoch, one.min_isr);
    if (!replicated)
      response_of(response, one).error_code = static_cast<int16_t>(replicated.error().code);
    return !replicated || *replicated;
  });
}

Task<void> await_replicas(std::vector<PendingAppend> pending, ProduceResponse& response,
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
  merge_repetitions(request->topics);
  ProduceAppends appends{context, *request, *whole};
  ProduceResponse& response = appends.response;
  if (!appends.run_within(record::EffortBudget{k_time_on_loop})) {
    // The connection reads nothing further meanwhile, so its appends keep their order.
    auto rest = context.services.workers.run([&] {
      appends.run();
      settle(appends.pending, response);
      return true;
    });
    co_await std::move(rest);
  } else {
    settle(appends.pending, response);
  }
  if (!appends.pending.empty())
    co_await await_replicas(std::move(appends.pending), response,
                            context.deadline_after(request->timeout_ms));
  if (request->acks != 0) co_return encode_reply(header, response);
  // With acks=0 the only way to tell a producer that something is wrong is to hang up: it then asks
  // for metadata again.
  co_return has_error(response) ? net::Reply::hang_up() : net::Reply::nothing();
}

}  // namespace samsa::api
