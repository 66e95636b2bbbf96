#include "tools/dump/segment_files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>

#include <cerrno>
#include <charconv>

#include "base/file.h"
#include "tools/refused.h"

namespace samsa::tools {

Result<int64_t> base_offset_of(const std::filesystem::path& file) {
  const std::string name = file.filename();
  const std::string digits = name.substr(0, name.find('.'));
  int64_t offset = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return Error{k_refused, "For input string: \"" + digits + "\""};
  }
  return offset;
}

uint32_t legacy_crc(BytesView message) {
  BytesView covered = message.substr(4);
  return static_cast<uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(covered.data()),
                                       static_cast<uInt>(covered.size())));
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& file) {
  auto descriptor = open_file(file, O_RDONLY | O_CLOEXEC);
  if (!descriptor) return descriptor.error();
  struct stat status {};
  if (::fstat(descriptor->get(), &status) != 0) return storage_error("stat", file, errno);
  const size_t size = static_cast<size_t>(status.st_size);
  if (size == 0) return MappedFile({});
  void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor->get(), 0);
  if (at == MAP_FAILED) return storage_error("map", file, errno);
  return MappedFile({static_cast<const char*>(at), size});
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace samsa::tools
