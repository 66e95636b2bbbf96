#pragma once
// What the records of one partition of __consumer_offsets, read from its start to its end, leave of
// its groups. Pure.

#include <map>
#include <string>

#include "group/core/offset_book.h"
#include "record/batch.h"

namespace samsa::group {

struct LoadedGroup {
  // Nothing for a group that only keeps offsets here.
  std::optional<GroupValue> generation;
  CommittedOffsets offsets;
  std::map<ProducerId, CommittedOffsets> open_transactions;
};

class LogReplay {
 public:
  // Batches in the order of the log. A record that can't be read is left out and counted.
  void apply(record::BatchView batch);
  std::map<std::string, LoadedGroup> take();
  int64_t skipped() const { return skipped_; }
  const std::string& last_reason() const { return last_reason_; }

 private:
  using OffsetsByGroup = std::map<std::string, CommittedOffsets>;

  void apply_control(record::BatchView batch);
  Result<void> apply_record(record::BatchView batch, Offset batch_offset, BytesView key,
                            std::optional<BytesView> value);
  void skip(const Error& why);

  std::map<std::string, GroupValue> generations_;
  OffsetsByGroup offsets_;
  std::map<ProducerId, OffsetsByGroup> open_;
  int64_t skipped_ = 0;
  std::string last_reason_;
};

}  // namespace samsa::group
