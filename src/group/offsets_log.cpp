#include "group/offsets_log.h"

#include "record/builder.h"

namespace samsa::group {
namespace {
// Kafka numbers the records of a commit from 0, although no producer id stands beside.
constexpr int32_t k_commit_sequence = 0;

TopicPartition place_of(int32_t partition) { return {std::string(k_offsets_topic), partition}; }

bool is_too_large(Errc error) {
  return error == Errc::message_too_large || error == Errc::record_list_too_large ||
         error == Errc::invalid_fetch_size;
}

// Clients know coordinators, not the partitions behind them.
Errc error_of_place(Errc error) {
  const bool is_unavailable = error == Errc::unknown_topic_or_partition ||
                              error == Errc::not_enough_replicas ||
                              error == Errc::not_enough_replicas_after_append;
  if (is_unavailable) return Errc::coordinator_not_available;
  const bool is_elsewhere =
      error == Errc::not_leader_or_follower || error == Errc::kafka_storage_error;
  return is_elsewhere ? Errc::not_coordinator : error;
}
}  // namespace

Result<OffsetsLog::Pending> OffsetsLog::append(int32_t partition,
                                               const std::vector<LogRecord>& records,
                                               int32_t base_sequence, int16_t acks,
                                               int64_t now_ms) {
  record::BatchBuilder builder(
      {.magic = partitions_.settings(std::string(k_offsets_topic))->log.message_format,
       .codec = options_.codec,
       .base_sequence = base_sequence});
  for (const auto& record : records)
    builder.append(now_ms, record.key,
                   record.value ? std::optional<BytesView>(*record.value) : std::nullopt);
  auto batch = builder.build();
  if (!batch) return batch.error();
  return partitions_.append(place_of(partition), *batch, acks, log::Origin::coordinator);
}

Result<OffsetsLog::Pending> OffsetsLog::append_group(int32_t partition, const std::string& group,
                                                     const GroupValue& value, int64_t now_ms) {
  auto key = encode_group_key(group);
  if (!key) return key.error();
  auto bytes = encode_group_value(value, options_.versions.group);
  if (!bytes) return bytes.error();
  return append(partition, {{std::move(*key), std::move(*bytes)}}, k_no_sequence,
                options_.commit_acks, now_ms);
}

Result<OffsetsLog::Pending> OffsetsLog::append_offsets(int32_t partition, const std::string& group,
                                                       const Commits& commits, int64_t now_ms) {
  std::vector<LogRecord> records;
  records.reserve(commits.size());
  for (const auto& [tp, value] : commits) {
    auto key = encode_offset_key(group, tp);
    if (!key) return key.error();
    auto bytes = encode_offset_value(value, options_.versions.offset);
    if (!bytes) return bytes.error();
    records.push_back({std::move(*key), std::move(*bytes)});
  }
  return append(partition, records, k_commit_sequence, options_.commit_acks, now_ms);
}

Result<void> OffsetsLog::append_tombstones(int32_t partition, const std::string& group,
                                           const std::vector<TopicPartition>& offsets,
                                           bool with_group, int64_t now_ms) {
  std::vector<LogRecord> records;
  for (const auto& tp : offsets) {
    auto key = encode_offset_key(group, tp);
    if (!key) return key.error();
    records.push_back({std::move(*key), std::nullopt});
  }
  if (with_group) {
    auto key = encode_group_key(group);
    if (!key) return key.error();
    records.push_back({std::move(*key), std::nullopt});
  }
  if (records.empty()) return ok();
  auto appended = append(partition, records, k_no_sequence, 0, now_ms);
  if (!appended) return appended.error();
  return ok();
}

bool OffsetsLog::is_led_here(int32_t partition) const {
  const auto found = partitions_.find(k_offsets_topic, partition);
  return found && found->is_leader();
}

Errc OffsetsLog::error_of_store(Errc error) {
  if (error == Errc::request_timed_out) return Errc::rebalance_in_progress;
  return is_too_large(error) ? Errc::unknown_server_error : error_of_place(error);
}

Errc OffsetsLog::error_of_commit(Errc error) {
  return is_too_large(error) ? Errc::invalid_commit_offset_size : error_of_place(error);
}

}  // namespace samsa::group
