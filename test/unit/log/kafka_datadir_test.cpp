// Data directories that Kafka 2.7.0 wrote: one stopped in order, one killed. Every batch that its
// own dump tool listed is served byte for byte, and what is rebuilt is what Kafka had built.

#include <cstdlib>

#include "../test_data.h"
#include "log/log_dirs.h"
#include "log_fixture.h"

namespace samsa::log {
namespace {

struct SeenBatch {
  int64_t last_offset = 0;
  uint32_t crc = 0;
  friend bool operator==(const SeenBatch&, const SeenBatch&) = default;
  friend std::ostream& operator<<(std::ostream& out, const SeenBatch& seen) {
    return out << "..." << seen.last_offset << " crc " << seen.crc;
  }
};

int64_t number_after(const std::string& line, const std::string& key) {
  const auto at = line.find(key);
  return at == std::string::npos ? -1 : std::atoll(line.c_str() + at + key.size());
}

struct KafkaDataDirTest : LogFixture, testing::WithParamInterface<const char*> {
  KafkaDataDirTest() {
    unpack("dump");
    unpack(GetParam());
    config_.retention_ms = -1;
  }
  void unpack(const std::string& name) {
    const auto archive = test_data() / "datadir" / (name + ".tar.gz");
    const std::string command =
        "tar -xzf '" + archive.string() + "' -C '" + folder_.path().string() + "'";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  std::unique_ptr<LogDirs> open_dirs() {
    LogDirsOptions options{.dirs = {(folder_.path() / "data").string()}, .defaults = config_};
    auto logs = LogDirs::open(std::move(options));
    EXPECT_TRUE(logs) << (logs ? Error{} : logs.error());
    return logs ? std::move(*logs) : nullptr;
  }
  // What the dump tool said of the partition, from an offset on.
  std::vector<SeenBatch> dumped(const std::string& partition, int64_t from) const {
    std::vector<SeenBatch> seen;
    std::ifstream dump{folder_.path() / (partition + ".txt")};
    EXPECT_TRUE(dump) << partition;
    for (std::string line; std::getline(dump, line);) {
      const bool is_v2 = line.starts_with("baseOffset: ");
      if (!is_v2 && !line.starts_with("offset: ")) continue;
      EXPECT_NE(line.find("isvalid: true"), std::string::npos) << line;
      const int64_t last = number_after(line, is_v2 ? "lastOffset: " : "offset: ");
      if (last >= from) seen.push_back({last, static_cast<uint32_t>(number_after(line, " crc: "))});
    }
    return seen;
  }
  static std::vector<SeenBatch> served(const Log& log) {
    std::vector<SeenBatch> seen;
    Offset at = log.log_start_offset();
    while (at < log.log_end_offset()) {
      auto slice = log.read(at, 4000, Isolation::log_end, true);
      EXPECT_TRUE(slice) << (slice ? Error{} : slice.error());
      if (!slice || slice->length == 0) break;
      const auto bytes = read_bytes(*slice);
      EXPECT_TRUE(bytes);
      const Offset before = at;
      EXPECT_TRUE(record::for_each_batch(*bytes, [&](record::BatchView batch) {
        EXPECT_TRUE(batch.crc_ok());
        if (batch.last_offset() < at) return;
        seen.push_back({batch.last_offset().value(), batch.stored_crc()});
        at = batch.next_offset();
      }));
      if (at == before) break;
    }
    return seen;
  }
};

TEST_P(KafkaDataDirTest, EveryBatchThatKafkasDumpToolListsIsServed) {
  auto logs = open_dirs();
  ASSERT_EQ(logs->all().size(), 20u);
  size_t batches = 0;
  for (const auto& log : logs->all()) {
    const auto expected = dumped(log->tp().to_string(), log->log_start_offset().value());
    EXPECT_EQ(served(*log), expected) << log->tp();
    batches += expected.size();
  }
  EXPECT_GT(batches, 300u);
  ASSERT_TRUE(logs->close());
}

TEST_P(KafkaDataDirTest, OffsetsEpochsAndProducersAreThoseThatKafkaHad) {
  auto logs = open_dirs();
  const auto txn = logs->get({"txn", 0});
  EXPECT_EQ(txn->log_end_offset(), Offset{216});
  EXPECT_EQ(txn->high_watermark(), Offset{216});
  EXPECT_EQ(txn->latest_epoch(), LeaderEpoch{0});
  EXPECT_EQ(logs->get({"compacted", 0})->log_end_offset(), Offset{1005});
  EXPECT_EQ(logs->get({"deleted-head", 0})->log_start_offset(),
            Offset{std::string(GetParam()) == "killed" ? 0 : 150});
  for (const auto& log : logs->all()) EXPECT_EQ(log->high_watermark(), log->log_end_offset());
}

TEST_P(KafkaDataDirTest, TheIndexOfAbortedTransactionsIsByteForByteKafkas) {
  const auto index = folder_.path() / "data" / "txn-0" / "00000000000000000000.txnindex";
  const auto kafkas = *read_file(index);
  ASSERT_FALSE(kafkas.empty());
  auto logs = open_dirs();
  const auto txn = logs->get({"txn", 0});
  EXPECT_EQ(txn->read(Offset{0}, 1 << 20, Isolation::txn_committed, true)->aborted.size(),
            kafkas.size() / 34);
  ASSERT_TRUE(logs->close());
  EXPECT_EQ(*read_file(index), kafkas);
}

TEST_P(KafkaDataDirTest, IsStillTheSameAfterASecondStopAndStart) {
  ASSERT_TRUE(open_dirs()->close());
  auto logs = open_dirs();
  for (const auto& log : logs->all())
    EXPECT_EQ(served(*log), dumped(log->tp().to_string(), log->log_start_offset().value()));
}

INSTANTIATE_TEST_SUITE_P(StoppedAndKilled, KafkaDataDirTest,
                         testing::Values("clean-shutdown", "killed"), [](const auto& param) {
                           return std::string(param.param) == "killed" ? "Killed" : "Stopped";
                         });

}  // namespace
}  // namespace samsa::log
