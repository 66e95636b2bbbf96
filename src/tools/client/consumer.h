#pragma once
// A consumer without threads: assigned partitions or a group's subscription, one record at a time.

#include <deque>
#include <memory>
#include <span>

#include "protocol/messages/fetch.h"
#include "record/batch.h"
#include "record/record.h"
#include "tools/client/cluster.h"
#include "tools/client/group_member.h"
#include "tools/client/java_pattern.h"
#include "tools/client/offsets.h"

namespace samsa::tools::client {

enum class OffsetReset { earliest, latest, none };

struct ConsumerConfig {
  std::string group_id;
  GroupOptions group;
  bool auto_commit = true;
  milliseconds auto_commit_interval{5'000};
  OffsetReset reset = OffsetReset::latest;
  bool read_committed = false;
  bool check_crcs = true;
  bool exclude_internal_topics = true;
  bool allow_topic_creation = true;
  int32_t fetch_max_wait_ms = 500;
  int32_t fetch_min_bytes = 1;
  int32_t fetch_max_bytes = 50 * 1024 * 1024;
  int32_t partition_max_bytes = 1024 * 1024;
  milliseconds metadata_max_age{300'000};

  // INVALID_CONFIG with Kafka's sentence.
  static Result<ConsumerConfig> from(const Properties& properties);
};

using FetchedPartition =
    std::decay_t<decltype(protocol::FetchResponse{}.responses[0].partition_responses[0])>;
using AbortedTransaction = std::decay_t<decltype((*FetchedPartition{}.aborted_transactions)[0])>;

// Views, valid until the next call of the consumer.
struct ConsumedRecord {
  const TopicPartition* partition = nullptr;
  int64_t offset = 0;
  int64_t timestamp_ms = -1;
  record::TimestampType timestamp_type = record::TimestampType::none;
  std::optional<BytesView> key;
  std::optional<BytesView> value;
  std::span<const record::Header> headers;
};

// Not synchronised.
class Consumer {
 public:
  Consumer(Cluster& cluster, const ConsumerConfig& config);
  ~Consumer();

  // One of these, once.
  void subscribe(std::vector<std::string> topics);
  // Every topic whose whole name matches; noticed as they come.
  void subscribe_matching(JavaPattern pattern);
  void assign(const std::vector<TopicPartition>& partitions);

  // Where an assigned partition is read from: an offset, or k_earliest_timestamp or
  // k_latest_timestamp.
  void seek(const TopicPartition& tp, int64_t offset);
  void seek_to(const TopicPartition& tp, int64_t timestamp);

  // The next record; null when there is none by the time, or when interrupted.
  Result<const ConsumedRecord*> next(SteadyTime until);

  // Commits what was handed out, leaves the group.
  void close();

  // Time between giving up partitions and having new ones, summed; for measurements.
  milliseconds rebalance_time() const { return rebalance_time_; }

 private:
  struct Position {
    // Where the next record comes from; nothing: to be found out.
    std::optional<int64_t> offset;
    // Find it by this instead of a committed offset.
    std::optional<int64_t> reset_timestamp;
    bool fetching = false;
    bool buffered = false;
    SteadyTime not_before;
  };
  struct Fetched {
    TopicPartition partition;
    Bytes records;  // its own: the connection's buffer is used again
    std::vector<AbortedTransaction> aborted;
    size_t at = 0;
    std::set<int64_t> aborted_producers;
  };

  Result<void> maintain();
  Result<void> drive_group();
  Result<void> refresh_metadata();
  Result<void> resolve_positions();
  Result<void> fetch_committed(std::vector<TopicPartition> unknown);
  void adopt(const std::vector<TopicPartition>& partitions);
  void send_fetches();
  void on_fetched(int32_t node, const std::vector<TopicPartition>& asked,
                  Result<protocol::FetchResponse> answer);
  void take_partition(const std::string& topic, const FetchedPartition& partition);
  void on_fetch_error(const TopicPartition& tp, Position& position, Errc code);
  // Opens the next batch of the buffered data that is to be read; false when there is none.
  Result<bool> open_batch();
  bool is_aborted(Fetched& fetched, const record::BatchView& batch) const;
  void finish_fetched();
  Result<const ConsumedRecord*> take_record();
  void commit(SteadyTime deadline);
  SteadyTime next_wake(SteadyTime until) const;

  Cluster& cluster_;
  ConsumerConfig config_;
  std::optional<GroupMember> member_;
  std::vector<std::string> topics_;
  std::optional<JavaPattern> pattern_;
  std::map<TopicPartition, Position> positions_;
  std::map<TopicPartition, int64_t> committed_;
  ClusterImage image_;
  bool metadata_wanted_ = true;
  SteadyTime metadata_again_;
  SteadyTime metadata_not_before_;
  std::set<int32_t> fetching_nodes_;
  uint64_t assignment_round_ = 0;
  std::deque<Fetched> fetched_;
  std::optional<record::BatchView> batch_;
  std::optional<record::RecordReader> reader_;
  ConsumedRecord current_;
  SteadyTime next_commit_;
  SteadyTime next_maintenance_;
  std::optional<Error> failure_;
  std::optional<SteadyTime> rebalance_start_;
  milliseconds rebalance_time_{0};
  int32_t metadata_count_ = 0;
};

}  // namespace samsa::tools::client
