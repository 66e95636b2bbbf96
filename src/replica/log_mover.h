#pragma once
// Moves logs between this broker's directories (KIP-113): copies a partition's log, wherever it is
// in use, to its future log until both end alike, and then puts that in its place. One partition at
// a time on each thread, by name, as Kafka does.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "log/log_dirs.h"
#include "log/throttle.h"
#include "replica/partition_table.h"

namespace samsa::replica {

// Names are those of the broker's keys.
struct LogMoverOptions {
  int threads = 1;                         // num.replica.alter.log.dirs.threads
  int32_t fetch_max_bytes = 1 << 20;       // replica.fetch.max.bytes
  double io_max_bytes_per_second = 1e300;  // replica.alter.log.dirs.io.max.bytes.per.second
};

class LogMover {
 public:
  LogMover(LogMoverOptions options, PartitionTable& partitions, log::LogDirs& logs);
  ~LogMover();
  LogMover(const LogMover&) = delete;
  LogMover& operator=(const LogMover&) = delete;

  // Moves under way go on with the next start of the broker. Idempotent.
  void stop();
  void set_io_max_bytes_per_second(double rate);

  // The partition's log is to be in that directory. Errors are Kafka's for AlterReplicaLogDirs:
  // KAFKA_STORAGE_ERROR, and REPLICA_NOT_AVAILABLE for one that is not here (yet: it will be made
  // there). One order at a time.
  Errc order(const TopicPartition& tp, const std::string& dir);
  // Goes on where an earlier process stopped; nothing to do where none moves.
  void resume(const TopicPartition& tp);

 private:
  void run();
  void move(const TopicPartition& tp);
  // True once the copy has taken the log's place.
  Result<bool> step(Partition& partition, const std::shared_ptr<log::Log>& current,
                    const std::shared_ptr<log::Log>& copy, std::shared_ptr<log::Log>& synced);
  // Copies what comes next, at most one fetch of it; how much that was.
  Result<int64_t> copy_some(log::Log& copy, const log::Log& log);
  Result<void> replace(Partition& partition, const std::shared_ptr<log::Log>& copy);
  // False when the threads are to end.
  bool rest(milliseconds time);
  // The same, for as long as the throttle asks for after so many bytes. Another throttle, or the
  // end of the copy's move, ends it.
  bool pay(int64_t bytes, const std::shared_ptr<log::Log>& copy);

  const LogMoverOptions options_;
  PartitionTable& partitions_;
  log::LogDirs& logs_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::set<TopicPartition> waiting_, moving_;
  std::shared_ptr<log::Throttle> throttle_;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace samsa::replica
