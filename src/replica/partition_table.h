#pragma once
// The partitions that this broker holds, and the rules that span several of them.

#include <functional>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "log/log_dirs.h"
#include "replica/partition.h"
#include "runtime/task.h"

namespace samsa::replica {

// What the table must know of a topic's settings.
struct TopicSettings {
  log::LogConfig log;
  int32_t min_insync_replicas = 1;
  bool down_conversion = true;  // whether clients of older formats may read
};

class PartitionTable {
 public:
  // settings_of is called from any thread and must be quick: it is asked for each append with
  // acks=all.
  PartitionTable(
      BrokerId self, log::LogDirs& logs,
      std::function<std::shared_ptr<const TopicSettings>(const std::string& topic)> settings_of);

  std::shared_ptr<Partition> find(std::string_view topic, int32_t partition) const;
  std::vector<std::shared_ptr<Partition>> all() const;

  struct Change {
    std::shared_ptr<Partition> partition;
    bool became_leader = false, became_follower = false;
    LeaderEpoch leader_epoch;
  };
  // One partition of a LeaderAndIsr request. KAFKA_STORAGE_ERROR when the log can't be opened or
  // its directory has gone offline, STALE_CONTROLLER_EPOCH for an epoch that is not newer,
  // UNKNOWN_TOPIC_OR_PARTITION when this broker is no replica.
  Result<Change> apply(const TopicPartition& tp, const LeadershipOrder& order);
  // One partition of a StopReplica request; FENCED_LEADER_EPOCH for an old order,
  // KAFKA_STORAGE_ERROR as above.
  Result<Change> stop(const TopicPartition& tp, LeaderEpoch epoch, bool delete_files);

  // An append of a coordinator's that may wait for replicas.
  struct Pending {
    std::shared_ptr<Partition> partition;
    Offset first_offset, required_offset;
    LeaderEpoch epoch;
    int32_t min_isr = 1;
    int16_t acks = -1;
  };
  // Appends without waiting. INVALID_REQUIRED_ACKS for acks other than -1, 0 and 1.
  Result<Pending> append(const TopicPartition& tp, std::span<char> batches, int16_t acks,
                         log::Origin origin);
  // Whether the acks are met by now; why they can't be met any more.
  static Result<bool> is_done(const Pending& pending);
  // Waits until the acks are met; REQUEST_TIMED_OUT at the deadline.
  static runtime::Task<Errc> await(Pending pending, SteadyTime deadline);
  int32_t min_insync_replicas(const std::string& topic) const;
  std::shared_ptr<const TopicSettings> settings(const std::string& topic) const {
    return settings_of_(topic);
  }

 private:
  struct NameHash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
  };
  void put(std::shared_ptr<Partition> partition);
  void erase(const TopicPartition& tp);

  const BrokerId self_;
  log::LogDirs& logs_;
  const std::function<std::shared_ptr<const TopicSettings>(const std::string&)> settings_of_;
  mutable std::shared_mutex mutex_;
  using ByIndex = std::unordered_map<int32_t, std::shared_ptr<Partition>>;
  std::unordered_map<std::string, ByIndex, NameHash, std::equal_to<>> by_topic_;
};

}  // namespace samsa::replica
