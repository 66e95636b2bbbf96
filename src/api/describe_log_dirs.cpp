// DescribeLogDirs (key 35): which logs lie in which directory, how large they are and how far
// behind.

#include <algorithm>
#include <map>

#include "api/handlers.h"
#include "log/log_dirs.h"
#include "protocol/messages/describe_log_dirs.h"

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

}  // namespace

Task<DescribeLogDirsResponse> describe_log_dirs(RequestContext& context,
                                                DescribeLogDirsRequest request) {
  auto& logs = context.services.logs;
  std::map<std::string, std::map<std::string, DescribeLogDirsResponse::DescribeLogDirsTopic>> dirs;
  for (const auto& dir : logs.live_dirs()) dirs[dir];
  for (const auto& log : logs.all()) {
    if (!is_wanted(request, log->tp())) continue;
    auto& topic = dirs[log::LogDirs::parent_of(*log)][log->tp().topic];
    topic.name = log->tp().topic;
    topic.partitions.push_back(
        {.partition_index = log->tp().partition,
         .partition_size = log->size_bytes(),
         .offset_lag = std::max<int64_t>(log->high_watermark() - log->log_end_offset(), 0),
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
