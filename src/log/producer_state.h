#pragma once
// What the log remembers of idempotent and transactional producers. Not synchronised: the log's
// mutex guards it.

#include <deque>
#include <filesystem>
#include <map>
#include <unordered_map>

#include "log/log.h"
#include "record/batch.h"

namespace samsa::log {

struct CachedBatch {
  int32_t last_sequence = k_no_sequence;
  Offset last_offset = k_no_offset;
  int32_t offset_delta = 0;
  int64_t timestamp_ms = k_no_timestamp_ms;
  int32_t first_sequence() const { return record::retreat_sequence(last_sequence, offset_delta); }
  Offset first_offset() const { return last_offset - int64_t{offset_delta}; }
};

struct ProducerEntry {
  ProducerEpoch epoch = k_no_producer_epoch;
  int32_t coordinator_epoch = -1;
  int64_t last_timestamp_ms = k_no_timestamp_ms;
  Offset transaction_start = k_no_offset;
  std::deque<CachedBatch> batches;  // the last five
  int32_t last_sequence() const {
    return batches.empty() ? k_no_sequence : batches.back().last_sequence;
  }
};

struct CompletedTransaction {
  ProducerId producer_id;
  Offset first_offset;
  Offset last_offset;
  bool aborted = false;
};

class ProducerState {
 public:
  // Changes of one append, applied only once it is written.
  struct Update {
    std::map<int64_t, ProducerEntry> entries;
    std::vector<CompletedTransaction> completed;
    std::vector<std::pair<Offset, ProducerId>> started;
    std::optional<CachedBatch> duplicate;
  };

  explicit ProducerState(TopicPartition tp) : tp_(std::move(tp)) {}
  // Checks the batch against the state and what the update already has, and adds it there.
  Result<void> add(Update& update, record::BatchView batch, Origin origin) const;
  void apply(const Update& update);
  // Where the last stable offset stands once this transaction is complete.
  Offset last_stable_after(const CompletedTransaction& done) const;
  void complete(const CompletedTransaction& done);
  void high_watermark_moved(Offset to);
  std::optional<Offset> first_unstable() const;
  void remove_expired(int64_t now_ms, int64_t expiration_ms);
  void clear();
  bool empty() const { return entries_.empty() && ongoing_.empty() && unreplicated_.empty(); }
  // Everything below has been seen.
  Offset end() const { return end_; }
  void set_end(Offset end) { end_ = end; }
  int64_t size() const { return static_cast<int64_t>(entries_.size()); }
  const std::unordered_map<int64_t, ProducerEntry>& entries() const { return entries_; }

  Bytes encode() const;
  // KAFKA_STORAGE_ERROR for a malformed one.
  Result<void> decode(BytesView snapshot, int64_t now_ms, int64_t expiration_ms);

 private:
  Result<void> check(const ProducerEntry& now, record::BatchView batch, Origin origin) const;
  Result<void> end_transaction(Update& update, ProducerEntry& entry, record::BatchView batch,
                               Origin origin) const;
  TopicPartition tp_;
  Offset end_{0};
  std::unordered_map<int64_t, ProducerEntry> entries_;
  std::map<Offset, ProducerId> ongoing_;
  // Complete, but the marker is not below the high watermark: first offset to marker.
  std::map<Offset, Offset> unreplicated_;
};

}  // namespace samsa::log
