#include "record/effort.h"

#include <gtest/gtest.h>

#include "record/builder.h"

namespace samsa::record {
namespace {

using namespace std::chrono_literals;

// Values that do not compress, so that the batch is as large as what goes in.
Bytes batch(size_t size, Codec codec, int8_t magic = k_magic_v2) {
  BatchBuilder builder{{.magic = magic, .codec = codec}};
  Bytes value(size, '\0');
  uint32_t noise = 1;
  for (char& c : value) c = static_cast<char>((noise = noise * 1103515245 + 12345) >> 24);
  builder.append(1, "k", value);
  return *builder.build();
}

// Whether 2 ms are enough for a topic of format v2 with this compression.type.
bool is_light(BytesView batches, std::optional<Codec> compression = std::nullopt,
              int8_t magic = k_magic_v2) {
  return EffortBudget{2ms}.take(batches, compression, magic).has_value();
}

TEST(Effort, plain_batches_that_stay_so_are_light_whatever_their_size) {
  const Bytes large = batch(8 << 20, Codec::none);
  EXPECT_EQ(EffortBudget{1ns}.take(large, std::nullopt, k_magic_v2), SIZE_MAX);
  EXPECT_EQ(EffortBudget{1ns}.take(large, Codec::none, k_magic_v1), SIZE_MAX);
}

TEST(Effort, usual_batches_are_light_when_kept) {
  for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    EXPECT_TRUE(is_light(batch(16 << 10, codec))) << name_of(codec);
    EXPECT_TRUE(is_light(batch(16 << 10, codec), codec)) << name_of(codec);
  }
  EXPECT_TRUE(is_light(batch(1'000'000, Codec::lz4)));
  EXPECT_FALSE(is_light(batch(1'000'000, Codec::gzip)));
  EXPECT_FALSE(is_light(batch(1'000'000, Codec::zstd)));
}

TEST(Effort, what_is_compressed_anew_is_heavy_sooner) {
  const Bytes plain = batch(16 << 10, Codec::none);
  for (const Codec target : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd})
    EXPECT_TRUE(is_light(plain, target)) << name_of(target);
  const Bytes larger = batch(256 << 10, Codec::none);
  EXPECT_FALSE(is_light(larger, Codec::gzip));
  EXPECT_FALSE(is_light(larger, Codec::zstd));
  EXPECT_TRUE(is_light(larger, Codec::lz4));
  const Bytes compressed = batch(16 << 10, Codec::lz4);
  EXPECT_TRUE(is_light(compressed, Codec::none));
  EXPECT_FALSE(is_light(compressed, Codec::gzip));
  EXPECT_FALSE(is_light(batch(64 << 10, Codec::gzip), std::nullopt, k_magic_v1));
  EXPECT_FALSE(is_light(batch(64 << 10, Codec::gzip, k_magic_v0), std::nullopt, k_magic_v0));
  EXPECT_TRUE(is_light(batch(64 << 10, Codec::gzip, k_magic_v1), std::nullopt, k_magic_v1));
}

TEST(Effort, tells_how_much_may_be_unpacked) {
  const auto bytes = [](Codec codec, std::optional<Codec> target) {
    return *EffortBudget{2ms}.take(batch(1000, codec), target, k_magic_v2);
  };
  EXPECT_EQ(bytes(Codec::gzip, std::nullopt), 400'000U);
  EXPECT_EQ(bytes(Codec::zstd, std::nullopt), 2'000'000U);
  EXPECT_EQ(bytes(Codec::zstd, Codec::zstd), 2'000'000U);
  EXPECT_EQ(bytes(Codec::zstd, Codec::none), 2'000'000U);
  EXPECT_EQ(bytes(Codec::zstd, Codec::gzip), 32'786U);
}

TEST(Effort, is_counted_together_for_all_batches_of_a_request) {
  const Bytes one = batch(16 << 10, Codec::gzip);
  EffortBudget budget{2ms};
  int light = 0;
  while (budget.take(one, std::nullopt, k_magic_v2)) ++light;
  EXPECT_EQ(light, 6);
  EXPECT_EQ(budget.take(batch(10, Codec::gzip), std::nullopt, k_magic_v2), std::nullopt);
  EXPECT_EQ(budget.take(batch(10, Codec::none), std::nullopt, k_magic_v2), SIZE_MAX);
}

TEST(Effort, of_what_is_no_batch_is_none) {
  EXPECT_TRUE(is_light("rubbish of some length that is not a batch"));
  Bytes unknown = batch(1 << 20, Codec::none);
  unknown[layout::k_attributes + 1] = 7;
  EXPECT_TRUE(is_light(unknown));
}

}  // namespace
}  // namespace samsa::record
