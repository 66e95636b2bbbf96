#pragma once
// A listener's address: "NAME://host:port" and the security protocol the name stands for.

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/errc.h"

namespace samsa::config {

// Numbers as they go over the wire.
enum class SecurityProtocol : int16_t { plaintext = 0, ssl = 1, sasl_plaintext = 2, sasl_ssl = 3 };
std::string_view name_of(SecurityProtocol protocol);  // "SASL_SSL"

struct Endpoint {
  std::string listener_name;  // upper case
  SecurityProtocol security_protocol = SecurityProtocol::plaintext;
  std::string host;  // empty: all interfaces; an IPv6 address stands without brackets
  int32_t port = 0;

  // "PLAINTEXT://localhost:9092"; an IPv6 host in brackets, nothing for an empty host.
  std::string to_string() const;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Endpoint& e) {
    return out << e.to_string();
  }
};

using ListenerProtocols = std::map<std::string, SecurityProtocol, std::less<>>;

// "CLIENT:PLAINTEXT,REPLICATION:SSL". Errors name the key.
Result<ListenerProtocols> parse_protocol_map(std::string_view text);
Result<SecurityProtocol> parse_security_protocol(std::string_view text, std::string_view key);
// A comma-separated list of endpoints with different names and, where asked for, different ports
// (port 0 may repeat).
Result<std::vector<Endpoint>> parse_endpoints(std::string_view text,
                                              const ListenerProtocols& protocols,
                                              bool distinct_ports);

}  // namespace samsa::config
