#include "net/socket_buffers.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace samsa::net {
namespace {

// Files in /proc have no size, so they are read by line.
std::string first_line_of(const char* path) {
  std::ifstream in{path};
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace

int32_t receive_buffer_bytes_to_set(int32_t configured_bytes, const std::string& kernel_limits) {
  constexpr int32_t k_left_to_kernel = -1;
  if (configured_bytes <= 0) return k_left_to_kernel;
  std::istringstream in{kernel_limits};
  int64_t smallest = 0, first = 0, largest = 0;
  if (!(in >> smallest >> first >> largest)) return configured_bytes;
  return configured_bytes <= largest ? k_left_to_kernel : configured_bytes;
}

int32_t receive_buffer_bytes_to_set(int32_t configured_bytes) {
  return receive_buffer_bytes_to_set(configured_bytes,
                                     first_line_of("/proc/sys/net/ipv4/tcp_rmem"));
}

int32_t send_buffer_bytes_to_set(int32_t configured_bytes) {
  constexpr int32_t k_least = 192 * 1024;
  return configured_bytes <= 0 ? configured_bytes : std::max(configured_bytes, k_least);
}

}  // namespace samsa::net
