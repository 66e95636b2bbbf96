#include "record/convert.h"

#include <glog/logging.h>

#include "record/builder.h"
#include "record/record.h"

namespace samsa::record {
namespace {

// Readers skip a message of this size or more that the response does not hold whole.
constexpr size_t k_filler_header = 12;
constexpr size_t k_largest_filler = 128 * 1024;
// Of one compressed batch. The same codec makes about the same of it that it was, unless a producer
// has found what our compressor does not see.
constexpr size_t k_largest_converted = size_t{24} << 20;

Result<Bytes> convert_batch(BatchView batch, const DownConversion& how, ConversionStats& stats) {
  const TimestampType type = batch.timestamp_type();
  std::optional<BatchBuilder> builder;
  Result<void> copied = for_each_record(
      batch,
      [&](const Record& record) {
        // A compressed batch stays whole: readers of every version skip what comes before their
        // offset in it.
        if (!batch.is_compressed() && record.offset < how.first_offset) return;
        if (!builder) {
          builder.emplace(BatchFields{.magic = how.to_magic,
                                      .codec = batch.codec(),
                                      .timestamp_type = type,
                                      .base_offset = record.offset,
                                      .log_append_time_ms = batch.max_timestamp()});
          if (batch.is_compressed()) builder->limit_size(k_largest_converted);
        }
        builder->append_at(record.offset, record.timestamp_ms, record.key, record.value);
      },
      how.limits);
  if (!copied) return copied.error();
  if (!builder) return Bytes{};
  stats.temporary_memory_bytes += static_cast<int64_t>(builder->uncompressed_size());
  stats.records_converted += builder->record_count();
  return builder->build();
}

// The batch in the form that is sent; empty for one that is left out.
Result<Bytes> converted_form(BatchView batch, const DownConversion& how, ConversionStats& stats) {
  Result<void> codec = batch.check_codec();
  if (!codec) return codec.error();
  if (how.to_magic < k_magic_v2) {
    if (batch.is_control()) return Bytes{};
    if (batch.codec() == Codec::zstd) {
      return Error{Errc::unsupported_compression_type,
                   "Down-conversion of zstandard-compressed batches is not supported"};
    }
  }
  if (batch.magic() <= how.to_magic) return Bytes(batch.bytes());
  return convert_batch(batch, how, stats);
}

}  // namespace

Result<Converted> down_convert(BytesView batches, const DownConversion& how) {
  CHECK(how.to_magic == k_magic_v0 || how.to_magic == k_magic_v1);
  Converted converted;
  BatchIterator run{batches};
  for (;;) {
    auto next = run.next();
    if (!next) return next.error();
    if (!*next) break;
    ConversionStats stats;
    auto form = converted_form(**next, how, stats);
    if (!form) {
      // What has been converted is of use; the reader meets the fault when it asks for what
      // follows.
      if (converted.bytes.empty()) return form.error();
      break;
    }
    const bool fits =
        form->size() <= how.max_bytes - std::min(how.max_bytes, converted.bytes.size());
    if (!fits && !converted.bytes.empty()) break;
    if (!form->empty())
      converted.stats.temporary_memory_bytes += static_cast<int64_t>((*next)->size_in_bytes());
    converted.bytes += *form;
    converted.consumed = run.position();
    converted.stats.temporary_memory_bytes += stats.temporary_memory_bytes;
    converted.stats.records_converted += stats.records_converted;
  }
  return converted;
}

Bytes unreadable_filler(size_t size) {
  Bytes filler;
  append_be(filler, int64_t{-1});
  append_be(filler, static_cast<int32_t>(std::max(size + 1, k_v2_overhead)));
  filler.resize(std::max(k_filler_header, std::min(size + 1, k_largest_filler)), '\0');
  return filler;
}

}  // namespace samsa::record
