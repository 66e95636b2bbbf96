// DeleteRecords (key 21): move the start of partitions forward.

#include "protocol/messages/delete_records.h"
#include "api/handlers.h"
#include "api/lookup.h"
#include "api/repetitions.h"

namespace samsa::api {
namespace {

protocol::DeleteRecordsResponse delete_all(const RequestContext& context,
                                           const protocol::DeleteRecordsRequest& request) {
  constexpr int64_t k_no_low_watermark = -1;
  protocol::DeleteRecordsResponse response;
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& wanted : topic.partitions) {
      auto& answer = answers.partitions.emplace_back();
      answer.partition_index = wanted.partition_index;
      answer.low_watermark = k_no_low_watermark;
      auto partition = find_partition(context, topic.name, wanted.partition_index);
      if (!partition) {
        answer.error_code = static_cast<int16_t>(partition.error().code);
        continue;
      }
      if (is_internal_topic(topic.name)) {
        answer.error_code = static_cast<int16_t>(Errc::invalid_topic_exception);
        continue;
      }
      const auto settings = context.services.partitions.settings(topic.name);
      auto low = (*partition)->delete_records(Offset{wanted.offset}, settings->log.cleanup_delete);
      if (low) {
        answer.low_watermark = low->value();
      } else {
        answer.error_code = static_cast<int16_t>(low.error().code);
      }
    }
  }
  return response;
}

}  // namespace

// On a worker: whole segments are renamed.
Task<protocol::DeleteRecordsResponse> delete_records(RequestContext& context,
                                                     protocol::DeleteRecordsRequest request) {
  merge_repetitions(request.topics);
  auto deleting = context.services.workers.run([&] { return delete_all(context, request); });
  co_return co_await std::move(deleting);
}

}  // namespace samsa::api
