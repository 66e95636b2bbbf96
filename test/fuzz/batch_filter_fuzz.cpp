// Any bytes as a segment that is cleaned: the first byte chooses the rules. What is left must be
// whole batches in the order and within the offsets of what there was.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "log/cleaner/batch_filter.h"

using namespace samsa;
using namespace samsa::log;

namespace {

constexpr size_t k_max_decompressed_bytes = 1 << 20;

void mend_checksums(Bytes& bytes) {
  record::MutableBatchIterator batches{std::span<char>(bytes)};
  for (auto batch = batches.next(); batch && *batch; batch = batches.next()) {
    const size_t at = (*batch)->is_v2() ? record::layout::k_crc : record::layout::k_legacy_crc;
    const uint32_t crc = (*batch)->computed_crc();
    store_be(bytes.data() + ((*batch)->bytes().data() - bytes.data()) + at, crc);
  }
}

// The batch may have gone, or be there once.
void check(record::BatchView batch, BytesView left) {
  if (left.empty()) return;
  auto one = record::BatchView::parse(left);
  // A run of messages of an old format may come out of one that wrapped them wrongly.
  if (!one || (batch.is_v2() && one->size_in_bytes() != left.size())) std::abort();
  if (!batch.is_v2()) return;
  if (one->base_offset() != batch.base_offset() || one->last_offset() != batch.last_offset() ||
      one->producer_id() != batch.producer_id() || one->base_sequence() != batch.base_sequence())
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  Bytes bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  mend_checksums(bytes);
  static KeyMap map{24 * 64};
  if (!map.reset()) std::abort();
  for (const char* key : {"", "k", "key", "key-1"}) map.put(key, Offset{data[1]});
  map.set_latest_offset(Offset{(data[0] & 1) != 0 ? INT64_MAX : 3});
  LastRecords last;
  if ((data[0] & 2) != 0) last[ProducerId{1}] = {.data_offset = Offset{0}};
  if ((data[0] & 4) != 0) last[ProducerId{0}] = {.epoch = ProducerEpoch{0}};
  CleanedTransactions transactions;
  const std::vector<AbortedTransaction> aborted{
      {ProducerId{data[1]}, Offset{0}, Offset{9}, Offset{9}}};
  if ((data[0] & 8) != 0) transactions.add_aborted(aborted);
  const BatchFilter::Rules rules{.last_records = last,
                                 .keeps_deletes = (data[0] & 16) == 0,
                                 .round_end = Offset{(data[0] & 32) != 0 ? 1 : -1}};
  BatchFilter filter{map, transactions, {k_max_decompressed_bytes}};
  auto seen = record::for_each_batch(bytes, [&](record::BatchView batch) -> Result<void> {
    Bytes left;
    auto filtered = filter.filter(batch, rules, left);
    if (filtered) check(batch, left);
    return filtered;
  });
  static_cast<void>(seen);
  return 0;
}
