#pragma once
// The coordinator's records on their way into __consumer_offsets.

#include "group/options.h"
#include "replica/partition_table.h"

namespace samsa::group {

struct LogRecord {
  Bytes key;
  std::optional<Bytes> value;  // nothing: a tombstone
};

// Any thread.
class OffsetsLog {
 public:
  using Pending = replica::PartitionTable::Pending;

  OffsetsLog(const Options& options, replica::PartitionTable& partitions)
      : options_(options), partitions_(partitions) {}

  // One generation of a group.
  Result<Pending> append_group(int32_t partition, const std::string& group, const GroupValue& value,
                               int64_t now_ms);
  // What one commit holds.
  Result<Pending> append_offsets(int32_t partition, const std::string& group,
                                 const Commits& commits, int64_t now_ms);
  // Not waited for: what is lost of it is written again at the next occasion.
  Result<void> append_tombstones(int32_t partition, const std::string& group,
                                 const std::vector<TopicPartition>& offsets, bool with_group,
                                 int64_t now_ms);

  // Whether this broker leads the partition.
  bool is_led_here(int32_t partition) const;
  static Result<bool> is_done(const Pending& pending) {
    return replica::PartitionTable::is_done(pending);
  }
  runtime::Task<Errc> await(Pending pending, SteadyTime now) {
    return replica::PartitionTable::await(std::move(pending),
                                          now + milliseconds(options_.commit_timeout_ms));
  }

  // What a member sees of a write that failed.
  static Errc error_of_store(Errc append_error);
  static Errc error_of_commit(Errc append_error);

 private:
  Result<Pending> append(int32_t partition, const std::vector<LogRecord>& records,
                         int32_t base_sequence, int16_t acks, int64_t now_ms);

  const Options& options_;
  replica::PartitionTable& partitions_;
};

}  // namespace samsa::group
