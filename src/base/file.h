#pragma once
// Files: an owned descriptor and the few durable operations the broker needs. Failures carry the
// path and the reason.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/errc.h"

namespace samsa {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~FileDescriptor() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset(int fd = -1);
  // Hands the descriptor to another owner.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// Whether the descriptor is one of the last that the process may open: as the lowest free number is
// given out, fewer than `reserve` are left then. Of a small limit, an eighth is reserved at most.
bool is_among_last_descriptors(int fd, int reserve);

// A KAFKA_STORAGE_ERROR that names the operation, the path and errno's sentence.
Error storage_error(std::string_view operation, const std::filesystem::path& path,
                    int error_number);

Result<FileDescriptor> open_file(const std::filesystem::path& path, int flags, int mode = 0644);
// A file below 2 GiB, and nothing else: CORRUPT_MESSAGE for a larger one.
Result<std::string> read_file(const std::filesystem::path& path);
// Replaces the file as a whole: writes PATH.tmp, syncs it, renames it over PATH, syncs the
// directory.
Result<void> replace_file(const std::filesystem::path& path, std::string_view content);
// Makes names created in, renamed in or removed from the directory survive a power cut.
Result<void> sync_directory(const std::filesystem::path& directory);
// Writes all of it at the position, however many calls that takes.
Result<void> write_all_at(int fd, std::string_view bytes, int64_t position,
                          const std::filesystem::path& path);
// Reads until the span is full or the file ends; the count read.
Result<size_t> read_at(int fd, std::span<char> into, int64_t position,
                       const std::filesystem::path& path);

}  // namespace samsa
