#include "log/cleaner/transactions.h"

#include "record/record.h"

namespace samsa::log {

void CleanedTransactions::add_aborted(std::span<const AbortedTransaction> transactions) {
  for (const auto& one : transactions) ahead_.emplace(one.first_offset, one);
}

void CleanedTransactions::open_up_to(Offset offset) {
  while (!ahead_.empty() && ahead_.begin()->first <= offset) {
    const AbortedTransaction& next = ahead_.begin()->second;
    aborted_.try_emplace(next.producer_id, Ongoing{next});
    ahead_.erase(ahead_.begin());
  }
}

bool CleanedTransactions::on_data(record::BatchView batch) {
  open_up_to(batch.last_offset());
  if (!batch.is_transactional()) return false;
  const auto ongoing = aborted_.find(batch.producer_id());
  if (ongoing == aborted_.end()) {
    committed_.insert(batch.producer_id());
    return false;
  }
  ongoing->second.has_batches = true;
  return true;
}

Result<bool> CleanedTransactions::on_control(record::BatchView batch) {
  open_up_to(batch.last_offset());
  record::RecordReader reader{batch};
  auto first = reader.next();
  if (!first) return first.error();
  if (*first == nullptr) return true;  // emptied before
  auto type = record::parse_control_key((*first)->key.value_or(BytesView{}));
  if (!type) return type.error();
  if (*type == record::ControlType::commit) return committed_.erase(batch.producer_id()) == 0;
  if (*type != record::ControlType::abort) return false;
  const auto ongoing = aborted_.extract(batch.producer_id());
  if (ongoing.empty() || !ongoing.mapped().has_batches) return true;
  retained_.push_back(ongoing.mapped().transaction);
  return false;
}

std::vector<AbortedTransaction> CleanedTransactions::take_retained() {
  return std::exchange(retained_, {});
}

}  // namespace samsa::log
