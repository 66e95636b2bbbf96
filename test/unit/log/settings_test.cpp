// A topic's settings take effect in a log that is open.

#include "log_fixture.h"

namespace samsa::log {
namespace {

struct SettingsOfALog : LogFixture {
  int64_t size_of(int64_t base, std::string_view suffix = ".log") const {
    return static_cast<int64_t>(fs::file_size(file(base, suffix)));
  }
  void change(Log& log, const std::function<void(LogConfig&)>& how) {
    how(config_);
    log.update_config(config_);
  }
  int deleted_files() const {
    int count = 0;
    for (const auto& entry : fs::directory_iterator{dir()})
      count += entry.path().extension() == ".deleted";
    return count;
  }
};

TEST_F(SettingsOfALog, PreallocatedSegmentsHaveTheirFullSizeFromTheNextOneOn) {
  auto log = open();
  append(*log);
  EXPECT_EQ(size_of(0), log->size_bytes());
  change(*log, [](LogConfig& c) {
    c.preallocate = true;
    c.segment_bytes = 1 << 20;
  });
  ASSERT_TRUE(log->roll());
  EXPECT_EQ(size_of(1), 1 << 20);
  append(*log);
  EXPECT_EQ(size_of(1), 1 << 20);
  const int64_t used = log->size_bytes() - size_of(0);
  ASSERT_TRUE(log->roll());
  EXPECT_EQ(size_of(1), used) << "a full segment gives back what it did not need";
  EXPECT_EQ(size_of(2), 1 << 20);
  append(*log);
  log = close_and_open(std::move(log));
  EXPECT_EQ(size_of(2), log->size_bytes() - size_of(0) - size_of(1));
  EXPECT_EQ(offsets_in(*log), up_to(3));
}

TEST_F(SettingsOfALog, ThePreallocatedRestOfAKilledBrokersSegmentIsCut) {
  config_.preallocate = true;
  config_.segment_bytes = 1 << 20;
  auto log = open();
  append(*log);
  append(*log);
  const int64_t used = log->size_bytes();
  log = crash_and_open(std::move(log));
  EXPECT_EQ(log->size_bytes(), used);
  EXPECT_EQ(size_of(0), used);
  EXPECT_EQ(append(*log), Offset{2});
  EXPECT_EQ(offsets_in(*log), up_to(3));
}

TEST_F(SettingsOfALog, ASmallerSizeOfSegmentsHoldsForTheNextRecord) {
  auto log = open();
  append(*log);
  change(*log, [&](LogConfig& c) { c.segment_bytes = static_cast<int32_t>(log->size_bytes()); });
  append(*log);
  EXPECT_EQ(log->segment_count(), 2);
}

TEST_F(SettingsOfALog, AShorterAgeOfSegmentsHoldsForTheNextRecord) {
  auto log = open();
  append(*log, {.timestamp_ms = 1000});
  append(*log, {.timestamp_ms = 1101});
  EXPECT_EQ(log->segment_count(), 1);
  change(*log, [](LogConfig& c) { c.segment_ms = 100; });
  append(*log, {.timestamp_ms = 1101});
  EXPECT_EQ(log->segment_count(), 2);
}

TEST_F(SettingsOfALog, JitterHoldsForSegmentsThatBeginAfterTheChange) {
  auto log = open();
  change(*log, [](LogConfig& c) {
    c.segment_ms = 1000;
    c.segment_jitter_ms = 1000;
  });
  append(*log, {.timestamp_ms = 1000});
  append(*log, {.timestamp_ms = 2000});
  EXPECT_EQ(log->segment_count(), 1) << "the first began without";
  int early = 0;
  for (int i = 1; i < 20; ++i) {
    ASSERT_TRUE(log->roll());
    const int count = log->segment_count();
    append(*log, {.timestamp_ms = i * 10'000});
    append(*log, {.timestamp_ms = i * 10'000 + 700});
    early += log->segment_count() > count;
  }
  EXPECT_GT(early, 3);
  EXPECT_LT(early, 19);
}

TEST_F(SettingsOfALog, AFullIndexRollsByItsNewSize) {
  config_.index_interval_bytes = 0;
  auto log = open();
  for (int i = 0; i < 5; ++i) append(*log);
  EXPECT_EQ(log->segment_count(), 1);
  change(*log, [](LogConfig& c) { c.segment_index_bytes = 4 * 8; });
  append(*log);
  EXPECT_EQ(log->segment_count(), 2);
}

TEST_F(SettingsOfALog, IndexEntriesComeAtTheNewInterval) {
  auto log = open();
  for (int i = 0; i < 10; ++i) append(*log);
  ASSERT_TRUE(log->roll());
  EXPECT_EQ(size_of(0, ".index"), 0);
  change(*log, [](LogConfig& c) { c.index_interval_bytes = 0; });
  for (int i = 0; i < 10; ++i) append(*log);
  ASSERT_TRUE(log->roll());
  EXPECT_EQ(size_of(10, ".index"), 9 * 8) << "every batch but the first";
}

TEST_F(SettingsOfALog, RecordsAreSyncedAfterTheNewNumberOfThem) {
  auto log = open();
  append(*log);
  EXPECT_EQ(log->recovery_point(), Offset{0});
  change(*log, [](LogConfig& c) { c.flush_messages = 2; });
  append(*log);
  EXPECT_EQ(log->recovery_point(), Offset{2});
  append(*log);
  EXPECT_EQ(log->recovery_point(), Offset{2});
}

TEST_F(SettingsOfALog, RemovedFilesStayForTheNewDelay) {
  config_.retention_ms = 0;
  auto log = open();
  append(*log, {.timestamp_ms = 1});
  log->update_high_watermark(log->log_end_offset());
  ASSERT_EQ(*log->delete_old_segments(), 1);
  clock_.advance(milliseconds{1000});
  log->reap_deleted_files(clock_.wall_ms());
  EXPECT_GT(deleted_files(), 0);
  change(*log, [](LogConfig& c) { c.file_delete_delay_ms = 1000; });
  log->reap_deleted_files(clock_.wall_ms());
  EXPECT_EQ(deleted_files(), 0);
}

TEST_F(SettingsOfALog, WhatABatchMayUnpackToHoldsForTheNextOne) {
  const auto bomb = [](record::Codec codec) {
    record::BatchBuilder builder{{.codec = codec}};
    builder.append(1000, std::nullopt, BytesView(Bytes(8 << 20, '\0')));
    return *builder.build();
  };
  config_.max_decompressed_bytes = 4 << 20;
  auto log = open();
  for (const auto codec :
       {record::Codec::gzip, record::Codec::snappy, record::Codec::lz4, record::Codec::zstd}) {
    auto refused = try_append(*log, bomb(codec));
    ASSERT_FALSE(refused) << record::name_of(codec);
    EXPECT_EQ(refused.error().error.code, Errc::message_too_large) << record::name_of(codec);
    change(*log, [](LogConfig& c) { c.max_decompressed_bytes = 16 << 20; });
    EXPECT_TRUE(try_append(*log, bomb(codec))) << record::name_of(codec);
    change(*log, [](LogConfig& c) { c.max_decompressed_bytes = 4 << 20; });
  }
  // Lowered again, the bound does not make unreadable what is there.
  auto found = log->offset_for_timestamp(1000);
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->offset, Offset{0});
}

}  // namespace
}  // namespace samsa::log
