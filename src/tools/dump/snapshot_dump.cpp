// dump-log: the snapshot of producers.

#include <vector>

#include "base/crc32c.h"
#include "base/file.h"
#include "record/record.h"
#include "tools/dump/segment_dump.h"

namespace samsa::tools {

namespace {

struct SnapshotEntry {
  int64_t producer = 0;
  int16_t epoch = 0;
  int32_t sequence = 0;
  int64_t offset = 0;
  int32_t delta = 0;
  int64_t timestamp = 0;
  int32_t coordinator_epoch = 0;
  int64_t transaction_start = 0;
};

// Fields by name, as Kafka's schema has them, so that its sentence tells where the bytes end.
class SnapshotReader {
 public:
  explicit SnapshotReader(BytesView bytes) : in_{bytes} {}

  template <class T>
  void take(const char* name, T& into) {
    if (!fault_.empty()) return;
    into = in_.get<T>();
    if (!in_.failed()) return;
    fault_ = "Error reading field '";
    fault_ += name;
    fault_ += "': java.nio.BufferUnderflowException";
  }
  size_t left() const { return in_.remaining(); }
  const std::string& fault() const { return fault_; }

 private:
  Cursor in_;
  std::string fault_;
};

std::string in_entries(std::string_view fault) {
  std::string text = "Error reading field 'producer_entries': ";
  text.append(fault);
  return text;
}

// What Kafka's schema says against the bytes; empty when they are as they should be.
std::string parse_snapshot(BytesView bytes, int16_t& version, uint32_t& crc,
                           std::vector<SnapshotEntry>& entries) {
  SnapshotReader in{bytes};
  in.take("version", version);
  in.take("crc", crc);
  int32_t count = 0;
  in.take("producer_entries", count);
  if (!in.fault().empty()) return in.fault();
  const std::string size = std::to_string(count);
  if (count < 0) return in_entries("Array size " + size + " cannot be negative");
  if (static_cast<size_t>(count) > in.left())
    return in_entries("Error reading array of size " + size + ", only " +
                      std::to_string(in.left()) + " bytes available");
  for (int32_t i = 0; i < count && in.fault().empty(); ++i) {
    SnapshotEntry& entry = entries.emplace_back();
    in.take("producer_id", entry.producer);
    in.take("epoch", entry.epoch);
    in.take("last_sequence", entry.sequence);
    in.take("last_offset", entry.offset);
    in.take("offset_delta", entry.delta);
    in.take("timestamp", entry.timestamp);
    in.take("coordinator_epoch", entry.coordinator_epoch);
    in.take("current_txn_first_offset", entry.transaction_start);
  }
  return in.fault().empty() ? std::string() : in_entries(in.fault());
}

}  // namespace

void SegmentDumper::dump_snapshot(const std::filesystem::path& file) {
  constexpr size_t k_entries_at = 6;
  auto bytes = read_file(file);
  if (!bytes) {
    err_ << bytes.error().text() << '\n';
    return;
  }
  int16_t version = 0;
  uint32_t stored = 0;
  std::vector<SnapshotEntry> entries;
  if (auto fault = parse_snapshot(*bytes, version, stored, entries); !fault.empty()) {
    err_ << "Snapshot failed schema validation: " << fault << '\n';
    return;
  }
  if (version != 1) {
    err_ << "Snapshot contained an unknown file version " << version << '\n';
    return;
  }
  const uint32_t computed = crc32c(BytesView(*bytes).substr(k_entries_at));
  if (stored != computed) {
    err_ << "Snapshot is corrupt (CRC is no longer valid). Stored crc: " << stored
         << ". Computed crc: " << computed << '\n';
    return;
  }
  for (const SnapshotEntry& entry : entries) {
    out_ << "producerId: " << entry.producer << " producerEpoch: " << entry.epoch
         << " coordinatorEpoch: " << entry.coordinator_epoch << " currentTxnFirstOffset: "
         << (entry.transaction_start >= 0 ? "Some(" + std::to_string(entry.transaction_start) + ")"
                                          : "None")
         << ' ';
    if (entry.offset >= 0) {
      out_ << "firstSequence: " << record::retreat_sequence(entry.sequence, entry.delta)
           << " lastSequence: " << entry.sequence << " lastOffset: " << entry.offset
           << " offsetDelta: " << entry.delta << " timestamp: " << entry.timestamp;
    }
    out_ << '\n';
  }
}

}  // namespace samsa::tools
