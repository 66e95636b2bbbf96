#include "net/socket_buffers.h"

#include <fstream>
#include <sstream>

namespace samsa::net {
namespace {

constexpr int32_t k_left_to_kernel = -1;

int32_t for_this_machine(int32_t configured_bytes, const char* limits_path) {
  // Files in /proc have no size, so they are read by line.
  std::ifstream in{limits_path};
  std::string limits;
  std::getline(in, limits);
  return buffer_bytes_to_set(configured_bytes, limits);
}

}  // namespace

int32_t buffer_bytes_to_set(int32_t configured_bytes, const std::string& kernel_limits) {
  if (configured_bytes <= 0) return k_left_to_kernel;
  std::istringstream in{kernel_limits};
  int64_t smallest = 0, first = 0, largest = 0;
  if (!(in >> smallest >> first >> largest)) return configured_bytes;
  return configured_bytes <= largest ? k_left_to_kernel : configured_bytes;
}

int32_t receive_buffer_bytes_to_set(int32_t configured_bytes) {
  return for_this_machine(configured_bytes, "/proc/sys/net/ipv4/tcp_rmem");
}

int32_t send_buffer_bytes_to_set(int32_t configured_bytes) {
  return for_this_machine(configured_bytes, "/proc/sys/net/ipv4/tcp_wmem");
}

}  // namespace samsa::net
