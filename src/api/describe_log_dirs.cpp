// DescribeLogDirs (key 35): which logs lie in which directory, how large they are and how far
// behind.

#include <algorithm>
#include <map>

#include "api/handlers.h"
#include "log/log_dirs.h"
#include "protocol/messages/describe_log_dirs.h"
#include "replica/partition_table.h"

namespace samsa::api {
namespace {

using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;

bool is_wanted(const DescribeLogDirsRequest& request, const TopicPartition& tp) {
  if (!request.topics) return true;
  for (const auto& topic : *request.topics)
    if (topic.topic == tp.topic &&
        std::ranges::find(topic.partition_index, tp.partition) != topic.partition_index.end())
      return true;
  return false;
}

// A future log's lag is what is still to be copied. Kafka tells how far a current one is behind
// its high watermark, which is nothing unless it has been cut.
int64_t lag_of(const replica::PartitionTable& partitions, const log::Log& log) {
  constexpr int64_t k_unknown = -1;
  const auto partition = partitions.find(log.tp().topic, log.tp().partition);
  const auto current = partition ? partition->log() : nullptr;
  if (!current) return k_unknown;
  if (log.is_future()) return current->log_end_offset() - log.log_end_offset();
  return std::max<int64_t>(current->high_watermark() - log.log_end_offset(), 0);
}

}  // namespace

Task<DescribeLogDirsResponse> describe_log_dirs(RequestContext& context,
                                                DescribeLogDirsRequest request) {
  auto& logs = context.services.logs;
  std::map<std::string, std::map<std::string, DescribeLogDirsResponse::DescribeLogDirsTopic>> dirs;
  for (const auto& dir : logs.live_dirs()) dirs[dir];
  for (const auto& log : logs.all()) {
    auto& topic = dirs[log::LogDirs::parent_of(*log)][log->tp().topic];
    topic.name = log->tp().topic;
    if (!is_wanted(request, log->tp())) continue;  // Kafka names its topic all the same
    topic.partitions.push_back({.partition_index = log->tp().partition,
                                .partition_size = log->size_bytes(),
                                .offset_lag = lag_of(context.services.partitions, *log),
                                .is_future_key = log->is_future()});
  }
  DescribeLogDirsResponse response;
  for (auto& [dir, topics] : dirs) {
    auto& result = response.results.emplace_back();
    result.log_dir = dir;
    for (auto& [name, topic] : topics) result.topics.push_back(std::move(topic));
  }
  for (const auto& dir : logs.offline_dirs())
    response.results.push_back(
        {.error_code = static_cast<int16_t>(Errc::kafka_storage_error), .log_dir = dir});
  co_return response;
}

}  // namespace samsa::api
