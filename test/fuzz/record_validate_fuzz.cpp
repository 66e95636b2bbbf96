// Any bytes as a produce request's records: first two bytes choose the rules, checksums are made
// good so that what lies behind them is reached.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "record/record.h"
#include "record/validate.h"

using namespace samsa;
using namespace samsa::record;

namespace {

const TopicPartition k_tp{"t", 0};

ValidationRules rules_of(uint8_t a, uint8_t b) {
  ValidationRules rules;
  rules.origin = (a & 1) != 0 ? Origin::coordinator : Origin::client;
  rules.magic = static_cast<int8_t>((a >> 1) % 3);
  if ((a & 0x10) != 0) rules.compression = static_cast<Codec>((a >> 5) % 5);
  rules.zstd_allowed = (b & 1) == 0;
  rules.timestamp_type = (b & 2) != 0 ? TimestampType::log_append_time : TimestampType::create_time;
  if ((b & 4) != 0) rules.timestamp_difference_max_ms = 1000;
  rules.compacted = (b & 8) != 0;
  rules.now_ms = 1'600'000'000'000;
  rules.limits = {4 << 20, 1 << 16};
  rules.max_rebuilt_size = 1 << 18;
  return rules;
}

void mend_checksums(Bytes& bytes) {
  MutableBatchIterator batches{std::span<char>(bytes)};
  for (auto batch = batches.next(); batch && *batch; batch = batches.next()) {
    const size_t at = (*batch)->is_v2() ? layout::k_crc : layout::k_legacy_crc;
    const uint32_t crc = (*batch)->computed_crc();
    store_be(bytes.data() + ((*batch)->bytes().data() - bytes.data()) + at, crc);
  }
}

// What a validator lets through has good checksums, and as many records as offsets were given out.
// (Kafka does not look at the offsets inside an uncompressed v2 batch, so neither do we.)
void check(const Assigned& assigned) {
  int64_t count = 0;
  Result<void> read = for_each_batch(
      {assigned.bytes.data(), assigned.bytes.size()}, [&](BatchView batch) -> Result<void> {
        if (!batch.crc_ok()) std::abort();
        return for_each_record(batch, [&](const Record&) { ++count; });
      });
  if (!read || count != assigned.last_offset - assigned.first_offset + 1) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const ValidationRules rules = rules_of(data[0], data[1]);
  Bytes bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  mend_checksums(bytes);
  auto summary = analyze(bytes, {.origin = rules.origin}, k_tp);
  if (!summary) return 0;
  auto prepared =
      prepare(std::span<char>(bytes).first(summary->valid_bytes), *summary, rules, k_tp);
  if (!prepared) return 0;
  auto assigned = prepared->assign(Offset{5000}, LeaderEpoch{3}, rules.now_ms + 1);
  if (assigned && rules.origin == Origin::client) check(*assigned);
  return 0;
}
