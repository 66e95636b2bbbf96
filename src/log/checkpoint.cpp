#include "log/checkpoint.h"

#include <fcntl.h>

#include <charconv>

#include "base/file.h"

namespace samsa::log {
namespace {

Error malformed(const std::filesystem::path& path, std::string_view line) {
  return {Errc::kafka_storage_error,
          "Malformed line in checkpoint file (" + path.string() + "): " + std::string(line)};
}

template <class T>
bool parse_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

 private:
  std::string_view rest_;
};

// Checks version and count, and hands every entry's line to `visit`, which answers whether it is
// well formed.
template <class Visit>
Result<void> parse(std::string_view text, const std::filesystem::path& path, Visit visit) {
  Lines lines{text};
  const auto version_line = lines.next();
  if (!version_line) return ok();
  int version = -1;
  if (!parse_number(*version_line, version) || version != 0) return malformed(path, *version_line);
  const auto count_line = lines.next();
  int64_t expected = -1;
  if (!count_line || !parse_number(*count_line, expected) || expected < 0) {
    return malformed(path, count_line.value_or(""));
  }
  int64_t seen = 0;
  while (auto line = lines.next()) {
    if (!visit(*line)) return malformed(path, *line);
    ++seen;
  }
  if (seen == expected) return ok();
  return Error{Errc::kafka_storage_error, "Expected " + std::to_string(expected) +
                                              " entries in checkpoint file (" + path.string() +
                                              "), but found only " + std::to_string(seen)};
}

template <class T, class Parse>
Result<T> read_or_empty(const std::filesystem::path& path, Parse parse_text) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return T{};
  auto text = read_file(path);
  if (!text) return text.error();
  return parse_text(*text, path);
}

}  // namespace

Result<OffsetMap> parse_offset_checkpoint(std::string_view text,
                                          const std::filesystem::path& path) {
  // Records come after it, and no log has got that far.
  constexpr int64_t k_most = INT64_MAX - INT32_MAX;
  OffsetMap offsets;
  auto parsed = parse(text, path, [&](std::string_view line) {
    const size_t second = line.rfind(' ');
    if (second == std::string_view::npos || second == 0) return false;
    const size_t first = line.rfind(' ', second - 1);
    if (first == std::string_view::npos || first == 0) return false;
    int32_t partition = 0;
    int64_t offset = 0;
    if (!parse_number(line.substr(first + 1, second - first - 1), partition)) return false;
    if (!parse_number(line.substr(second + 1), offset) || offset > k_most) return false;
    offsets[{std::string(line.substr(0, first)), partition}] = Offset{offset};
    return true;
  });
  if (!parsed) return parsed.error();
  return offsets;
}

Result<OffsetMap> read_offset_checkpoint(const std::filesystem::path& path) {
  return read_or_empty<OffsetMap>(path, parse_offset_checkpoint);
}

Result<void> write_offset_checkpoint(const std::filesystem::path& path, const OffsetMap& offsets) {
  std::string text = "0\n" + std::to_string(offsets.size()) + '\n';
  for (const auto& [tp, offset] : offsets) {
    text += tp.topic + ' ' + std::to_string(tp.partition) + ' ' + std::to_string(offset.value());
    text += '\n';
  }
  return replace_file(path, text);
}

Result<std::vector<EpochEntry>> parse_epoch_checkpoint(std::string_view text,
                                                       const std::filesystem::path& path) {
  std::vector<EpochEntry> entries;
  auto parsed = parse(text, path, [&](std::string_view line) {
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) return false;
    int32_t epoch = 0;
    int64_t offset = 0;
    if (!parse_number(line.substr(0, space), epoch)) return false;
    if (!parse_number(line.substr(space + 1), offset)) return false;
    entries.push_back({LeaderEpoch{epoch}, Offset{offset}});
    return true;
  });
  if (!parsed) return parsed.error();
  return entries;
}

Result<std::vector<EpochEntry>> read_epoch_checkpoint(const std::filesystem::path& path) {
  const auto parse_written = [](std::string_view text, const std::filesystem::path& from) {
    // A file system may have kept the renaming and lost the bytes, as nobody had synced them.
    if (text.empty()) return Result<std::vector<EpochEntry>>{malformed(from, text)};
    return parse_epoch_checkpoint(text, from);
  };
  return read_or_empty<std::vector<EpochEntry>>(path, parse_written);
}

Result<void> write_epoch_checkpoint(const std::filesystem::path& path,
                                    const std::vector<EpochEntry>& entries) {
  std::string text = "0\n" + std::to_string(entries.size()) + '\n';
  for (const auto& entry : entries) {
    text += std::to_string(entry.epoch.value()) + ' ' + std::to_string(entry.start_offset.value());
    text += '\n';
  }
  // Not synced: a partition's creation must not cost a disk round trip. Log::flush() syncs it
  // before the recovery point passes the epoch's first record; recovery finds epochs in batches.
  const std::filesystem::path temporary = path.string() + ".tmp";
  auto file = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
  if (!file) return file.error();
  if (auto r = write_all_at(file->get(), text, 0, temporary); !r) return r;
  std::error_code failure;
  std::filesystem::rename(temporary, path, failure);
  if (failure) return storage_error("rename", path, failure.value());
  return ok();
}

}  // namespace samsa::log
