#pragma once
// Addresses as text.

#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/errc.h"

namespace samsa::net {

// Without the port; an IPv4 address that came in over IPv6 in its short form.
std::string numeric_host(const sockaddr_storage& address);

// All addresses of a host name, or the address itself, in the form of numeric_host(). Blocks.
// INVALID_CONFIG when there is none.
Result<std::vector<std::string>> numeric_hosts_of(const std::string& name);

}  // namespace samsa::net
