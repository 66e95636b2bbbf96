#pragma once
// What a group has committed, and what is on its way into the log.

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/types.h"
#include "group/records/offset_record.h"

namespace samsa::group {

// A commit and where its batch stands in the log; with transactions in play, the later one in the
// log wins, whatever came in first.
struct Committed {
  std::optional<Offset> appended_at;
  OffsetAndMetadata value;
  bool is_older_than(const Committed& other) const { return appended_at < other.appended_at; }
  friend bool operator==(const Committed&, const Committed&) = default;
};

using CommittedOffsets = std::map<TopicPartition, Committed>;
using Commits = std::vector<std::pair<TopicPartition, OffsetAndMetadata>>;

class OffsetBook {
 public:
  // As read from the log.
  void load(CommittedOffsets committed, std::map<ProducerId, CommittedOffsets> open_transactions);

  // A commit goes to the log; then it is there, or has failed.
  void begin(const Commits& commits);
  void appended(const Commits& commits, Offset at);
  void failed(const Commits& commits);

  // A producer's commits, which count once its transaction is committed.
  void begin(ProducerId producer, const Commits& commits);
  void appended(ProducerId producer, const Commits& commits, Offset at);
  void failed(ProducerId producer, const Commits& commits);
  void end_transaction(ProducerId producer, bool committed);

  const OffsetAndMetadata* find(const TopicPartition& partition) const;
  const CommittedOffsets& committed() const { return committed_; }
  // A commit of it is on its way or its transaction is open (KIP-447).
  bool is_unsettled(const TopicPartition& partition) const;
  bool empty() const { return committed_.empty() && on_the_way_.empty() && open_.empty(); }

  // Those of them that were committed.
  std::vector<TopicPartition> remove(const std::vector<TopicPartition>& partitions);
  std::vector<TopicPartition> remove_if(
      const std::function<bool(const TopicPartition&)>& condition);
  // Those whose retention is over: by their own expiry time, or counted from `since`. A partition
  // with a commit on its way stays.
  std::vector<TopicPartition> expire(
      int64_t now_ms, int64_t retention_ms,
      const std::function<std::optional<int64_t>(const TopicPartition&, const OffsetAndMetadata&)>&
          since);

 private:
  CommittedOffsets committed_;
  std::map<TopicPartition, OffsetAndMetadata> on_the_way_;
  std::map<ProducerId, CommittedOffsets> open_;
};

}  // namespace samsa::group
