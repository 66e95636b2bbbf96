#pragma once
// A producer without threads: records gather in batches and leave while the caller polls.

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <span>

#include "protocol/messages/produce.h"
#include "record/builder.h"
#include "tools/client/cluster.h"

namespace samsa::tools::client {

struct ProducerConfig {
  int16_t acks = 1;
  milliseconds linger{0};
  size_t batch_size = 16'384;
  size_t buffer_memory = 32 * 1024 * 1024;
  size_t max_request_size = 1'048'576;
  milliseconds max_block{60'000};
  milliseconds request_timeout{30'000};
  milliseconds delivery_timeout{120'000};
  milliseconds retry_backoff{100};
  milliseconds metadata_max_age{300'000};
  int32_t retries = INT32_MAX;
  size_t max_in_flight = 5;
  record::Codec codec = record::Codec::none;
  bool idempotent = false;

  // INVALID_CONFIG with Kafka's sentence.
  static Result<ProducerConfig> from(const Properties& properties);
};

struct OutgoingRecord {
  std::string_view topic;
  std::optional<int32_t> partition;
  std::optional<BytesView> key;
  std::optional<BytesView> value;
  std::span<const record::Header> headers;
  // Now, where not given.
  std::optional<int64_t> timestamp_ms;
};

struct Delivery {
  TopicPartition partition;
  // -1 with acks 0.
  int64_t offset = -1;
};
using Delivered = std::function<void(const Result<Delivery>&)>;

// The partition of a keyed record: the same for every client of Kafka.
int32_t partition_for_key(BytesView key, int32_t partitions);

// Not synchronised. Deliveries are reported from inside poll(), send() and flush(), and must not
// call back in.
class Producer {
 public:
  Producer(Cluster& cluster, const ProducerConfig& config);

  // Copies the record. Waits up to max.block.ms for metadata and memory. An error means that the
  // record was not taken and `delivered` will not be called.
  Result<void> send(const OutgoingRecord& record, Delivered delivered);
  // Works until the time, or until the watched descriptor has something; true for that.
  bool poll(SteadyTime until, int watched = -1);
  // Waits until everything taken is delivered or has failed.
  void flush();

  size_t unsent_bytes() const { return buffered_; }

 private:
  struct Batch {
    TopicPartition partition;
    std::unique_ptr<record::BatchBuilder> builder;
    std::vector<Delivered> deliveries;
    SteadyTime created;
    SteadyTime not_before;
    int32_t attempts = 0;
    size_t reserved = 0;
    Bytes bytes;  // once closed
  };
  using BatchPtr = std::shared_ptr<Batch>;
  struct PartitionQueue {
    // The last one may be open.
    std::deque<BatchPtr> batches;
    int32_t next_sequence = 0;
  };

  Result<const TopicState*> topic(const std::string& name);
  int32_t choose_partition(const OutgoingRecord& record, const TopicState& topic);
  int32_t next_sticky(const std::string& name, const TopicState& topic);
  BatchPtr open_batch(const TopicPartition& tp) const;
  void append(const TopicPartition& tp, const OutgoingRecord& record, Delivered delivered);
  Result<void> ensure_producer_id(SteadyTime deadline);
  Result<void> wait_for_memory(size_t size, SteadyTime deadline);
  void close_batch(Batch& batch);
  void pump();
  bool ready(const Batch& batch, size_t behind, SteadyTime now) const;
  std::optional<int32_t> leader_of(const TopicPartition& tp) const;
  void transmit(int32_t node, std::vector<BatchPtr> batches);
  void on_answer(const std::vector<BatchPtr>& batches,
                 const Result<protocol::ProduceResponse>& answer);
  void settle(const BatchPtr& batch, Errc code, const std::string& message, int64_t offset);
  void retry(const BatchPtr& batch, Errc code);
  void finish(const BatchPtr& batch, const Result<Delivery>& outcome);
  void refresh_metadata();
  void expire(SteadyTime now);
  SteadyTime next_wake(SteadyTime until) const;

  Cluster& cluster_;
  ProducerConfig config_;
  std::map<TopicPartition, PartitionQueue> queues_;
  ClusterImage image_;
  std::set<std::string> topics_;
  std::map<std::string, int32_t, std::less<>> sticky_;
  bool metadata_wanted_ = false;
  bool metadata_asked_ = false;
  SteadyTime metadata_again_;
  size_t buffered_ = 0;
  size_t batches_alive_ = 0;
  bool flushing_ = false;
  // A full batch waits to be sent.
  bool batch_closed_ = false;
  int64_t producer_id_ = -1;
  int16_t producer_epoch_ = -1;
  int32_t produce_count_ = 0;
  std::mt19937 random_{std::random_device{}()};
};

}  // namespace samsa::tools::client
