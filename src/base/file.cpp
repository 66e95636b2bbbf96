#include "base/file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace samsa {

void FileDescriptor::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

bool is_among_last_descriptors(int fd, int reserve) {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  return static_cast<rlim_t>(fd) +
             std::min<rlim_t>(static_cast<rlim_t>(reserve), limit.rlim_cur / 8) >=
         limit.rlim_cur;
}

Error storage_error(std::string_view operation, const std::filesystem::path& path,
                    int error_number) {
  return {Errc::kafka_storage_error,
          std::string(operation) + ' ' + path.string() + ": " + std::strerror(error_number)};
}

Result<FileDescriptor> open_file(const std::filesystem::path& path, int flags, int mode) {
  FileDescriptor file{::open(path.c_str(), flags | O_CLOEXEC, mode)};
  if (!file) return storage_error("open", path, errno);
  return file;
}

Result<std::string> read_file(const std::filesystem::path& path) {
  auto file = open_file(path, O_RDONLY | O_NONBLOCK);  // which a FIFO without a writer needs
  if (!file) return file.error();
  struct stat status {};
  if (::fstat(file->get(), &status) != 0) return storage_error("stat", path, errno);
  if (!S_ISREG(status.st_mode)) return storage_error("read", path, EINVAL);
  if (status.st_size > INT32_MAX)
    return Error{Errc::corrupt_message, path.string() + " has " + std::to_string(status.st_size) +
                                            " bytes, more than any such file needs"};
  std::string content(static_cast<size_t>(status.st_size), '\0');
  auto count = read_at(file->get(), content, 0, path);
  if (!count) return count.error();
  content.resize(*count);
  return content;
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view content) {
  auto temporary = path;
  temporary += ".tmp";
  {
    auto file = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) return file.error();
    if (auto written = write_all_at(file->get(), content, 0, temporary); !written)
      return written.error();
    if (::fdatasync(file->get()) != 0) return storage_error("sync", temporary, errno);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return storage_error("rename to", path, errno);
  return sync_directory(path.parent_path());
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  auto file = open_file(directory.empty() ? "." : directory, O_RDONLY | O_DIRECTORY);
  if (!file) return file.error();
  if (::fsync(file->get()) != 0) return storage_error("sync", directory, errno);
  return ok();
}

Result<void> write_all_at(int fd, std::string_view bytes, int64_t position,
                          const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), position);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return storage_error("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(n));
    position += n;
  }
  return ok();
}

Result<size_t> read_at(int fd, std::span<char> into, int64_t position,
                       const std::filesystem::path& path) {
  size_t done = 0;
  while (done < into.size()) {
    const ssize_t n =
        ::pread(fd, into.data() + done, into.size() - done, position + static_cast<int64_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return storage_error("read", path, errno);
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

}  // namespace samsa
