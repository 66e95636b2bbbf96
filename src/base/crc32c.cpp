#include "base/crc32c.h"

#include <isa-l/crc.h>

namespace samsa {

uint32_t crc32c(std::string_view bytes) {
  // ISA-L takes a mutable pointer and an int; it writes nothing, and no frame is larger than 2 GiB.
  auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  return ~crc32_iscsi(data, static_cast<int>(bytes.size()), 0xffffffffu);
}

}  // namespace samsa
