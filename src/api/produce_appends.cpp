#include "api/produce_appends.h"

#include "api/lookup.h"
#include "record/batch.h"

namespace samsa::api {
namespace {

using protocol::ProduceRequest;
using protocol::ProduceResponse;
using PartitionResponse = ProduceResponse::PartitionProduceResponse;

constexpr std::string_view k_privileged_client_id = "__admin_client";

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

}  // namespace

ProduceAppends::ProduceAppends(RequestContext& context, const ProduceRequest& request,
                               Errc refuse_all)
    : context_(context),
      request_(request),
      refuse_all_(refuse_all),
      internal_allowed_(context.client_id == k_privileged_client_id) {
  response.responses.reserve(request.topics.size());
}

bool ProduceAppends::run_within(record::EffortBudget budget) { return run(&budget); }

void ProduceAppends::run() { run(nullptr); }

bool ProduceAppends::run(record::EffortBudget* budget) {
  for (; topic_ < request_.topics.size(); ++topic_, index_ = 0) {
    const auto& topic = request_.topics[topic_];
    if (response.responses.size() == topic_) {
      auto& answers = response.responses.emplace_back();
      answers.name = topic.name;
      answers.partitions.reserve(topic.partitions.size());
    }
    const auto settings = context_.services.partitions.settings(topic.name);
    for (; index_ < topic.partitions.size(); ++index_) {
      auto answer = append(topic.name, *settings, topic.partitions[index_], budget);
      if (!answer) return false;
      response.responses[topic_].partitions.push_back(std::move(*answer));
    }
  }
  return true;
}

Errc ProduceAppends::check(const std::string& topic, const PartitionData& data) const {
  if (const Errc wrong = check_batches(context_.api_version, data.records.view());
      wrong != Errc::none)
    return wrong;
  if (request_.acks < -1 || request_.acks > 1) return Errc::invalid_required_acks;
  return is_internal_topic(topic) && !internal_allowed_ ? Errc::invalid_topic_exception
                                                        : Errc::none;
}

std::optional<PartitionResponse> ProduceAppends::append(const std::string& topic,
                                                        const replica::TopicSettings& settings,
                                                        const PartitionData& data,
                                                        record::EffortBudget* budget) {
  const int32_t index = data.partition_index;
  if (refuse_all_ != Errc::none) return refused(index, refuse_all_);
  auto found = find_partition(context_, topic, index);
  if (!found) return refused(index, found.error().code);
  const auto& partition = *found;
  if (const Errc wrong = check(topic, data); wrong != Errc::none) return refused(index, wrong);
  // The frame is ours until the reply: offsets are patched into it in place.
  const BytesView view = data.records.view();
  const std::span<char> bytes{const_cast<char*>(view.data()), view.size()};
  size_t unpack_at_most = SIZE_MAX;
  if (budget != nullptr) {
    if (settings.log.syncs_appends() || partition->is_on_slow_disk()) return std::nullopt;
    const auto affordable =
        budget->take(view, settings.log.compression, settings.log.message_format);
    if (!affordable) return std::nullopt;
    unpack_at_most = *affordable;
  }
  const bool all = request_.acks == -1;
  const int32_t min_isr = all ? settings.min_insync_replicas : 1;
  const LeaderEpoch epoch = partition->leader_epoch();
  auto appended = partition->append(bytes, all, min_isr, record::Origin::client, unpack_at_most);
  if (!appended) {
    // It may be too large for the budget alone.
    if (appended.error().error.code == Errc::message_too_large && unpack_at_most != SIZE_MAX)
      return std::nullopt;
    const auto log = partition->log();
    return refused(index, appended.error(), log ? log->log_start_offset() : k_no_offset);
  }
  if (all)
    pending.push_back({.partition = partition,
                       .required = appended->required_offset,
                       .epoch = epoch,
                       .min_isr = min_isr,
                       .topic = topic_,
                       .index = index_});
  return PartitionResponse{.partition_index = index,
                           .error_code = 0,
                           .base_offset = appended->info.first_offset.value(),
                           .log_append_time_ms = appended->info.log_append_time_ms,
                           .log_start_offset = appended->info.log_start_offset.value()};
}

}  // namespace samsa::api
