// AlterReplicaLogDirs (key 34): replicas of this broker are to move to another of its directories.

#include <algorithm>
#include <map>

#include "api/cluster_orders.h"
#include "api/handlers.h"
#include "log/log_dirs.h"
#include "metadata/image.h"
#include "protocol/messages/alter_replica_log_dirs.h"
#include "replica/log_mover.h"

namespace samsa::api {
namespace {

// A replica on its way has ".UUID-future" behind its directory's name (KAFKA-4893).
constexpr size_t k_future_name_extra = sizeof(".0123456789abcdef0123456789abcdef-future") - 1;
constexpr size_t k_file_name_max = 255;

bool contains(const std::vector<std::string>& dirs, const std::string& dir) {
  return std::ranges::find(dirs, dir) != dirs.end();
}

Errc alter(Services& services, const TopicPartition& tp, const std::string& dir) {
  if (tp.to_string().size() + k_future_name_extra > k_file_name_max)
    return Errc::invalid_topic_exception;
  if (contains(services.logs.offline_dirs(), dir)) return Errc::kafka_storage_error;
  if (!contains(services.logs.live_dirs(), dir)) return Errc::log_dir_not_found;
  const Errc outcome = services.log_mover.order(tp, dir);
  const bool is_nowhere = outcome == Errc::replica_not_available &&
                          !services.metadata.get()->partition(tp.topic, tp.partition);
  return is_nowhere ? Errc::unknown_topic_or_partition : outcome;
}

using Wishes = std::map<TopicPartition, std::string>;

std::vector<Errc> alter_all(Services& services, const Wishes& wishes) {
  std::vector<Errc> outcomes;
  for (const auto& [tp, dir] : wishes) {
    std::scoped_lock one_order_at_a_time(services.fence.order_mutex());
    outcomes.push_back(alter(services, tp, dir));
  }
  return outcomes;
}

}  // namespace

Task<protocol::AlterReplicaLogDirsResponse> alter_replica_log_dirs(
    RequestContext& context, protocol::AlterReplicaLogDirsRequest request) {
  Wishes wanted;
  for (const auto& dir : request.dirs)
    for (const auto& topic : dir.topics)
      for (const int32_t index : topic.partitions) wanted[{topic.name, index}] = dir.path;
  // Makes files.
  auto altering = context.services.workers.run([&] { return alter_all(context.services, wanted); });
  const auto outcomes = co_await std::move(altering);
  protocol::AlterReplicaLogDirsResponse response;
  auto outcome = outcomes.begin();
  for (const auto& [tp, dir] : wanted) {
    if (response.results.empty() || response.results.back().topic_name != tp.topic)
      response.results.emplace_back().topic_name = tp.topic;
    response.results.back().partitions.push_back(
        {.partition_index = tp.partition, .error_code = static_cast<int16_t>(*outcome++)});
  }
  co_return response;
}

}  // namespace samsa::api
