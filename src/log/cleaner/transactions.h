#pragma once
// Transactions as the cleaner meets them, batch by batch in the order of offsets: which data was
// aborted, and which markers have nothing left to mark. Pure; one pass's.

#include <map>
#include <set>
#include <span>
#include <vector>

#include "base/errc.h"
#include "log/log.h"
#include "record/batch.h"

namespace samsa::log {

class CleanedTransactions {
 public:
  // What the transaction indexes tell of a range that is met next. Those that were told before may
  // be told again while they are open.
  void add_aborted(std::span<const AbortedTransaction> transactions);

  // Whether the batch is part of an aborted transaction, so that its records may go.
  bool on_data(record::BatchView batch);
  // Whether the batch has nothing left to mark. Errors: a malformed marker.
  Result<bool> on_control(record::BatchView batch);

  // The aborted transactions whose markers have stayed, since the last call: the entries of the new
  // segment's index.
  std::vector<AbortedTransaction> take_retained();

 private:
  struct Ongoing {
    AbortedTransaction transaction;
    bool has_batches = false;
  };
  void open_up_to(Offset offset);

  std::multimap<Offset, AbortedTransaction> ahead_;  // by first offset
  std::map<ProducerId, Ongoing> aborted_;
  std::set<ProducerId> committed_;  // or of an outcome that is not known yet
  std::vector<AbortedTransaction> retained_;
};

}  // namespace samsa::log
