// Fetch (key 1): plan what each partition can give without reading it, wait while that is too
// little, and send file stretches.

#include "protocol/messages/fetch.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "api/fetch_conversion.h"
#include "api/handlers.h"
#include "api/lookup.h"
#include "api/reply.h"
#include "config/holder.h"
#include "log/cold_reads.h"
#include "replica/fetch_session.h"

namespace samsa::api {
namespace {

using protocol::FetchRequest;
using protocol::FetchResponse;
using replica::FetchContext;
using PartitionResponse = FetchResponse::FetchablePartitionResponse;

struct Served {
  std::shared_ptr<replica::Partition> partition;  // null when this broker does not hold it
  Errc error = Errc::none;
  replica::Read read;
};

struct Plan {
  std::vector<Served> served;
  int64_t bytes = 0;
  // What there would be without a bound on all of it, no partition counting for more than it was
  // asked for. A first batch may be larger.
  int64_t bytes_asked_for = 0;
  // Unknown to the cluster: told, and not a reason to answer before the others have something.
  size_t unknown = 0;
  // Another error, a log that parts from the follower's, or a reader behind the last segment.
  bool must_answer = false;
};

struct Limits {
  int32_t max_bytes;
  int32_t min_bytes;
  replica::ReadRules rules;
};

FetchContext::Request session_request(FetchRequest& request) {
  FetchContext::Request session{.session_id = request.session_id,
                                .session_epoch = request.session_epoch,
                                .is_follower = request.replica_id >= 0};
  // One that is named again counts as it is named last, as with Kafka.
  std::unordered_map<TopicPartition, size_t> places;
  for (auto& topic : request.topics) {
    for (const auto& wanted : topic.partitions) {
      TopicPartition tp{topic.topic, wanted.partition};
      const auto [place, is_new] = places.emplace(tp, session.partitions.size());
      if (is_new) session.partitions.emplace_back();
      session.partitions[place->second] = {
          .tp = std::move(tp),
          .max_bytes = wanted.partition_max_bytes,
          .fetch_offset = Offset{wanted.fetch_offset},
          .current_leader_epoch = LeaderEpoch{wanted.current_leader_epoch},
          .follower_log_start_offset = Offset{wanted.log_start_offset},
          .last_fetched_epoch = LeaderEpoch{wanted.last_fetched_epoch}};
    }
  }
  for (auto& topic : request.forgotten_topics_data)
    for (const int32_t partition : topic.partitions)
      session.forgotten.push_back({topic.topic, partition});
  return session;
}

Limits limits_of(const RequestContext& context, const FetchRequest& request, int16_t version) {
  constexpr int16_t k_first_whole_batches = 3, k_first_follower_fetch = 11;
  const bool is_follower = request.replica_id >= 0;
  const int32_t allowed = context.services.config.current()->fetch_max_bytes;
  Limits limits{};
  limits.max_bytes = std::min(request.max_bytes, allowed);
  limits.min_bytes = std::min(request.min_bytes, limits.max_bytes);
  limits.rules.from_follower = is_follower;
  limits.rules.follower = BrokerId{request.replica_id};
  limits.rules.leader_only = is_follower || version < k_first_follower_fetch;
  limits.rules.drop_incomplete = version >= k_first_whole_batches;
  constexpr int8_t k_read_committed = 1;
  limits.rules.isolation = is_follower ? log::Isolation::log_end
                           : request.isolation_level == k_read_committed
                               ? log::Isolation::txn_committed
                               : log::Isolation::high_watermark;
  return limits;
}

// What is there now for every partition, in the session's order and within the request's budget.
Plan plan_reads(RequestContext& context, const FetchContext& session, const Limits& limits) {
  Plan plan;
  int64_t budget = limits.max_bytes;
  bool at_least_one = limits.rules.drop_incomplete;
  plan.served.reserve(session.partitions().size());
  for (const auto& wanted : session.partitions()) {
    Served& served = plan.served.emplace_back();
    auto found = find_partition(context, wanted.tp.topic, wanted.tp.partition);
    if (!found) {
      served.error = found.error().code;
      if (served.error == Errc::unknown_topic_or_partition)
        ++plan.unknown;
      else
        plan.must_answer = true;
      continue;
    }
    served.partition = *found;
    replica::ReadRules rules = limits.rules;
    rules.max_bytes = static_cast<int32_t>(std::min<int64_t>(wanted.max_bytes, budget));
    rules.min_one_message = at_least_one;
    auto read = served.partition->read(wanted, rules);
    if (!read) {
      served.error = read.error().code;
      plan.must_answer = true;
      continue;
    }
    if (read->diverging || read->slice.has_later_segment) plan.must_answer = true;
    if (read->slice.length > 0) at_least_one = false;
    plan.bytes += read->slice.length;
    plan.bytes_asked_for += std::clamp<int64_t>(wanted.max_bytes, 0, read->slice.visible_bytes);
    budget = std::max<int64_t>(0, budget - read->slice.length);
    served.read = std::move(*read);
  }
  return plan;
}

// On a worker where a write that holds a log's lock may take its time.
Task<Plan> plan_now(RequestContext& context, const FetchContext& session, const Limits& limits) {
  const auto waits_for_disk = [&](const replica::FetchPartition& wanted) {
    const auto held = context.services.partitions.find(wanted.tp.topic, wanted.tp.partition);
    return held && held->is_on_slow_disk();
  };
  if (!context.services.logs.is_slow() ||
      std::ranges::none_of(session.partitions(), waits_for_disk))
    co_return plan_reads(context, session, limits);
  auto planning =
      context.services.workers.run([&] { return plan_reads(context, session, limits); });
  co_return co_await std::move(planning);
}

// As long as it lives, the signal tells that one of the plan's partitions moved, or that nobody
// takes an answer any more.
class Watch {
 public:
  Watch(net::ConnectionInfo& peer, const Plan& plan, const runtime::Signal& signal) : peer_(peer) {
    peer_.when_over = [signal] { signal.notify(); };
    for (const auto& served : plan.served) {
      if (!served.partition) continue;
      served.partition->waiters().add(signal, token_);
      partitions_.push_back(served.partition);
    }
  }
  ~Watch() {
    for (const auto& partition : partitions_) partition->waiters().remove(token_);
    peer_.when_over = nullptr;
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  net::ConnectionInfo& peer_;
  const uint64_t token_ = replica::next_waiter_token();
  std::vector<std::shared_ptr<replica::Partition>> partitions_;
};

// Looks again whenever one of the partitions moves, until there is enough or the time is up.
Task<Plan> plan_or_wait(RequestContext& context, const FetchContext& session, Limits limits,
                        SteadyTime deadline) {
  Plan plan = co_await plan_now(context, session, limits);
  if (plan.must_answer || plan.bytes >= limits.min_bytes ||
      plan.unknown == session.partitions().size() || deadline <= context.received)
    co_return plan;
  const auto enough = [&, unknown = plan.unknown] {
    return plan.must_answer || plan.bytes_asked_for >= limits.min_bytes || plan.unknown != unknown;
  };
  const runtime::Signal signal;
  const Watch watch{context.peer, plan, signal};
  plan = co_await plan_now(context, session, limits);
  while (!enough() && !context.peer.is_over) {
    const bool woken = co_await signal.until(deadline);
    plan = co_await plan_now(context, session, limits);
    if (!woken) break;
  }
  co_return plan;
}

// The newest format that a client of this version reads.
int8_t readable_magic(int16_t version) {
  if (version <= 1) return record::k_magic_v0;
  return version <= 3 ? record::k_magic_v1 : record::k_magic_v2;
}

// Keeps converted records alive until they are encoded, and collects the file stretches in the
// order of the response.
struct Payload {
  std::map<const Served*, Result<Bytes>> converted;
  std::vector<net::FileSlice> slices;
};

bool needs_conversion(const replica::TopicSettings& settings, int16_t version) {
  return readable_magic(version) < record::k_magic_v2 &&
         settings.log.message_format > readable_magic(version);
}

// How the records of a partition have to be read and written anew for this client, if they have to.
std::optional<record::DownConversion> conversion_of(const RequestContext& context,
                                                    const replica::FetchPartition& wanted,
                                                    const Served& served, int16_t version) {
  if (readable_magic(version) >= record::k_magic_v2 || served.read.slice.length == 0)
    return std::nullopt;
  const auto settings = context.services.partitions.settings(served.partition->tp().topic);
  if (!needs_conversion(*settings, version) || !settings->down_conversion) return std::nullopt;
  return record::DownConversion{.to_magic = readable_magic(version),
                                .first_offset = wanted.fetch_offset,
                                .limits = settings->log.read_limits()};
}

// What can't be sent without waiting for the disk, which is not for an event loop either.
std::vector<const log::ReadSlice*> cold_slices_of(const std::vector<Served>& all) {
  std::vector<const log::ReadSlice*> cold;
  for (const auto& served : all)
    if (log::ColdReads::is_cold(served.read.slice)) cold.push_back(&served.read.slice);
  return cold;
}

void bring_in(RequestContext& context, const std::vector<const log::ReadSlice*>& cold) {
  // For all together; many small ones bring in little more than they are.
  constexpr int64_t k_ahead = 8 << 20;
  for (const auto* slice : cold)
    context.services.cold_reads.bring_in(*slice, k_ahead / std::ssize(cold));
}

PartitionResponse respond(RequestContext& context, const replica::FetchPartition& wanted,
                          Served& served, int16_t version, bool read_committed, Payload& payload) {
  constexpr int16_t k_knows_storage_error = 6, k_first_zstd = 10;
  PartitionResponse response{.partition = wanted.tp.partition, .high_watermark = -1};
  response.aborted_transactions.reset();
  response.record_set = protocol::RecordData{BytesView{}};
  Errc error = served.error;
  const auto& slice = served.read.slice;
  // Only old clients need to know how the topic is kept.
  std::shared_ptr<const replica::TopicSettings> settings;
  if (version < k_first_zstd && served.partition)
    settings = context.services.partitions.settings(wanted.tp.topic);
  if (settings && settings->log.compression == record::Codec::zstd)
    error = Errc::unsupported_compression_type;
  if (error == Errc::none && slice.length > 0) {
    if (const auto converted = payload.converted.find(&served);
        converted != payload.converted.end()) {
      if (converted->second)
        response.record_set = protocol::RecordData{*converted->second};
      else
        error = converted->second.error().code;
    } else if (settings && needs_conversion(*settings, version)) {
      error = Errc::unsupported_version;  // message.downconversion.enable=false
    } else {
      response.record_set = protocol::RecordData::external(static_cast<uint32_t>(slice.length));
      payload.slices.push_back({.owner = slice.file,
                                .fd = slice.file->fd(),
                                .position = slice.position,
                                .length = slice.length});
    }
  }
  if (error == Errc::kafka_storage_error && version < k_knows_storage_error)
    error = Errc::not_leader_or_follower;
  response.error_code = static_cast<int16_t>(error);
  if (error != Errc::none) return response;
  const auto log = served.partition->log();
  if (served.read.diverging) {
    response.diverging_epoch = {.epoch = served.read.diverging->epoch.value(),
                                .end_offset = served.read.diverging->end_offset.value()};
    if (!log) return response;
    response.high_watermark = log->high_watermark().value();
    response.last_stable_offset = log->last_stable_offset().value();
    response.log_start_offset = log->log_start_offset().value();
    return response;
  }
  response.high_watermark = slice.high_watermark.value();
  response.last_stable_offset = slice.last_stable_offset.value();
  response.log_start_offset = slice.log_start_offset.value();
  if (read_committed) {
    auto& aborted = response.aborted_transactions.emplace();
    for (const auto& transaction : slice.aborted)
      aborted.push_back({.producer_id = transaction.producer_id.value(),
                         .first_offset = transaction.first_offset.value()});
  }
  return response;
}

// Every partition with what is wrong with all of the request.
FetchResponse refuse_all(const FetchRequest& request, Errc error) {
  FetchResponse response{.error_code = static_cast<int16_t>(error),
                         .session_id = request.session_id};
  for (const auto& topic : request.topics) {
    auto& answers = response.responses.emplace_back();
    answers.topic = topic.topic;
    for (const auto& wanted : topic.partitions) {
      auto& answer = answers.partition_responses.emplace_back();
      answer.partition = wanted.partition;
      answer.error_code = static_cast<int16_t>(error);
      answer.high_watermark = -1;
      answer.aborted_transactions.reset();
      answer.record_set = protocol::RecordData{BytesView{}};
    }
  }
  return response;
}

replica::FetchNews news_of(const Served& served) {
  const auto& slice = served.read.slice;
  const bool failed = served.error != Errc::none;
  return {.error = served.error,
          .high_watermark = failed ? k_no_offset : slice.high_watermark,
          .log_start_offset = failed ? k_no_offset : slice.log_start_offset,
          .has_records = slice.length > 0,
          .must_tell = served.read.diverging.has_value()};
}

}  // namespace

Task<net::Reply> fetch(RequestContext& context, const protocol::RequestHeader& header,
                       BytesView body) {
  const int16_t version = header.request_api_version;
  auto request = FetchRequest::decode(body, version);
  if (!request) co_return net::Reply::hang_up();
  auto& sessions = context.services.fetch_sessions;
  FetchResponse response;
  auto session =
      FetchContext::begin(sessions, session_request(*request), context.services.clock.wall_ms());
  if (session.error() != Errc::none) {
    response.error_code = static_cast<int16_t>(session.error());
    co_return encode_reply(header, response);
  }
  constexpr int8_t k_last_isolation_level = 1;
  if (request->isolation_level < 0 || request->isolation_level > k_last_isolation_level)
    co_return encode_reply(header, refuse_all(*request, Errc::unknown_server_error));
  const Limits limits = limits_of(context, *request, version);
  Plan plan =
      co_await plan_or_wait(context, session, limits, context.deadline_after(request->max_wait_ms));
  std::vector<replica::FetchNews> news;
  for (const auto& served : plan.served) news.push_back(news_of(served));
  const auto outcome = session.finish(sessions, news, context.services.clock.wall_ms());
  response.error_code = static_cast<int16_t>(outcome.error);
  response.session_id = outcome.session_id;
  Payload payload;
  const bool read_committed = limits.rules.isolation == log::Isolation::txn_committed;
  std::vector<const Served*> converting;
  std::vector<ToConvert> conversions;
  for (size_t i = 0; i < plan.served.size(); ++i) {
    const Served& served = plan.served[i];
    if (const auto how = conversion_of(context, session.partitions()[i], served, version)) {
      converting.push_back(&served);
      conversions.push_back({.slice = &served.read.slice, .how = *how});
    }
  }
  // Of what is converted, only a part may be read.
  const auto cold =
      conversions.empty() ? cold_slices_of(plan.served) : std::vector<const log::ReadSlice*>{};
  auto& memory = context.services.conversion_memory;
  std::shared_ptr<const void> held;
  if (!conversions.empty() || !cold.empty()) {
    auto reading = context.services.workers.run([&] {
      bring_in(context, cold);
      auto converted = convert_within(memory.allowance(), memory.next_turn(), conversions);
      int64_t bytes = 0;
      for (size_t i = 0; i < converted.size(); ++i) {
        if (converted[i]) bytes += std::ssize(*converted[i]);
        payload.converted.emplace(converting[i], std::move(converted[i]));
      }
      if (bytes > 0) held = memory.hold(bytes);
      return true;
    });
    co_await std::move(reading);
  }
  for (size_t i = 0; i < plan.served.size(); ++i) {
    if (!outcome.included[i]) continue;
    const auto& wanted = session.partitions()[i];
    if (response.responses.empty() || response.responses.back().topic != wanted.tp.topic)
      response.responses.emplace_back().topic = wanted.tp.topic;
    response.responses.back().partition_responses.push_back(
        respond(context, wanted, plan.served[i], version, read_committed, payload));
  }
  auto reply = encode_reply(header, response, std::move(payload.slices));
  reply.held = std::move(held);
  co_return reply;
}

}  // namespace samsa::api
