#include "tools/client/producer.h"

#include <algorithm>

#include "base/java_hash.h"
#include "protocol/messages/init_producer_id.h"

namespace samsa::tools::client {

namespace {

constexpr std::string_view k_sender = "org.apache.kafka.clients.producer.internals.Sender";
// What Kafka's producer reckons with for a record's framing: a batch's header, and the most that a
// record's own numbers take.
constexpr size_t k_batch_overhead = 61;
constexpr size_t k_record_overhead = 21;

size_t sized(const std::optional<BytesView>& bytes) {
  if (!bytes) return 1;
  return static_cast<size_t>(size_of_varint(static_cast<int32_t>(bytes->size()))) + bytes->size();
}

// The most that the record may take when it is alone in its batch.
size_t upper_bound_of(const OutgoingRecord& record) {
  size_t size = k_batch_overhead + k_record_overhead + sized(record.key) + sized(record.value) +
                static_cast<size_t>(size_of_varint(static_cast<int32_t>(record.headers.size())));
  for (const auto& header : record.headers) size += sized(header.key) + sized(header.value);
  return size;
}

bool passes(Errc code) {
  return is_retriable(code) || code == Errc::request_timed_out || code == Errc::network_exception;
}
bool is_about_metadata(Errc code) {
  return code == Errc::not_leader_or_follower || code == Errc::leader_not_available ||
         code == Errc::unknown_topic_or_partition || code == Errc::kafka_storage_error ||
         code == Errc::network_exception || code == Errc::replica_not_available ||
         code == Errc::request_timed_out;
}

}  // namespace

int32_t partition_for_key(BytesView key, int32_t partitions) {
  return (murmur2(key) & INT32_MAX) % partitions;
}

Producer::Producer(Cluster& cluster, const ProducerConfig& config)
    : cluster_(cluster), config_(config) {}

Result<const TopicState*> Producer::topic(const std::string& name) {
  auto known = [&]() -> const TopicState* {
    auto found = image_.topics.find(name);
    if (found == image_.topics.end() || found->second.partitions.empty()) return nullptr;
    return &found->second;
  };
  if (const TopicState* state = known()) return state;
  topics_.insert(name);
  const SteadyTime deadline = Cluster::now() + config_.max_block;
  for (;;) {
    auto image = cluster_.metadata(topics_, true, deadline);
    if (image) {
      image_ = std::move(*image);
      metadata_again_ = Cluster::now() + config_.metadata_max_age;
      if (const TopicState* state = known()) return state;
      const Errc code = image_.topics[name].error;
      if (code == Errc::invalid_topic_exception) {
        return Error{code, "Invalid topics: [" + name + "]"};
      }
      if (code == Errc::topic_authorization_failed) {
        return Error{code, "Not authorized to access topics: [" + name + "]"};
      }
      cluster_.network().warn("Error while fetching metadata with correlation id " +
                                  std::to_string(++produce_count_) + " : {" + name + "=" +
                                  std::string(name_of(code)) + "}",
                              "org.apache.kafka.clients.NetworkClient");
    }
    if (cluster_.network().interrupted()) return Network::interruption();
    if (!image || Cluster::now() + config_.retry_backoff >= deadline) {
      return Error{Errc::request_timed_out, "Topic " + name + " not present in metadata after " +
                                                std::to_string(config_.max_block.count()) + " ms."};
    }
    cluster_.network().pause(config_.retry_backoff);
  }
}

int32_t Producer::next_sticky(const std::string& name, const TopicState& topic) {
  std::vector<int32_t> available;
  for (const auto& [id, state] : topic.partitions) {
    if (state.leader >= 0) available.push_back(id);
  }
  const int32_t count = static_cast<int32_t>(topic.partitions.size());
  auto old = sticky_.find(name);
  int32_t next = 0;
  if (available.empty()) {
    next = static_cast<int32_t>(random_() % static_cast<uint32_t>(count));
  } else if (available.size() == 1) {
    next = available.front();
  } else {
    do {
      next = available[random_() % available.size()];
    } while (old != sticky_.end() && next == old->second);
  }
  return sticky_[name] = next;
}

int32_t Producer::choose_partition(const OutgoingRecord& record, const TopicState& topic) {
  if (record.partition) return *record.partition;
  if (record.key) {
    return partition_for_key(*record.key, static_cast<int32_t>(topic.partitions.size()));
  }
  std::string name(record.topic);
  auto sticky = sticky_.find(name);
  if (sticky == sticky_.end()) return next_sticky(name, topic);
  auto queue = queues_.find({name, sticky->second});
  const bool open = queue != queues_.end() && !queue->second.batches.empty() &&
                    queue->second.batches.back()->builder != nullptr;
  if (open) {
    const auto& builder = *queue->second.batches.back()->builder;
    const size_t more = builder.size_of(0, record.key, record.value, record.headers);
    if (builder.uncompressed_size() + more <= config_.batch_size) return sticky->second;
  }
  return next_sticky(name, topic);
}

Producer::BatchPtr Producer::open_batch(const TopicPartition& tp) const {
  auto batch = std::make_shared<Batch>();
  batch->partition = tp;
  batch->created = Cluster::now();
  record::BatchFields fields;
  fields.codec = config_.codec;
  if (config_.idempotent) {
    fields.producer_id = ProducerId{producer_id_};
    fields.producer_epoch = ProducerEpoch{producer_epoch_};
    auto queue = queues_.find(tp);
    fields.base_sequence = queue == queues_.end() ? 0 : queue->second.next_sequence;
  }
  batch->builder = std::make_unique<record::BatchBuilder>(fields);
  return batch;
}

void Producer::append(const TopicPartition& tp, const OutgoingRecord& record, Delivered delivered) {
  PartitionQueue& queue = queues_[tp];
  const int64_t timestamp = record.timestamp_ms.value_or(Clock::system().wall_ms());
  Batch* last = queue.batches.empty() ? nullptr : queue.batches.back().get();
  if (last != nullptr && last->builder != nullptr) {
    const size_t more = last->builder->size_of(timestamp, record.key, record.value, record.headers);
    if (last->builder->uncompressed_size() + more > config_.batch_size) {
      close_batch(*last);
      batch_closed_ = true;
    }
  }
  if (last == nullptr || last->builder == nullptr) {
    queue.batches.push_back(open_batch(tp));
    ++batches_alive_;
    last = queue.batches.back().get();
  }
  const size_t before = last->builder->uncompressed_size();
  last->builder->append(timestamp, record.key, record.value, record.headers);
  const size_t added = last->builder->uncompressed_size() - before;
  last->reserved += added;
  buffered_ += added;
  last->deliveries.push_back(std::move(delivered));
  ++queue.next_sequence;
  if (queue.next_sequence < 0) queue.next_sequence = 0;
}

Result<void> Producer::ensure_producer_id(SteadyTime deadline) {
  if (!config_.idempotent || producer_id_ >= 0) return ok();
  protocol::InitProducerIdRequest request;
  request.transactional_id.reset();
  request.transaction_timeout_ms = INT32_MAX;
  auto answer = cluster_.call_any(request, deadline);
  if (!answer) return answer.error();
  if (answer->error_code != 0) return Error{static_cast<Errc>(answer->error_code)};
  producer_id_ = answer->producer_id;
  producer_epoch_ = answer->producer_epoch;
  return ok();
}

Result<void> Producer::wait_for_memory(size_t size, SteadyTime deadline) {
  while (buffered_ > 0 && buffered_ + size > config_.buffer_memory) {
    if (cluster_.network().interrupted()) return Network::interruption();
    if (Cluster::now() >= deadline) {
      return Error{Errc::request_timed_out,
                   "Failed to allocate memory within the configured max blocking time " +
                       std::to_string(config_.max_block.count()) + " ms."};
    }
    poll(deadline);
  }
  return ok();
}

Result<void> Producer::send(const OutgoingRecord& record, Delivered delivered) {
  const SteadyTime deadline = Cluster::now() + config_.max_block;
  auto state = topic(std::string(record.topic));
  if (!state) return state.error();
  auto identified = ensure_producer_id(deadline);
  if (!identified) return identified;
  const size_t size = upper_bound_of(record);
  if (size > config_.max_request_size) {
    return Error{Errc::message_too_large,
                 "The message is " + std::to_string(size) +
                     " bytes when serialized which is larger than " +
                     std::to_string(config_.max_request_size) +
                     ", which is the value of the max.request.size configuration."};
  }
  if (size > config_.buffer_memory) {
    return Error{Errc::message_too_large,
                 "The message is " + std::to_string(size) +
                     " bytes when serialized which is larger than the total memory buffer you have "
                     "configured with the buffer.memory configuration."};
  }
  auto room = wait_for_memory(size, deadline);
  if (!room) return room;
  TopicPartition tp{std::string(record.topic), choose_partition(record, **state)};
  append(tp, record, std::move(delivered));
  if (std::exchange(batch_closed_, false)) poll(Cluster::now());
  return ok();
}

void Producer::close_batch(Batch& batch) {
  if (batch.builder == nullptr) return;
  auto bytes = batch.builder->build();
  batch.builder.reset();
  // A batch that cannot be built stays empty and fails when it is sent.
  if (bytes) batch.bytes = std::move(*bytes);
}

bool Producer::ready(const Batch& batch, size_t behind, SteadyTime now) const {
  if (now < batch.not_before) return false;
  if (batch.builder == nullptr || behind > 0 || flushing_) return true;
  return now >= batch.created + config_.linger ||
         batch.builder->uncompressed_size() >= config_.batch_size ||
         buffered_ >= config_.buffer_memory;
}

std::optional<int32_t> Producer::leader_of(const TopicPartition& tp) const {
  auto topic = image_.topics.find(tp.topic);
  if (topic == image_.topics.end()) return std::nullopt;
  auto partition = topic->second.partitions.find(tp.partition);
  if (partition == topic->second.partitions.end() || partition->second.leader < 0) {
    return std::nullopt;
  }
  if (!cluster_.network().knows(partition->second.leader)) return std::nullopt;
  return partition->second.leader;
}

void Producer::pump() {
  const SteadyTime now = Cluster::now();
  for (bool sent = true; sent;) {
    sent = false;
    std::map<int32_t, std::vector<BatchPtr>> by_node;
    std::map<int32_t, size_t> sizes;
    for (auto& [tp, queue] : queues_) {
      if (queue.batches.empty()) continue;
      BatchPtr& first = queue.batches.front();
      if (!ready(*first, queue.batches.size() - 1, now)) continue;
      auto node = leader_of(tp);
      if (!node) {
        metadata_wanted_ = true;
        continue;
      }
      if (cluster_.network().in_flight(*node) >= config_.max_in_flight) continue;
      close_batch(*first);
      size_t& size = sizes[*node];
      if (size > 0 && size + first->bytes.size() > config_.max_request_size) continue;
      size += first->bytes.size();
      by_node[*node].push_back(first);
      queue.batches.pop_front();
    }
    for (auto& [node, batches] : by_node) {
      transmit(node, std::move(batches));
      sent = true;
    }
  }
}

void Producer::transmit(int32_t node, std::vector<BatchPtr> batches) {
  protocol::ProduceRequest request;
  request.acks = config_.acks;
  request.timeout_ms = static_cast<int32_t>(config_.request_timeout.count());
  for (const BatchPtr& batch : batches) {
    if (request.topics.empty() || request.topics.back().name != batch->partition.topic) {
      request.topics.emplace_back().name = batch->partition.topic;
    }
    auto& partition = request.topics.back().partitions.emplace_back();
    partition.partition_index = batch->partition.partition;
    partition.records = protocol::RecordData(BytesView(batch->bytes));
  }
  const SteadyTime deadline = Cluster::now() + config_.request_timeout;
  if (config_.acks == 0) {
    cluster_.network().send_only<protocol::ProduceRequest>(
        node, request,
        [this, batches = std::move(batches)](Result<void> written) {
          const Errc code = written ? Errc::none : written.error().code;
          for (const BatchPtr& batch : batches) settle(batch, code, "", -1);
        },
        deadline);
    return;
  }
  cluster_.network().send<protocol::ProduceRequest>(
      node, request,
      [this, batches = std::move(batches)](Result<protocol::ProduceResponse> answer) {
        on_answer(batches, answer);
      },
      deadline);
}

void Producer::on_answer(const std::vector<BatchPtr>& batches,
                         const Result<protocol::ProduceResponse>& answer) {
  ++produce_count_;
  if (!answer) {
    for (const BatchPtr& batch : batches) {
      settle(batch, answer.error().code, answer.error().message, -1);
    }
    return;
  }
  std::map<TopicPartition, BatchPtr> open;
  for (const BatchPtr& batch : batches) open[batch->partition] = batch;
  for (const auto& topic : answer->responses) {
    for (const auto& partition : topic.partitions) {
      auto found = open.find({topic.name, partition.partition_index});
      if (found == open.end()) continue;
      settle(found->second, static_cast<Errc>(partition.error_code),
             partition.error_message.value_or(""), partition.base_offset);
      open.erase(found);
    }
  }
  for (const auto& [tp, batch] : open) settle(batch, Errc::unknown_server_error, "", -1);
}

void Producer::settle(const BatchPtr& batch, Errc code, const std::string& message,
                      int64_t offset) {
  const bool done = code == Errc::none || code == Errc::duplicate_sequence_number;
  if (done) return finish(batch, Delivery{batch->partition, offset});
  if (is_about_metadata(code)) metadata_wanted_ = true;
  const bool time_left = Cluster::now() < batch->created + config_.delivery_timeout;
  if (passes(code) && batch->attempts < config_.retries && time_left) return retry(batch, code);
  finish(batch, Error{code, message});
}

void Producer::retry(const BatchPtr& batch, Errc code) {
  ++batch->attempts;
  cluster_.network().warn("Got error produce response with correlation id " +
                              std::to_string(produce_count_) + " on topic-partition " +
                              batch->partition.to_string() + ", retrying (" +
                              std::to_string(config_.retries - batch->attempts) +
                              " attempts left). Error: " + std::string(name_of(code)),
                          k_sender);
  batch->not_before = Cluster::now() + config_.retry_backoff;
  // Before what was appended after it; several that come back keep their order by age.
  auto& batches = queues_[batch->partition].batches;
  auto at = std::find_if(batches.begin(), batches.end(),
                         [&](const BatchPtr& other) { return other->created > batch->created; });
  batches.insert(at, batch);
}

void Producer::finish(const BatchPtr& batch, const Result<Delivery>& outcome) {
  buffered_ -= batch->reserved;
  --batches_alive_;
  int64_t position = 0;
  for (Delivered& delivered : batch->deliveries) {
    if (!delivered) continue;
    if (outcome && outcome->offset >= 0) {
      delivered(Delivery{outcome->partition, outcome->offset + position});
    } else {
      delivered(outcome);
    }
    ++position;
  }
  // A gap in the sequence cannot be closed: start again under a new id.
  if (!outcome && config_.idempotent) {
    producer_id_ = -1;
    for (auto& [tp, queue] : queues_) queue.next_sequence = 0;
  }
}

void Producer::refresh_metadata() {
  const SteadyTime now = Cluster::now();
  if (metadata_asked_ || topics_.empty()) return;
  if (!metadata_wanted_ && now < metadata_again_) return;
  if (metadata_wanted_ && now + config_.metadata_max_age < metadata_again_) return;
  protocol::MetadataRequest request;
  request.topics.emplace();
  for (const std::string& name : topics_) request.topics->emplace_back().name = name;
  metadata_asked_ = true;
  const int32_t node = cluster_.any_node();
  cluster_.network().send<protocol::MetadataRequest>(
      node, request,
      [this, node](Result<protocol::MetadataResponse> answer) {
        metadata_asked_ = false;
        if (!answer) {
          cluster_.avoid(node);
        } else {
          image_ = cluster_.absorb(*answer);
          metadata_wanted_ = false;
        }
        // Not again at once, whatever the answer.
        metadata_again_ = Cluster::now() + config_.retry_backoff + config_.metadata_max_age;
      },
      now + config_.request_timeout);
}

void Producer::expire(SteadyTime now) {
  for (auto& [tp, queue] : queues_) {
    while (!queue.batches.empty()) {
      BatchPtr batch = queue.batches.front();
      const auto age = now - batch->created;
      if (age < config_.delivery_timeout) break;
      queue.batches.pop_front();
      const auto count = std::to_string(batch->deliveries.size());
      const auto spent = std::chrono::duration_cast<milliseconds>(age).count();
      finish(batch, Error{Errc::request_timed_out,
                          "Expiring " + count + " record(s) for " + tp.to_string() + ":" +
                              std::to_string(spent) + " ms has passed since batch creation"});
    }
  }
}

SteadyTime Producer::next_wake(SteadyTime until) const {
  for (const auto& [tp, queue] : queues_) {
    if (queue.batches.empty()) continue;
    const Batch& first = *queue.batches.front();
    const SteadyTime lingered = first.created + config_.linger;
    SteadyTime when = std::max(first.not_before, first.builder ? lingered : first.not_before);
    // Ready but held back by what is in flight, or by missing metadata: an answer will wake us.
    if (when <= Cluster::now()) when = Cluster::now() + config_.retry_backoff;
    until = std::min(until, when);
  }
  return until;
}

bool Producer::poll(SteadyTime until, int watched) {
  pump();
  refresh_metadata();
  const bool readable = cluster_.network().poll(next_wake(until), watched);
  expire(Cluster::now());
  pump();
  return readable;
}

void Producer::flush() {
  flushing_ = true;
  while (batches_alive_ > 0) poll(Cluster::now() + config_.request_timeout);
  flushing_ = false;
}

}  // namespace samsa::tools::client
