#include "tools/dump/segment_files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
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
    return Error{k_bad_number, "For input string: \"" + digits + "\""};
  }
  return offset;
}

Result<std::optional<record::BatchView>> batch_at(BytesView bytes, size_t position,
                                                  const std::filesystem::path& file) {
  constexpr int32_t k_smallest = 14;
  std::optional<record::BatchView> none;
  // As many bytes as a header up to its magic has are no batch yet.
  if (bytes.size() - position <= record::k_header_up_to_magic) return none;
  const auto size = load_be<int32_t>(bytes.data() + position + record::layout::k_length);
  if (size < k_smallest)
    return Error{Errc::corrupt_message, "Found record size " + std::to_string(size) +
                                            " smaller than minimum record overhead (" +
                                            std::to_string(k_smallest) + ") in file " +
                                            file.string() + "."};
  if (static_cast<size_t>(size) > bytes.size() - position - record::k_log_overhead) return none;
  auto batch = record::BatchView::parse(bytes.substr(position));
  if (!batch) return batch.error();
  return std::optional{*batch};
}

BytesView used_entries(BytesView index, size_t entry_size) {
  const size_t last = index.find_last_not_of('\0');
  const size_t used = last == BytesView::npos ? 0 : last / entry_size + 1;
  return index.substr(0, std::min(used, index.size() / entry_size) * entry_size);
}

int32_t indexed_position(BytesView offset_index, int64_t relative_offset) {
  size_t low = 0, high = offset_index.size() / k_offset_entry;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (load_be<int32_t>(offset_index.data() + middle * k_offset_entry) <= relative_offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low == 0 ? 0 : load_be<int32_t>(offset_index.data() + (low - 1) * k_offset_entry + 4);
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

void MappedFile::passed(size_t position) const {
  constexpr size_t k_step = size_t{16} << 20;  // a multiple of every page size
  const size_t end = std::min(position, bytes_.size()) / k_step * k_step;
  if (end <= let_go_) return;
  ::madvise(const_cast<char*>(bytes_.data()) + let_go_, end - let_go_, MADV_DONTNEED);
  let_go_ = end;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace samsa::tools
