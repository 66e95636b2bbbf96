#pragma once
// What is left of a batch once it is cleaned. Pure; one pass's.

#include <optional>
#include <unordered_map>

#include "log/cleaner/key_map.h"
#include "log/cleaner/transactions.h"
#include "record/record.h"

namespace samsa::log {

// The end of what a producer that is still remembered has written.
struct LastRecord {
  std::optional<Offset> data_offset;  // none: a marker came last
  ProducerEpoch epoch;
};
using LastRecords = std::unordered_map<ProducerId, LastRecord>;

class BatchFilter {
 public:
  struct Counts {
    int64_t records_read = 0;
    int64_t records_kept = 0;
    int64_t bytes_read = 0;
    int64_t bytes_kept = 0;
    int64_t records_without_key = 0;
  };
  struct Rules {
    const LastRecords& last_records;
    // Tombstones and markers may not go yet: their segment is younger than delete.retention.ms
    // before the end of what was cleaned before.
    bool keeps_deletes = true;
    // Where this round of cleaning ends. Its last batch stays, if only as a header, or a broker
    // that loses the active segment would give its offsets out again (KAFKA-17076).
    Offset round_end;
  };

  BatchFilter(const KeyMap& latest, CleanedTransactions& transactions,
              const record::ReadLimits& limits = {})
      : latest_(latest), transactions_(transactions), limits_(limits) {}

  // Appends what is left of the batch, with its offsets, in its own format and codec. Batches must
  // come in the order of offsets, none left out. Errors: a batch that can't be read.
  Result<void> filter(record::BatchView batch, const Rules& rules, Bytes& out);
  const Counts& counts() const { return counts_; }

 private:
  enum class Fate { records_decide, records_decide_header_stays, header_stays, goes };
  Result<Fate> fate_of(record::BatchView batch, const Rules& rules);
  bool is_past_the_map(record::BatchView batch) const;
  bool keeps(record::BatchView batch, const record::Record& record, const Rules& rules);
  Result<void> rebuild(record::BatchView batch, const Rules& rules, Bytes& out);

  const KeyMap& latest_;
  CleanedTransactions& transactions_;
  const record::ReadLimits limits_;
  Counts counts_;
};

}  // namespace samsa::log
