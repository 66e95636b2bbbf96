#include "net/addresses.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <cstring>

namespace samsa::net {

std::string numeric_host(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
      ::inet_ntop(AF_INET, v6.s6_addr + 12, text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &v6, text, sizeof text);
    }
  } else {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text,
                sizeof text);
  }
  return text;
}

Result<std::vector<std::string>> numeric_hosts_of(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int status = ::getaddrinfo(name.c_str(), nullptr, &hints, &found); status != 0)
    return Error{Errc::invalid_config,
                 "The host " + name + " cannot be resolved: " + ::gai_strerror(status)};
  std::vector<std::string> hosts;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    sockaddr_storage address{};
    std::memcpy(&address, one->ai_addr, one->ai_addrlen);
    hosts.push_back(numeric_host(address));
  }
  ::freeaddrinfo(found);
  return hosts;
}

}  // namespace samsa::net
