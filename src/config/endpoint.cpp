#include "config/endpoint.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "config/key.h"

namespace samsa::config {
namespace {

constexpr std::string_view k_host_characters =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-%._:";

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

// Splits at commas, leaves empty parts out.
std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts = split_list(text);
  std::erase(parts, "");
  return parts;
}

Result<Endpoint> parse_endpoint(std::string_view text, const ListenerProtocols& protocols) {
  const auto unparsable = [&] {
    return Error{Errc::invalid_config,
                 "Unable to parse " + std::string(text) + " to a broker endpoint"};
  };
  const size_t separator = text.rfind("://");
  if (separator == std::string_view::npos) return unparsable();
  std::string_view host = text.substr(separator + 3);
  const size_t colon = host.rfind(':');
  if (colon == std::string_view::npos) return unparsable();
  const std::string_view port = host.substr(colon + 1);
  host = host.substr(0, colon);
  if (host.starts_with('[')) host.remove_prefix(1);
  if (host.ends_with(']')) host.remove_suffix(1);
  Endpoint endpoint;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error == std::errc::invalid_argument || end != port.data() + port.size()) return unparsable();
  constexpr int32_t k_port_max = 65535;
  if (error != std::errc{} || endpoint.port < 0 || endpoint.port > k_port_max)
    return Error{Errc::invalid_config, "port out of range:" + std::string(port) + " in " +
                                           std::string(text) + ". Ports are 0 to 65535."};
  if (host.find_first_not_of(k_host_characters) != std::string_view::npos) return unparsable();
  endpoint.listener_name = upper(text.substr(0, separator));
  endpoint.host = host;
  const auto protocol = protocols.find(endpoint.listener_name);
  if (protocol == protocols.end())
    return Error{Errc::invalid_config, "No security protocol defined for listener " +
                                           endpoint.listener_name +
                                           ". Add it to listener.security.protocol.map."};
  endpoint.security_protocol = protocol->second;
  return endpoint;
}

Result<void> check_distinct(std::string_view text, const std::vector<Endpoint>& endpoints,
                            bool ports_too) {
  std::set<std::string_view> names;
  std::set<int32_t> ports;
  for (const Endpoint& e : endpoints) {
    if (!names.insert(e.listener_name).second)
      return Error{Errc::invalid_config,
                   "requirement failed: Each listener must have a different name, listeners: " +
                       std::string(text)};
    if (ports_too && e.port != 0 && !ports.insert(e.port).second)
      return Error{Errc::invalid_config,
                   "requirement failed: Each listener must have a different port, listeners: " +
                       std::string(text)};
  }
  return ok();
}

}  // namespace

std::string_view name_of(SecurityProtocol protocol) {
  switch (protocol) {
    case SecurityProtocol::plaintext:
      return "PLAINTEXT";
    case SecurityProtocol::ssl:
      return "SSL";
    case SecurityProtocol::sasl_plaintext:
      return "SASL_PLAINTEXT";
    case SecurityProtocol::sasl_ssl:
      return "SASL_SSL";
  }
  return "PLAINTEXT";
}

std::string Endpoint::to_string() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return listener_name + "://" + (ipv6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

Result<SecurityProtocol> parse_security_protocol(std::string_view text, std::string_view key) {
  const std::string name = upper(text);
  for (const auto protocol : {SecurityProtocol::plaintext, SecurityProtocol::ssl,
                              SecurityProtocol::sasl_plaintext, SecurityProtocol::sasl_ssl})
    if (name_of(protocol) == name) return protocol;
  return Error{Errc::invalid_config, "Invalid security protocol `" + std::string(text) +
                                         "` defined in " + std::string(key)};
}

Result<ListenerProtocols> parse_protocol_map(std::string_view text) {
  constexpr std::string_view key = "listener.security.protocol.map";
  ListenerProtocols protocols;
  for (const std::string& pair : split_list(text)) {
    const size_t colon = pair.rfind(':');
    if (colon == std::string::npos)
      return Error{Errc::invalid_config, "Error parsing configuration property '" +
                                             std::string(key) + "': '" + pair +
                                             "' is not of the form NAME:PROTOCOL"};
    auto protocol = parse_security_protocol(trim(std::string_view(pair).substr(colon + 1)), key);
    if (!protocol) return protocol.error();
    protocols[upper(trim(std::string_view(pair).substr(0, colon)))] = *protocol;
  }
  return protocols;
}

Result<std::vector<Endpoint>> parse_endpoints(std::string_view text,
                                              const ListenerProtocols& protocols,
                                              bool distinct_ports) {
  std::vector<Endpoint> endpoints;
  for (const std::string& part : parts_of(text)) {
    auto endpoint = parse_endpoint(part, protocols);
    if (!endpoint)
      return Error{Errc::invalid_config, "Error creating broker listeners from '" +
                                             std::string(text) + "': " + endpoint.error().message};
    endpoints.push_back(std::move(*endpoint));
  }
  if (auto distinct = check_distinct(text, endpoints, distinct_ports); !distinct)
    return distinct.error();
  return endpoints;
}

}  // namespace samsa::config
