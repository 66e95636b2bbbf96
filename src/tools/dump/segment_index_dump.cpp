// dump-log: offset index, time index and producer snapshot.

#include <algorithm>

#include "base/crc32c.h"
#include "base/file.h"
#include "record/record.h"
#include "tools/dump/segment_dump.h"
#include "tools/dump/segment_files.h"

namespace samsa::tools {

namespace {

constexpr size_t k_offset_entry = 8;
constexpr size_t k_time_entry = 12;

struct OffsetEntry {
  int64_t offset = 0;
  int32_t position = 0;
};
struct TimeEntry {
  int64_t timestamp = 0;
  int64_t offset = 0;
};

OffsetEntry offset_entry(BytesView bytes, size_t i, int64_t base) {
  const char* at = bytes.data() + i * k_offset_entry;
  return {base + load_be<int32_t>(at), load_be<int32_t>(at + 4)};
}
TimeEntry time_entry(BytesView bytes, size_t i, int64_t base) {
  const char* at = bytes.data() + i * k_time_entry;
  return {load_be<int64_t>(at), base + load_be<int32_t>(at + 8)};
}

std::filesystem::path sibling(const std::filesystem::path& file, std::string_view suffix) {
  const std::string name = file.filename();
  return std::filesystem::absolute(file).parent_path() /
         (name.substr(0, name.find('.')) + std::string(suffix));
}

// The position of the last indexed batch at or before the offset.
size_t lookup(BytesView index, int64_t base, int64_t offset) {
  size_t position = 0;
  for (size_t i = 0; i < index.size() / k_offset_entry; ++i) {
    const OffsetEntry entry = offset_entry(index, i, base);
    if (entry.offset > offset || (i > 0 && entry.offset == base)) break;
    position = static_cast<size_t>(entry.position);
  }
  return position;
}

Result<void> check_offset_index(const std::string& path, BytesView bytes, int64_t base) {
  const size_t entries = bytes.size() / k_offset_entry;
  const int64_t last = entries == 0 ? base : offset_entry(bytes, entries - 1, base).offset;
  if (entries != 0 && last < base) {
    return Error{Errc::corrupt_message,
                 "Corrupt index found, index file (" + path +
                     ") has non-zero size but the last offset is " + std::to_string(last) +
                     " which is less than the base offset " + std::to_string(base) + "."};
  }
  if (bytes.size() % k_offset_entry != 0) {
    return Error{Errc::corrupt_message,
                 "Index file " + path + " is corrupt, found " + std::to_string(bytes.size()) +
                     " bytes which is neither positive nor a multiple of 8."};
  }
  return ok();
}

Result<void> check_time_index(const std::string& path, BytesView bytes, int64_t base) {
  const size_t entries = bytes.size() / k_time_entry;
  if (entries != 0) {
    const TimeEntry last = time_entry(bytes, entries - 1, base);
    const TimeEntry first = time_entry(bytes, 0, base);
    const std::string found =
        "Corrupt time index found, time index file (" + path + ") has non-zero size but the last ";
    if (last.timestamp < first.timestamp) {
      return Error{Errc::corrupt_message, found + "timestamp is " + std::to_string(last.timestamp) +
                                              " which is less than the first timestamp " +
                                              std::to_string(first.timestamp)};
    }
    if (last.offset < base) {
      return Error{Errc::corrupt_message, found + "offset is " + std::to_string(last.offset) +
                                              " which is less than the first offset " +
                                              std::to_string(base)};
    }
  }
  if (bytes.size() % k_time_entry != 0) {
    return Error{Errc::corrupt_message, "Time index file " + path + " is corrupt, found " +
                                            std::to_string(bytes.size()) +
                                            " bytes which is neither positive nor a multiple of "
                                            "12."};
  }
  return ok();
}

struct Index {
  std::string path;
  int64_t base = 0;
  Bytes bytes;
  MappedFile log;
};

// Nothing where the options ask for the index's sanity only, which it then has.
Result<std::optional<Index>> open_index(
    const std::filesystem::path& file, const DumpOptions& options,
    Result<void> (*check)(const std::string&, BytesView, int64_t), std::ostream& out) {
  auto base = base_offset_of(file);
  if (!base) return base.error();
  auto bytes = read_file(file);
  if (!bytes) return bytes.error();
  std::string path = std::filesystem::absolute(file);
  if (options.index_sanity_only) {
    if (auto sane = check(path, *bytes, *base); !sane) return sane.error();
    out << file.string() << " passed sanity check.\n";
    return std::optional<Index>{};
  }
  auto log = MappedFile::open(sibling(file, ".log"));
  if (!log) return log.error();
  return std::optional<Index>{Index{std::move(path), *base, std::move(*bytes), std::move(*log)}};
}

}  // namespace

Result<void> SegmentDumper::dump_index(const std::filesystem::path& file) {
  auto opened = open_index(file, options_, check_offset_index, out_);
  if (!opened || !*opened) return opened ? Result<void>(ok()) : opened.error();
  const auto& [path, base, index, log] = **opened;
  for (size_t i = 0; i < index.size() / k_offset_entry; ++i) {
    const OffsetEntry entry = offset_entry(index, i, base);
    // The rest of an index that a crash left behind is zeroes.
    if (entry.offset == base && i > 0) break;
    const size_t position = std::min(static_cast<size_t>(entry.position), log.bytes().size());
    record::BatchIterator batches{
        log.bytes().substr(position, static_cast<size_t>(options_.max_message_size))};
    auto batch = batches.next();
    if (!batch) return batch.error();
    if (!*batch)
      return Error{Errc::corrupt_message, "no batch at position " + std::to_string(position)};
    const int64_t last = (*batch)->last_offset().value();
    if (last != entry.offset) index_mismatches_[path].emplace_back(entry.offset, last);
    if (!options_.verify_only) {
      out_ << "offset: " << entry.offset << " position: " << entry.position << '\n';
    }
  }
  return ok();
}

Result<void> SegmentDumper::dump_time_index(const std::filesystem::path& file) {
  auto opened = open_index(file, options_, check_time_index, out_);
  if (!opened || !*opened) return opened ? Result<void>(ok()) : opened.error();
  const auto& [path, base, index, log] = **opened;
  auto offsets = read_file(sibling(file, ".index"));
  if (!offsets) return offsets.error();
  int64_t previous = -1;
  for (size_t i = 0; i < index.size() / k_time_entry; ++i) {
    const TimeEntry entry = time_entry(index, i, base);
    if (entry.offset == base && i > 0) break;
    const size_t position = std::min(lookup(*offsets, base, entry.offset), log.bytes().size());
    record::BatchIterator batches{log.bytes().substr(position)};
    std::optional<record::BatchView> found;
    for (;;) {
      auto batch = batches.next();
      if (!batch) return batch.error();
      if (!*batch) break;
      if ((*batch)->last_offset().value() < entry.offset) continue;
      found = **batch;
      break;
    }
    if (!found || found->last_offset().value() != entry.offset) {
      offsets_not_found_[path].emplace_back(entry.offset,
                                            found ? found->last_offset().value() : int64_t{-1});
    } else {
      int64_t largest = -1;
      auto read = record::for_each_record(*found, [&](const record::Record& record) {
        largest = std::max(largest, record.timestamp_ms);
      });
      if (!read) return read;
      if (largest != entry.timestamp) {
        timestamp_mismatches_[path].emplace_back(entry.timestamp, largest);
      }
      if (previous >= entry.timestamp) {
        timestamps_out_of_order_[path].emplace_back(entry.timestamp, previous);
      }
    }
    if (!options_.verify_only) {
      out_ << "timestamp: " << entry.timestamp << " offset: " << entry.offset << '\n';
    }
    previous = entry.timestamp;
  }
  return ok();
}

void SegmentDumper::dump_snapshot(const std::filesystem::path& file) {
  constexpr size_t k_entries_at = 6;
  auto bytes = read_file(file);
  if (!bytes) {
    err_ << bytes.error().text() << '\n';
    return;
  }
  Cursor in{*bytes};
  const int16_t version = in.get<int16_t>();
  const uint32_t stored = in.get<uint32_t>();
  const int32_t count = in.get<int32_t>();
  if (in.failed()) {
    err_ << "Snapshot failed schema validation: Error reading the header\n";
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
  for (int32_t i = 0; i < count && !in.failed(); ++i) {
    const int64_t producer = in.get<int64_t>();
    const int16_t epoch = in.get<int16_t>();
    const int32_t sequence = in.get<int32_t>();
    const int64_t offset = in.get<int64_t>();
    const int32_t delta = in.get<int32_t>();
    const int64_t timestamp = in.get<int64_t>();
    const int32_t coordinator_epoch = in.get<int32_t>();
    const int64_t open = in.get<int64_t>();
    if (in.failed()) break;
    out_ << "producerId: " << producer << " producerEpoch: " << epoch
         << " coordinatorEpoch: " << coordinator_epoch << " currentTxnFirstOffset: "
         << (open >= 0 ? "Some(" + std::to_string(open) + ")" : "None") << ' ';
    if (offset >= 0) {
      out_ << "firstSequence: " << record::retreat_sequence(sequence, delta)
           << " lastSequence: " << sequence << " lastOffset: " << offset
           << " offsetDelta: " << delta << " timestamp: " << timestamp;
    }
    out_ << '\n';
  }
}

}  // namespace samsa::tools
