// AlterReplicaLogDirs (key 34): replicas of this broker are to move to another of its directories.

#include <glog/logging.h>

#include <algorithm>

#include "api/handlers.h"
#include "api/lookup.h"
#include "log/log_dirs.h"
#include "protocol/messages/alter_replica_log_dirs.h"

namespace samsa::api {
namespace {

// A replica on its way has ".UUID-future" behind its directory's name.
constexpr size_t k_future_name_extra = sizeof(".0123456789abcdef0123456789abcdef-future") - 1;
constexpr size_t k_file_name_max = 255;

bool contains(const std::vector<std::string>& dirs, const std::string& dir) {
  return std::ranges::find(dirs, dir) != dirs.end();
}

Errc judge(const Services& services, const TopicPartition& tp, const std::string& dir) {
  if (tp.to_string().size() + k_future_name_extra > k_file_name_max)
    return Errc::invalid_topic_exception;
  if (contains(services.logs.offline_dirs(), dir)) return Errc::kafka_storage_error;
  if (!contains(services.logs.live_dirs(), dir)) return Errc::log_dir_not_found;
  const auto partition = services.partitions.find(tp.topic, tp.partition);
  const auto log = partition ? partition->log() : nullptr;
  if (!log) return Errc::replica_not_available;
  if (log::LogDirs::parent_of(*log) == dir) return Errc::none;
  LOG(ERROR) << tp << " stays in " << log::LogDirs::parent_of(*log)
             << ": this version does not move replicas between directories yet";
  return Errc::unknown_server_error;
}

}  // namespace

Task<protocol::AlterReplicaLogDirsResponse> alter_replica_log_dirs(
    RequestContext& context, protocol::AlterReplicaLogDirsRequest request) {
  std::map<TopicPartition, std::string> wanted;
  for (const auto& dir : request.dirs)
    for (const auto& topic : dir.topics)
      for (const int32_t index : topic.partitions) wanted[{topic.name, index}] = dir.path;
  protocol::AlterReplicaLogDirsResponse response;
  for (const auto& [tp, dir] : wanted) {
    if (response.results.empty() || response.results.back().topic_name != tp.topic)
      response.results.emplace_back().topic_name = tp.topic;
    response.results.back().partitions.push_back(
        {.partition_index = tp.partition,
         .error_code = static_cast<int16_t>(judge(context.services, tp, dir))});
  }
  co_return response;
}

}  // namespace samsa::api
