#include "tools/retention/log_look.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/file.h"
#include "log/log_folder.h"
#include "record/batch.h"
#include "tools/dump/segment_files.h"

namespace samsa::tools {

namespace fs = std::filesystem;

namespace {

// None where there is no file, or no more.
Result<Bytes> entries_of(const fs::path& index, size_t entry_size) {
  std::error_code missing;
  auto content = fs::exists(index, missing) ? read_file(index) : Result<std::string>{Bytes{}};
  if (!content) return fs::exists(index, missing) ? Result<Bytes>{content.error()} : Bytes{};
  content->resize(used_entries(*content, entry_size).size());
  return content;
}

struct Tail {
  int64_t largest_timestamp_ms = k_no_timestamp_ms;
  std::optional<Offset> end;
  int64_t position = 0;  // where the last whole batch ends
};

// What the batches from a position on tell by their headers.
Result<Tail> read_tail(const fs::path& file, int64_t position, int64_t size) {
  auto descriptor = open_file(file, O_RDONLY | O_CLOEXEC);
  if (!descriptor) return descriptor.error();
  Tail tail{.position = position};
  while (position < size) {
    char bytes[record::k_v2_overhead];
    auto got = read_at(descriptor->get(), bytes, position, file);
    if (!got) return got.error();
    auto header = record::peek_header({bytes, *got});
    // What is being written, was torn by a crash or was made larger in advance ends the log.
    if (!header || !*header || *got < record::overhead_of((*header)->magic)) break;
    const auto batch_size = static_cast<int64_t>((*header)->size_in_bytes);
    if (position + batch_size > size) break;
    const record::BatchView batch{bytes, (*header)->size_in_bytes};
    tail.largest_timestamp_ms = std::max(tail.largest_timestamp_ms, batch.max_timestamp());
    tail.end = batch.next_offset();
    tail.position = position += batch_size;
  }
  return tail;
}

struct FoundSegment {
  log::SegmentFacts facts;
  // The offset of the time index's last entry, from the base on.
  int32_t indexed_up_to = 0;
  bool is_file_age = false;
};

Result<FoundSegment> look_at_segment(const fs::path& dir, Offset base, const struct stat& info) {
  FoundSegment found;
  found.facts.base = base;
  found.facts.size = info.st_size;
  auto times = entries_of(dir / log::file_name(base, ".timeindex"), k_time_entry);
  if (!times) return times.error();
  if (!times->empty()) {
    const char* last = times->data() + times->size() - k_time_entry;
    found.facts.largest_timestamp_ms = load_be<int64_t>(last);
    found.indexed_up_to = load_be<int32_t>(last + 8);
  }
  return found;
}

void take_file_age(FoundSegment& found, const struct stat& info) {
  if (found.facts.largest_timestamp_ms >= 0) return;
  found.facts.largest_timestamp_ms =
      int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
  found.is_file_age = true;
}

// Where the batch of that offset, or one before it, begins; 0 where no index tells.
Result<int64_t> position_before(const fs::path& dir, Offset base, int32_t offset) {
  auto offsets = entries_of(dir / log::file_name(base, ".index"), k_offset_entry);
  if (!offsets) return offsets.error();
  return std::max(indexed_position(*offsets, offset), 0);
}

// The files of the active segment's indexes lag behind its records, and not by the same entries.
Result<Offset> look_at_end(const fs::path& dir, FoundSegment& active) {
  const Offset base = active.facts.base;
  auto from = position_before(dir, base, active.indexed_up_to);
  if (!from) return from.error();
  auto tail = read_tail(dir / log::file_name(base, ".log"), *from, active.facts.size);
  if (!tail) return tail.error();
  active.facts.largest_timestamp_ms =
      std::max(active.facts.largest_timestamp_ms, tail->largest_timestamp_ms);
  // One that was made larger in advance holds less than its file.
  if (tail->end || *from == 0) active.facts.size = tail->position;
  return tail->end.value_or(base);
}

std::optional<Offset> known_in(const log::OffsetMap& checkpoint, const TopicPartition& tp) {
  const auto found = checkpoint.find(tp);
  return found == checkpoint.end() ? std::nullopt : std::optional{found->second};
}

Result<std::vector<Offset>> bases_in(const fs::path& dir) {
  std::vector<Offset> bases;
  std::error_code failed;
  for (fs::directory_iterator at{dir, failed}, end; !failed && at != end; at.increment(failed)) {
    const fs::path& path = at->path();
    if (path.extension() != ".log") continue;
    auto base = base_offset_of(path);
    if (base && log::file_name(Offset{*base}, ".log") == path.filename()) bases.emplace_back(*base);
  }
  if (failed) return storage_error("list", dir, failed.value());
  std::ranges::sort(bases);
  return bases;
}

}  // namespace

int64_t LogLook::bytes() const {
  int64_t sum = 0;
  for (const auto& segment : segments) sum += segment.size;
  return sum;
}

Result<DirCheckpoints> DirCheckpoints::read(const fs::path& log_dir) {
  auto log_starts = log::read_offset_checkpoint(log_dir / log::k_log_start_file);
  if (!log_starts) return log_starts.error();
  auto high_watermarks = log::read_offset_checkpoint(log_dir / log::k_high_watermark_file);
  if (!high_watermarks) return high_watermarks.error();
  auto first_dirty = log::read_offset_checkpoint(log_dir / log::k_cleaner_file);
  if (!first_dirty) return first_dirty.error();
  return DirCheckpoints{std::move(*log_starts), std::move(*high_watermarks),
                        std::move(*first_dirty)};
}

Result<std::optional<LogLook>> look_at_log(const fs::path& dir, const TopicPartition& tp,
                                           const DirCheckpoints& checkpoints) {
  const auto is_gone = [](const fs::path& path) {
    std::error_code failed;
    return !fs::exists(path, failed);
  };
  auto bases = bases_in(dir);
  if (!bases && is_gone(dir)) return std::optional<LogLook>{};
  if (!bases) return bases.error();
  LogLook look{.tp = tp};
  for (const Offset base : *bases) {
    const fs::path file = dir / log::file_name(base, ".log");
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) continue;
    auto segment = look_at_segment(dir, base, info);
    Result<Offset> end = base;
    if (segment && base == bases->back()) end = look_at_end(dir, *segment);
    if (!segment || !end) {
      if (is_gone(file)) continue;
      return segment ? end.error() : segment.error();
    }
    look.log_end = *end;
    take_file_age(*segment, info);
    look.segments.push_back(segment->facts);
    look.is_file_age.push_back(segment->is_file_age);
  }
  if (look.segments.empty()) return std::optional<LogLook>{};
  look.log_start = std::max(known_in(checkpoints.log_starts, tp).value_or(Offset{0}),
                            look.segments.front().base);
  look.high_watermark = known_in(checkpoints.high_watermarks, tp);
  look.first_dirty = known_in(checkpoints.first_dirty, tp);
  return std::optional{std::move(look)};
}

}  // namespace samsa::tools
