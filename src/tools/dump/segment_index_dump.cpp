// dump-log: offset index and time index.

#include <algorithm>

#include "base/file.h"
#include "record/record.h"
#include "tools/dump/segment_dump.h"
#include "tools/dump/segment_files.h"
#include "tools/refused.h"

namespace samsa::tools {

namespace {

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

// Of the log, from the position that an index tells; Kafka's sentences for one outside of it.
Result<std::string_view> slice_from(const MappedFile& log, const std::filesystem::path& path,
                                    int32_t position) {
  const size_t size = log.bytes().size();
  if (position >= 0 && static_cast<size_t>(position) <= size)
    return log.bytes().substr(static_cast<size_t>(position));
  const std::string at = std::to_string(position);
  const std::string records = "FileRecords(size=" + std::to_string(size) +
                              ", file=" + path.string() + ", start=0, end=2147483647)";
  return Error{k_refused,
               position < 0 ? "Invalid position: " + at + " in read from " + records
                            : "Slice from position " + at + " exceeds end position of " + records};
}

Result<void> check_offset_index(const std::string& path, BytesView bytes, int64_t base) {
  const size_t entries = bytes.size() / k_offset_entry;
  const int64_t last = entries == 0 ? base : offset_entry(bytes, entries - 1, base).offset;
  if (entries != 0 && last < base) {
    return Error{k_corrupt_index,
                 "Corrupt index found, index file (" + path +
                     ") has non-zero size but the last offset is " + std::to_string(last) +
                     " which is less than the base offset " + std::to_string(base) + "."};
  }
  if (bytes.size() % k_offset_entry != 0) {
    return Error{k_corrupt_index, "Index file " + path + " is corrupt, found " +
                                      std::to_string(bytes.size()) +
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
      return Error{k_corrupt_index, found + "timestamp is " + std::to_string(last.timestamp) +
                                        " which is less than the first timestamp " +
                                        std::to_string(first.timestamp)};
    }
    if (last.offset < base) {
      return Error{k_corrupt_index, found + "offset is " + std::to_string(last.offset) +
                                        " which is less than the first offset " +
                                        std::to_string(base)};
    }
  }
  if (bytes.size() % k_time_entry != 0) {
    return Error{k_corrupt_index, "Time index file " + path + " is corrupt, found " +
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
    auto rest = slice_from(log, sibling(file, ".log"), entry.position);
    if (!rest) return rest.error();
    const auto most = static_cast<size_t>(std::max(options_.max_message_size, 0));
    auto batch = batch_at(rest->substr(0, most), 0, sibling(file, ".log"));
    if (!batch) return batch.error();
    if (!*batch)
      return Error{k_no_element, "no whole batch of at most " +
                                     std::to_string(options_.max_message_size) +
                                     " bytes (--max-message-size) at position " +
                                     std::to_string(entry.position) + " of the log"};
    const int64_t last = (*batch)->last_offset().value();
    log.passed(static_cast<size_t>(entry.position));
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
  auto offset_index = read_file(sibling(file, ".index"));
  if (!offset_index) return offset_index.error();
  const BytesView offsets = used_entries(*offset_index, k_offset_entry);
  int64_t previous = -1;
  for (size_t i = 0; i < index.size() / k_time_entry; ++i) {
    const TimeEntry entry = time_entry(index, i, base);
    if (entry.offset == base && i > 0) break;
    auto rest =
        slice_from(log, sibling(file, ".log"), indexed_position(offsets, entry.offset - base));
    if (!rest) return rest.error();
    log.passed(log.bytes().size() - rest->size());
    std::optional<record::BatchView> found;
    for (size_t at = 0;; at += found->size_in_bytes()) {
      auto batch = batch_at(*rest, at, sibling(file, ".log"));
      if (!batch) return batch.error();
      found = *batch;
      if (!found || found->last_offset().value() >= entry.offset) break;
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

}  // namespace samsa::tools
