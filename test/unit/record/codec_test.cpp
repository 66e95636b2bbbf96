#include "record/codec.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "record/codec/xxh32.h"

namespace samsa::record {
namespace {

constexpr Codec k_all[] = {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};
constexpr Codec k_compressing[] = {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};

Bytes noise(size_t size) {
  std::mt19937 random{7};
  Bytes bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

Bytes compressed(Codec codec, BytesView plain, int8_t magic = 2) {
  Bytes out;
  const Result<void> done = compress(codec, magic, plain, out);
  EXPECT_TRUE(done) << done.error();
  return out;
}

TEST(Codec, names_and_ids_are_kafkas) {
  for (const Codec codec : k_all) {
    EXPECT_EQ(codec_from_name(name_of(codec)), codec);
    EXPECT_EQ(codec_from_id(static_cast<int>(codec)), codec);
  }
  EXPECT_EQ(codec_from_name("lzma"), std::nullopt);
  EXPECT_EQ(codec_from_name("GZIP"), std::nullopt);
  EXPECT_EQ(codec_from_id(5), std::nullopt);
  EXPECT_EQ(codec_from_id(-1), std::nullopt);
}

TEST(Codec, gives_back_what_went_in_at_every_size) {
  for (const Codec codec : k_all) {
    for (const unsigned size :
         {0U, 1U, 100U, 32767U, 32768U, 65535U, 65536U, 65537U, 200000U, 1U << 20}) {
      for (const Bytes& plain : {Bytes(size, 'a'), noise(size)}) {
        for (const auto magic : {int8_t{0}, int8_t{1}, int8_t{2}}) {
          const auto back = decompress(codec, magic, compressed(codec, plain, magic));
          ASSERT_TRUE(back) << name_of(codec) << ' ' << size << ' ' << back.error();
          ASSERT_TRUE(*back == plain) << name_of(codec) << ' ' << size;
        }
      }
    }
  }
}

TEST(Codec, writes_the_same_however_a_body_is_cut) {
  std::mt19937 random{3};
  Bytes plain;
  while (plain.size() < 700'000) {
    plain += noise(random() % 50'000);
    plain += Bytes(random() % 100'000, 'a');
  }
  for (const Codec codec : k_compressing) {
    for (const size_t longest : {size_t{300}, size_t{40'000}, size_t{300'000}}) {
      auto encoder = Encoder::make(codec, 2);
      ASSERT_TRUE(encoder);
      Bytes out;
      BytesView rest = plain;
      while (rest.size() > longest) {
        const size_t size = random() % longest;
        ASSERT_TRUE((*encoder)->write(rest.substr(0, size), out));
        rest.remove_prefix(size);
      }
      ASSERT_TRUE((*encoder)->finish(rest, out));
      EXPECT_TRUE(out == compressed(codec, plain)) << name_of(codec) << ' ' << longest;
    }
  }
}

TEST(Codec, refuses_more_than_the_bound_without_making_it) {
  const Bytes plain(64 << 20, '\0');
  for (const Codec codec : k_all) {
    const auto refused = decompress(codec, 2, compressed(codec, plain), 1 << 20);
    ASSERT_FALSE(refused) << name_of(codec);
    EXPECT_EQ(refused.error().code, Errc::message_too_large) << name_of(codec);
    EXPECT_TRUE(decompress(codec, 2, compressed(codec, plain), plain.size()));
  }
}

TEST(Codec, survives_truncation_and_corruption_anywhere) {
  const Bytes plain = Bytes(3000, 'x') + noise(300) + Bytes(70000, 'y');
  for (const Codec codec : k_compressing) {
    const Bytes good = compressed(codec, plain);
    const size_t step = std::max<size_t>(1, good.size() / 400);
    for (size_t at = 0; at < good.size(); at += step) {
      const auto cut = decompress(codec, 2, good.substr(0, at));
      // Snappy's framing has no end mark, so a cut between two blocks does not show.
      if (cut) {
        EXPECT_EQ(codec, Codec::snappy) << name_of(codec) << " cut at " << at;
        EXPECT_TRUE(plain.starts_with(*cut));
      }
      Bytes bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 0x41);
      const auto result = decompress(codec, 2, bad, 1 << 20);
      if (!result) {
        EXPECT_TRUE(result.error().code == Errc::unknown_server_error ||
                    result.error().code == Errc::invalid_record ||
                    result.error().code == Errc::message_too_large);
      }
    }
  }
}

std::string fault(Codec codec, BytesView body, int8_t magic = 2) {
  const auto result = decompress(codec, magic, body);
  return result ? "" : result.error().message;
}

TEST(Codec, says_what_is_wrong_with_a_body) {
  const Bytes lz4 = compressed(Codec::lz4, "hello hello hello hello");
  EXPECT_EQ(fault(Codec::lz4, lz4.substr(0, 6)), "Stream ended prematurely");
  EXPECT_EQ(fault(Codec::lz4, lz4.substr(0, lz4.size() - 4)), "Stream ended prematurely");
  EXPECT_EQ(fault(Codec::lz4, "something else"), "Stream unsupported (invalid magic bytes)");
  Bytes dependent = lz4;
  dependent[4] = 0x40;
  EXPECT_EQ(fault(Codec::lz4, dependent), "Dependent block stream is unsupported");
  EXPECT_EQ(fault(Codec::snappy, ""), "EMPTY_INPUT(6)");
  const Bytes snappy = compressed(Codec::snappy, "hello");
  EXPECT_EQ(fault(Codec::snappy, snappy.substr(0, snappy.size() - 1)), "failed to read chunk");
  EXPECT_EQ(fault(Codec::gzip, "not gzip"), "Not in GZIP format");
  const Bytes zstd = compressed(Codec::zstd, "hello");
  EXPECT_EQ(fault(Codec::zstd, zstd.substr(0, zstd.size() - 1)), "Read error or truncated source");
}

TEST(Lz4, of_format_0_has_the_old_header_checksum_and_readers_of_it_take_both) {
  const Bytes old_frame = compressed(Codec::lz4, "payload", 0);
  const Bytes new_frame = compressed(Codec::lz4, "payload", 1);
  EXPECT_NE(old_frame[6], new_frame[6]);
  EXPECT_EQ(old_frame.substr(7), new_frame.substr(7));
  EXPECT_EQ(*decompress(Codec::lz4, 0, old_frame), "payload");
  EXPECT_EQ(*decompress(Codec::lz4, 0, new_frame), "payload");
  EXPECT_EQ(*decompress(Codec::lz4, 1, new_frame), "payload");
  EXPECT_EQ(fault(Codec::lz4, old_frame, 1), "Stream frame descriptor corrupted");
}

TEST(Lz4, reads_content_size_and_block_checksums_of_other_writers) {
  // lz4 --block-checksum (-BX) --content-size -B4, independent blocks, of "abc" and a newline.
  const auto le = [](uint32_t v) { return Bytes(reinterpret_cast<const char*>(&v), 4); };
  Bytes descriptor{"\x78\x40\x04\0\0\0\0\0\0\0", 10};
  Bytes frame = le(0x184D2204) + descriptor;
  frame.push_back(static_cast<char>((xxh32(descriptor) >> 8) & 0xFF));
  const Bytes block = "abc\n";
  frame += le(0x80000004) + block + le(xxh32(block)) + le(0);
  EXPECT_EQ(*decompress(Codec::lz4, 2, frame), "abc\n");
  frame[frame.size() - 6] = static_cast<char>(frame[frame.size() - 6] ^ 1);
  EXPECT_EQ(fault(Codec::lz4, frame), "Block checksum mismatch");
}

TEST(Lz4, walks_over_any_number_of_empty_blocks) {
  Bytes frame = compressed(Codec::lz4, "");
  frame.resize(7);
  for (int i = 0; i < 200'000; ++i) frame += BytesView("\x01\0\0\0\0", 5);
  frame += BytesView("\0\0\0\0", 4);
  EXPECT_EQ(*decompress(Codec::lz4, 2, frame), "");
}

TEST(Lz4, asks_for_the_room_of_the_block_behind_an_empty_one) {
  Bytes frame = compressed(Codec::lz4, Bytes(5000, 'a'));
  frame.insert(7, BytesView("\x01\0\0\0\0", 5));
  auto decoder = Decoder::make(Codec::lz4, 2, frame);
  ASSERT_TRUE(decoder);
  std::vector<char> room(*(*decoder)->next_size());
  EXPECT_GE(room.size(), 5000U);
  EXPECT_EQ(*(*decoder)->read(room), 5000U);
}

TEST(Snappy, reads_raw_bodies_too) {
  const Bytes framed = compressed(Codec::snappy, "raw raw raw raw raw");
  EXPECT_EQ(*decompress(Codec::snappy, 2, framed.substr(20)), "raw raw raw raw raw");
}

TEST(Snappy, reads_framed_bodies_joined_one_after_the_other) {
  EXPECT_EQ(*decompress(Codec::snappy, 2,
                        compressed(Codec::snappy, "one ") + compressed(Codec::snappy, "two")),
            "one two");
}

TEST(Snappy, does_not_believe_a_claim_that_its_bytes_cannot_keep) {
  // Claims 4 GiB - 1 in a body of a few bytes.
  EXPECT_EQ(fault(Codec::snappy, BytesView("\xff\xff\xff\xff\x0f\x00", 6)),
            "FAILED_TO_UNCOMPRESS(5)");
}

TEST(Gzip, reads_members_joined_one_after_the_other_and_ignores_what_is_none) {
  const Bytes one = compressed(Codec::gzip, "one ");
  const Bytes two = compressed(Codec::gzip, "two");
  EXPECT_EQ(*decompress(Codec::gzip, 2, one + two), "one two");
  EXPECT_EQ(*decompress(Codec::gzip, 2, one + "rubbish"), "one ");
}

TEST(Gzip, notices_a_wrong_checksum) {
  Bytes body = compressed(Codec::gzip, "one");
  body[body.size() - 6] = static_cast<char>(body[body.size() - 6] ^ 1);
  EXPECT_EQ(fault(Codec::gzip, body), "incorrect data check");
}

TEST(Gzip, gives_what_came_before_a_wrong_checksum_but_not_before_damaged_data) {
  Bytes checksum = compressed(Codec::gzip, "one");
  checksum[checksum.size() - 6] ^= 1;
  std::array<char, 100> plain;
  auto decoder = Decoder::make(Codec::gzip, 2, checksum);
  ASSERT_TRUE(decoder);
  const auto count = (*decoder)->read(plain);
  ASSERT_TRUE(count) << count.error();
  EXPECT_EQ(*count, 3u);
  EXPECT_FALSE((*decoder)->read(plain));

  // A stored block and then one of a type that there is not.
  const Bytes damaged = compressed(Codec::gzip, "").substr(0, 10) + Bytes(
                                                                        "\0\3\0\xfc\xff"
                                                                        "one\7",
                                                                        9);
  decoder = Decoder::make(Codec::gzip, 2, damaged);
  ASSERT_TRUE(decoder);
  EXPECT_FALSE((*decoder)->read(plain));
}

TEST(Xxh32, gives_the_published_values) {
  EXPECT_EQ(xxh32(""), 0x02CC5D05U);
  EXPECT_EQ(xxh32("a"), 0x550D7456U);
  EXPECT_EQ(xxh32("abc"), 0x32D153FFU);
  EXPECT_EQ(xxh32("Nobody inspects the spammish repetition"), 0xE2293B2FU);
}

}  // namespace
}  // namespace samsa::record
