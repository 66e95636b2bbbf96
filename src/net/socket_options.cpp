#include "net/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

#include "base/file.h"
#include "net/addresses.h"

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
  constexpr int32_t k_least = 256 * 1024;
  return configured_bytes <= 0 ? configured_bytes : std::max(configured_bytes, k_least);
}

bool is_within_machine(const sockaddr_storage& peer, const sockaddr_storage& own) {
  const std::string host = numeric_host(peer);
  return host.starts_with("127.") || host == numeric_host(own);
}

std::string leave_bbr(int listening_socket) {
  char name[16] = "";  // TCP_CA_NAME_MAX of the kernel
  socklen_t length = sizeof name - 1;
  if (::getsockopt(listening_socket, IPPROTO_TCP, TCP_CONGESTION, name, &length) != 0 ||
      !std::string_view{name}.starts_with("bbr"))
    return {};
  const std::string instead = "reno";  // in every kernel
  // Whoever may not have it back keeps it.
  const FileDescriptor probe{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const bool may = set_congestion_control(probe.get(), instead) &&
                   set_congestion_control(probe.get(), name) &&
                   set_congestion_control(listening_socket, instead);
  return may ? name : "";
}

bool set_congestion_control(int socket, const std::string& name) {
  return ::setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name.data(),
                      static_cast<socklen_t>(name.size())) == 0;
}

}  // namespace samsa::net
