#pragma once
// All logs of a broker in all its log directories.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "log/checkpoint.h"
#include "log/cleaner/cleaner.h"
#include "log/log.h"

namespace samsa::metrics {
class Registry;
}

namespace samsa::log {

// meta.properties of one directory; absent fields were not in the file.
struct MetaProperties {
  std::optional<BrokerId> broker_id;
  std::optional<std::string> cluster_id;
  friend bool operator==(const MetaProperties&, const MetaProperties&) = default;
};
// Nothing when there is no file; INVALID_CONFIG for one that makes no sense.
Result<std::optional<MetaProperties>> read_meta_properties(const std::string& log_dir);
Result<void> write_meta_properties(const std::string& log_dir, const MetaProperties& meta);

class LogDirs;

struct LogDirsOptions {
  std::vector<std::string> dirs;
  LogConfig defaults;
  // The settings of a topic found on disk.
  std::function<LogConfig(const std::string& topic)> config_of;
  int recovery_threads_per_dir = 1;
  int64_t retention_check_ms = 5 * 60 * 1000;
  int64_t flush_check_ms = 1000;
  int64_t recovery_point_checkpoint_ms = 60'000;
  int64_t log_start_checkpoint_ms = 60'000;
  int64_t high_watermark_checkpoint_ms = 5000;
  // Absent (log.cleaner.enable=false): compacted logs are neither compacted nor subject to
  // retention.
  std::optional<CleanerOptions> cleaner;
  Clock* clock = &Clock::system();
  // Where the logs, the directories and a recovery are to be seen, already while opening; nowhere
  // when null.
  metrics::Registry* metrics = nullptr;
  // Whether the directories are for whoever opens them: asked when they are locked, and before
  // anything in them is changed. Its error is that of open(). Not asked when null.
  std::function<Result<void>(const LogDirs&)> admit;
  // A directory went offline, also while opening. Its logs are fenced by then. `live` is how many
  // directories are left. Called from wherever that was noticed, so it must not use the logs.
  std::function<void(const std::string& dir, const Error&, size_t live)> on_dir_failure;
};

class LogDirs {
 public:
  // Creates, locks and loads the directories. Fails only when none is usable, one is locked by
  // another process, or they are not admitted; the others that failed are offline_dirs().
  static Result<std::unique_ptr<LogDirs>> open(LogDirsOptions options);
  // Without close(): as after a crash, no marker is left.
  ~LogDirs();
  LogDirs(const LogDirs&) = delete;
  LogDirs& operator=(const LogDirs&) = delete;

  // What meta.properties of the live directories agree on. Errors carry Kafka's sentences for
  // directories that disagree with each other or with the arguments. A directory whose file can't
  // be read or written goes offline.
  Result<MetaProperties> check_meta(std::optional<BrokerId> configured_id) const;
  static Result<void> check_cluster_id(const MetaProperties& stored, const std::string& cluster_id);
  Result<void> write_meta(const MetaProperties& meta);

  // Starts the background threads: retention, flush, checkpoints, deletion; and the cleaner's.
  void start();
  // In some directory a write has taken so long lately that the next one, and who waits for its
  // log's lock, should not hold up an event loop.
  bool is_slow() const;
  // What may be told of the cleaner while it runs. Nothing to do where there is none.
  void reconfigure_cleaner(const CleanerOptions& options);
  // Closes every log, writes the checkpoints, and the clean-shutdown marker in each directory
  // whose logs all closed well.
  Result<void> close();

  std::shared_ptr<Log> get(const TopicPartition& tp) const;
  // A new log goes to the live directory with the fewest, or to the next where that can't take it.
  // While a directory is offline, one that is not new to the cluster is KAFKA_STORAGE_ERROR: its
  // records may lie there (KIP-112).
  Result<std::shared_ptr<Log>> get_or_create(const TopicPartition& tp, const LogConfig& config,
                                             bool is_new = true);
  // Also those that are being moved here from another directory.
  std::vector<std::shared_ptr<Log>> all() const;
  // Its log lies in a directory that is offline, as far as anybody can tell: it was there, or was
  // asked for and could not be had. So it stays until the next start.
  bool is_unreachable(const TopicPartition& tp) const;

  // Moving a log to another directory (KIP-113): a future log is filled from the current one, in
  // another directory of this broker, and takes its place at the end. One that an earlier process
  // began is there after open().
  std::shared_ptr<Log> future(const TopicPartition& tp) const;
  // Where the log, or its future one, is to be made; nothing to do where one of them is already.
  void prefer(const TopicPartition& tp, const std::string& dir);
  // Null where the current one is in that directory already. KAFKA_STORAGE_ERROR without a current
  // log, and while any directory is offline: a future log may lie there. The current one is not
  // cleaned meanwhile.
  Result<std::shared_ptr<Log>> get_or_create_future(const TopicPartition& tp,
                                                    const std::string& dir,
                                                    const LogConfig& config);
  // This future log, which has come to the same end, becomes the current one. The former one is in
  // no list any more and goes with retire_former(). Nobody may append to either of them or truncate
  // it during the call. KAFKA_STORAGE_ERROR where one of them is not what it was, or the directory
  // can't be renamed.
  Result<void> replace_by_future(const std::shared_ptr<Log>& copy);
  // Before it and, where it fails, after it: prepares the start after a crash. Both wait for the
  // disks; appends may go on.
  Result<void> begin_replacement(const std::shared_ptr<Log>& copy);
  void give_replacement_up(const TopicPartition& tp);
  // Once what is known of the log is written where it is now.
  void retire_former(const TopicPartition& tp);
  // The move is given up. Nothing to do for an unknown one.
  Result<void> remove_future(const TopicPartition& tp);

  // Renames the directory now, and that of a future log; the files go after file.delete.delay.ms.
  // Nothing to do for an unknown log; KAFKA_STORAGE_ERROR for one whose directory is offline.
  Result<void> remove(const TopicPartition& tp);

  std::vector<std::string> live_dirs() const;
  std::vector<std::string> offline_dirs() const;
  // The log.dirs entry that a log lives in.
  static std::string parent_of(const Log& log);

  // The checkpoints, which the background thread and close() write. What they say is taken from the
  // logs themselves, so that one that moved to another directory takes its high watermark along
  // (KAFKA-9263).
  // A directory that can't take its checkpoint goes offline.
  void write_high_watermarks();
  void write_recovery_points();
  void write_log_starts();
  void write_first_dirty_offsets();

 private:
  struct State;
  explicit LogDirs(std::unique_ptr<State> state);
  // Under the creation mutex. The one that is preferred for this log; else the live ones, the one
  // with the fewest logs first, of equals the one that log.dirs names first.
  std::vector<std::string> dirs_for(const TopicPartition& tp) const;
  // Those that a cleaner may choose from.
  std::vector<std::shared_ptr<Log>> current() const;
  std::unique_ptr<State> state_;
};

}  // namespace samsa::log
