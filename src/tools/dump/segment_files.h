#pragma once
// Small means of reading a segment's files for people.

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/errc.h"
#include "record/batch.h"

namespace samsa::tools {

// From the name. k_bad_number with Java's sentence where it is no number.
Result<int64_t> base_offset_of(const std::filesystem::path& file);

// The batch at a position of the file's bytes, as Kafka finds it: nothing where there is no whole
// one. CORRUPT_MESSAGE for what can't be a batch.
Result<std::optional<record::BatchView>> batch_at(BytesView bytes, size_t position,
                                                  const std::filesystem::path& file);

constexpr size_t k_offset_entry = 8, k_time_entry = 12;
// The whole entries of an index, without the zeros in which one ends that a crash left behind or
// that a JVM has open.
BytesView used_entries(BytesView index, size_t entry_size);
// Where the batch of that offset, counted from the segment's base, or one before it begins, by an
// offset index; 0 where that tells nothing.
int32_t indexed_position(BytesView offset_index, int64_t relative_offset);

// CRC-32 (IEEE) of a message of v0 or v1: of all that follows its CRC field.
uint32_t legacy_crc(BytesView message);

// A file's bytes without reading them into memory. A file that another process cuts while it is
// read ends this one, which is why only tools do this.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& file);
  MappedFile(MappedFile&& other) noexcept
      : bytes_(std::exchange(other.bytes_, {})), let_go_(other.let_go_) {}
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();
  std::string_view bytes() const { return bytes_; }
  // What lies before the position has been used: it need not stay in memory, and is read again
  // where it is looked at again.
  void passed(size_t position) const;

 private:
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes_;
  mutable size_t let_go_ = 0;  // up to where
};

}  // namespace samsa::tools
