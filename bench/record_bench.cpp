// What a produce request costs the record room.

#include <benchmark/benchmark.h>

#include <random>

#include "record/builder.h"
#include "record/convert.h"
#include "record/validate.h"

namespace samsa::record {
namespace {

const TopicPartition k_tp{"topic", 0};

// Text-like values: they compress to about half.
Bytes batch(size_t size, Codec codec, size_t value_size = 1000) {
  std::mt19937 random{1};
  BatchBuilder builder{{.codec = codec}};
  while (builder.uncompressed_size() + value_size < size) {
    Bytes value(value_size, ' ');
    for (char& c : value) c = "etaoinshrdlu ETAOINSHRDLU0123456789"[random() % 35];
    builder.append(1'600'000'000'000, "key", value);
  }
  return *builder.build();
}

// The bytes that a leader cannot do without looking at: the floor.
void crc_alone(benchmark::State& state) {
  const Bytes bytes = batch(static_cast<size_t>(state.range(0)), Codec::none);
  for (auto _ : state) benchmark::DoNotOptimize(BatchView(bytes.data(), bytes.size()).crc_ok());
  state.SetBytesProcessed(static_cast<int64_t>(bytes.size()) * state.iterations());
}
BENCHMARK(crc_alone)->Arg(16 << 10)->Arg(1 << 20);

void iterate_check_and_patch(benchmark::State& state) {
  Bytes bytes = batch(static_cast<size_t>(state.range(0)), Codec::none);
  for (auto _ : state) {
    MutableBatchIterator batches{std::span<char>(bytes)};
    for (auto next = batches.next(); *next; next = batches.next()) {
      benchmark::DoNotOptimize((*next)->crc_ok());
      (*next)->set_base_offset(Offset{12345});
      (*next)->set_leader_epoch(LeaderEpoch{7});
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes.size()) * state.iterations());
}
BENCHMARK(iterate_check_and_patch)->Arg(16 << 10)->Arg(1 << 20);

void take_as_follower(benchmark::State& state) {
  const Bytes bytes = batch(static_cast<size_t>(state.range(0)), Codec::none);
  for (auto _ : state) {
    benchmark::DoNotOptimize(analyze(bytes, {.origin = Origin::replication}, k_tp));
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes.size()) * state.iterations());
}
BENCHMARK(take_as_follower)->Arg(16 << 10)->Arg(1 << 20);

void take(benchmark::State& state, Bytes bytes, const ValidationRules& rules) {
  const Bytes original = bytes;
  for (auto _ : state) {
    store_be(bytes.data(), int64_t{0});
    auto summary = analyze(bytes, {}, k_tp);
    auto prepared = prepare(bytes, *summary, rules, k_tp);
    benchmark::DoNotOptimize(prepared->assign(Offset{1000}, LeaderEpoch{5}, 1'600'000'000'000));
  }
  state.SetBytesProcessed(static_cast<int64_t>(original.size()) * state.iterations());
}

// range(0): batch size before compression; range(1): value size.
void take_as_leader(benchmark::State& state, Codec codec) {
  ValidationRules rules;
  rules.now_ms = 1'600'000'000'000;
  take(state,
       batch(static_cast<size_t>(state.range(0)), codec, static_cast<size_t>(state.range(1))),
       rules);
}
#define SIZES Args({16 << 10, 1000})->Args({16 << 10, 100})->Args({1 << 20, 1000})
BENCHMARK_CAPTURE(take_as_leader, plain, Codec::none)->SIZES->Args({16 << 10, 16 << 10 >> 1});
BENCHMARK_CAPTURE(take_as_leader, gzip, Codec::gzip)->SIZES;
BENCHMARK_CAPTURE(take_as_leader, snappy, Codec::snappy)->SIZES;
BENCHMARK_CAPTURE(take_as_leader, lz4, Codec::lz4)->SIZES;
BENCHMARK_CAPTURE(take_as_leader, zstd, Codec::zstd)->SIZES;

void take_with_append_time(benchmark::State& state) {
  ValidationRules rules;
  rules.timestamp_type = TimestampType::log_append_time;
  rules.now_ms = 1'600'000'000'000;
  Bytes bytes = batch(static_cast<size_t>(state.range(0)), Codec::none);
  const Bytes original = bytes;
  for (auto _ : state) {
    bytes = original;
    auto summary = analyze(bytes, {}, k_tp);
    auto prepared = prepare(bytes, *summary, rules, k_tp);
    benchmark::DoNotOptimize(prepared->assign(Offset{1000}, LeaderEpoch{5}, rules.now_ms));
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes.size()) * state.iterations());
}
BENCHMARK(take_with_append_time)->Arg(16 << 10);

void recompress(benchmark::State& state, Codec from, Codec to) {
  ValidationRules rules;
  rules.compression = to;
  rules.now_ms = 1'600'000'000'000;
  take(state, batch(static_cast<size_t>(state.range(0)), from), rules);
}
#define REWRITTEN Arg(16 << 10)->Arg(1 << 20)
BENCHMARK_CAPTURE(recompress, none_to_gzip, Codec::none, Codec::gzip)->REWRITTEN;
BENCHMARK_CAPTURE(recompress, none_to_snappy, Codec::none, Codec::snappy)->REWRITTEN;
BENCHMARK_CAPTURE(recompress, none_to_lz4, Codec::none, Codec::lz4)->REWRITTEN;
BENCHMARK_CAPTURE(recompress, none_to_zstd, Codec::none, Codec::zstd)->REWRITTEN;
BENCHMARK_CAPTURE(recompress, gzip_to_zstd, Codec::gzip, Codec::zstd)->REWRITTEN;
BENCHMARK_CAPTURE(recompress, lz4_to_snappy, Codec::lz4, Codec::snappy)->REWRITTEN;
BENCHMARK_CAPTURE(recompress, lz4_to_none, Codec::lz4, Codec::none)->REWRITTEN;

// For topics and readers of old formats.
void rewrite_as_v1(benchmark::State& state, Codec codec) {
  ValidationRules rules;
  rules.magic = k_magic_v1;
  rules.now_ms = 1'600'000'000'000;
  take(state, batch(static_cast<size_t>(state.range(0)), codec), rules);
}
BENCHMARK_CAPTURE(rewrite_as_v1, none, Codec::none)->REWRITTEN;
BENCHMARK_CAPTURE(rewrite_as_v1, lz4, Codec::lz4)->REWRITTEN;

void take_v1_as_leader(benchmark::State& state, Codec codec, int8_t to) {
  const Bytes newer = batch(static_cast<size_t>(state.range(0)), codec);
  ValidationRules rules;
  rules.magic = to;
  rules.now_ms = 1'600'000'000'000;
  take(state, down_convert(newer, {.to_magic = k_magic_v1})->bytes, rules);
}
BENCHMARK_CAPTURE(take_v1_as_leader, lz4_kept, Codec::lz4, k_magic_v1)->REWRITTEN;
BENCHMARK_CAPTURE(take_v1_as_leader, lz4_to_v2, Codec::lz4, k_magic_v2)->REWRITTEN;

void read_records(benchmark::State& state, Codec codec) {
  const Bytes bytes = batch(16 << 10, codec, 100);
  int64_t records = 0;
  for (auto _ : state) {
    static_cast<void>(for_each_record(BatchView(bytes.data(), bytes.size()), [&](const Record& r) {
      benchmark::DoNotOptimize(r.value);
      ++records;
    }));
  }
  state.SetItemsProcessed(records);
}
BENCHMARK_CAPTURE(read_records, plain, Codec::none);
BENCHMARK_CAPTURE(read_records, lz4, Codec::lz4);

}  // namespace
}  // namespace samsa::record
