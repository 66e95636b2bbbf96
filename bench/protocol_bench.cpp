// What the codec costs a broker on its hot path: requests in, fetch responses out.

#include <benchmark/benchmark.h>

#include "protocol/messages/fetch.h"
#include "protocol/messages/produce.h"

using namespace samsa;
using namespace samsa::protocol;

namespace {

void decode_produce(benchmark::State& state) {
  const Bytes batch(16 * 1024, 'x');
  ProduceRequest request{.acks = -1, .timeout_ms = 30'000};
  auto& topic = request.topics.emplace_back();
  topic.name = "benchmark-topic";
  for (int32_t i = 0; i < state.range(0); ++i)
    topic.partitions.push_back({.partition_index = i, .records = RecordData(batch)});
  const Bytes body = encode_message(request, 8);
  for (auto _ : state) benchmark::DoNotOptimize(ProduceRequest::decode(body, 8));
}
BENCHMARK(decode_produce)->Arg(1)->Arg(100);

void decode_fetch(benchmark::State& state) {
  FetchRequest request;
  auto& topic = request.topics.emplace_back();
  topic.topic = "benchmark-topic";
  topic.partitions.resize(static_cast<size_t>(state.range(0)));
  const auto version = static_cast<int16_t>(state.range(1));
  const Bytes body = encode_message(request, version);
  for (auto _ : state) benchmark::DoNotOptimize(FetchRequest::decode(body, version));
}
BENCHMARK(decode_fetch)->Args({0, 11})->Args({1, 11})->Args({100, 11})->Args({100, 12});

void encode_fetch_response(benchmark::State& state) {
  FetchResponse response;
  auto& topic = response.responses.emplace_back();
  topic.topic = "benchmark-topic";
  topic.partition_responses.resize(static_cast<size_t>(state.range(0)));
  for (auto& partition : topic.partition_responses)
    partition.record_set = RecordData::external(1 << 20);
  const auto version = static_cast<int16_t>(state.range(1));
  for (auto _ : state) {
    Encoder out;
    out.begin_frame();
    response.encode(out, version);
    benchmark::DoNotOptimize(out.end_frame());
    benchmark::DoNotOptimize(out.holes().data());
  }
}
BENCHMARK(encode_fetch_response)->Args({1, 11})->Args({100, 11})->Args({100, 12});

}  // namespace
