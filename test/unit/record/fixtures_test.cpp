#include "fixtures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "../test_data.h"
#include "record/legacy.h"

namespace samsa::record {
namespace {

const std::filesystem::path& directory() {
  static const std::filesystem::path path = test_data() / "record";
  return path;
}

constexpr size_t k_line = 300;

const char* text(bool value) { return value ? "true" : "false"; }

std::string batch_line(BatchView batch, size_t position) {
  std::ostringstream out;
  if (batch.is_v2()) {
    out << "baseOffset: " << batch.base_offset() << " lastOffset: " << batch.last_offset()
        << " count: " << *batch.record_count() << " baseSequence: " << batch.base_sequence()
        << " lastSequence: " << batch.last_sequence() << " producerId: " << batch.producer_id()
        << " producerEpoch: " << batch.producer_epoch()
        << " partitionLeaderEpoch: " << batch.leader_epoch()
        << " isTransactional: " << text(batch.is_transactional())
        << " isControl: " << text(batch.is_control());
  } else {
    out << "offset: " << batch.last_offset();
  }
  out << " position: " << position << ' ' << name_of(batch.timestamp_type()) << ": "
      << batch.max_timestamp() << " size: " << batch.size_in_bytes()
      << " magic: " << int{batch.magic()} << " compresscodec: " << printed_name_of(batch.codec_id())
      << " crc: " << batch.stored_crc() << " isvalid: " << text(batch.crc_ok());
  return out.str();
}

std::string record_line(BatchView batch, const Record& record) {
  std::ostringstream out;
  out << "| offset: " << record.offset << ' ' << name_of(batch.timestamp_type()) << ": "
      << record.timestamp_ms << " keysize: " << record.key_size
      << " valuesize: " << record.value_size;
  if (batch.is_v2()) {
    out << " sequence: " << record.sequence << " headerKeys: [";
    for (size_t i = 0; i < record.headers.size(); ++i) {
      out << (i > 0 ? "," : "") << record.headers[i].key;
    }
    out << ']';
  } else {
    const LegacyMessage message{record.legacy_message};
    out << " crc: " << message.stored_crc()
        << " isvalid: " << text(message.stored_crc() == message.computed_crc());
  }
  if (batch.is_control()) {
    const auto marker = parse_end_transaction_marker(record);
    out << " endTxnMarker: " << ((*marker)->type == ControlType::commit ? "COMMIT" : "ABORT")
        << " coordinatorEpoch: " << (*marker)->coordinator_epoch;
  } else {
    if (record.key) out << " key: " << *record.key;
    if (record.value) out << " payload: " << *record.value;
  }
  return out.str().substr(0, k_line);
}

}  // namespace

Bytes fixture(const std::string& name) {
  std::ifstream file(directory() / (name + ".log"), std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> fixtures(const std::string& prefix) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory())) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".log" && name.starts_with(prefix)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  EXPECT_FALSE(names.empty()) << prefix;
  return names;
}

std::vector<std::string> fixture_lines(const std::string& name) {
  std::vector<std::string> lines;
  std::ifstream file(directory() / (name + ".txt"));
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::vector<std::string> dump_lines(BytesView log) {
  std::vector<std::string> lines;
  size_t position = 0;
  Result<void> done = for_each_batch(log, [&](BatchView batch) {
    lines.push_back(batch_line(batch, position));
    position += batch.size_in_bytes();
    return for_each_record(
        batch, [&](const Record& record) { lines.push_back(record_line(batch, record)); });
  });
  if (!done) lines.push_back(done.error().text());
  return lines;
}

std::vector<BatchView> batches_of(BytesView log) {
  std::vector<BatchView> batches;
  Result<void> done = for_each_batch(log, [&](BatchView batch) { batches.push_back(batch); });
  EXPECT_TRUE(done) << done.error();
  return batches;
}

OwnedRecord own(const Record& record) {
  OwnedRecord owned{record.offset.value(), record.timestamp_ms, {}, {}, {}};
  if (record.key) owned.key = std::string(*record.key);
  if (record.value) owned.value = std::string(*record.value);
  for (const Header& header : record.headers) {
    owned.headers.emplace_back(
        header.key, header.value ? std::optional(std::string(*header.value)) : std::nullopt);
  }
  return owned;
}

std::vector<OwnedRecord> records_of(BytesView log) {
  std::vector<OwnedRecord> records;
  Result<void> done = for_each_batch(log, [&](BatchView batch) {
    return for_each_record(batch, [&](const Record& record) { records.push_back(own(record)); });
  });
  EXPECT_TRUE(done) << done.error();
  return records;
}

TEST(Fixtures, read_as_kafkas_dump_tool_lists_them) {
  int compared = 0;
  for (const std::string& name : fixtures("")) {
    const auto expected = fixture_lines(name);
    if (expected.empty()) continue;  // internal topics: their listing is binary
    EXPECT_EQ(dump_lines(fixture(name)), expected) << name;
    ++compared;
  }
  EXPECT_GE(compared, 30);
}

TEST(Fixtures, have_valid_checksums) {
  for (const std::string& name : fixtures("")) {
    const Bytes log = fixture(name);
    for (const BatchView batch : batches_of(log)) EXPECT_TRUE(batch.crc_ok()) << name;
  }
}

}  // namespace samsa::record
