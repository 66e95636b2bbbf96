#include "zk/schema/brokers.h"

#include <array>
#include <charconv>

#include "zk/schema/json.h"

namespace samsa::zk {
namespace {

std::optional<int64_t> int64_text(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  int64_t number = 0;
  const std::string text(value->as_string());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "NAME://host:port", the host perhaps an IPv6 address in brackets.
std::optional<BrokerZnode::Endpoint> parse_endpoint(std::string_view text) {
  const auto scheme = text.find("://");
  const auto colon = text.rfind(':');
  if (scheme == std::string_view::npos || colon < scheme + 3) return std::nullopt;
  const auto port = parse_int32(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(scheme + 3, colon - scheme - 3);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return BrokerZnode::Endpoint{.listener = std::string(text.substr(0, scheme)),
                               .security_protocol = std::string(text.substr(0, scheme)),
                               .host = std::string(host),
                               .port = *port};
}

// `complaint` goes before what has no such field.
Result<BrokerId> broker_in(BytesView json, std::string_view field, std::string_view complaint) {
  auto object = parse_object(json);
  if (!object) return object.error();
  const auto id = int32_of(*object, field);
  if (!id) return Error{Errc::invalid_request, std::string(complaint) + ": " + shown(json)};
  return BrokerId{*id};
}

}  // namespace

std::span<const std::string_view> persistent_paths() {
  static constexpr std::array<std::string_view, 17> k_paths = {"/consumers",
                                                               "/brokers",
                                                               "/brokers/ids",
                                                               "/brokers/topics",
                                                               "/config",
                                                               "/config/changes",
                                                               "/admin",
                                                               "/admin/delete_topics",
                                                               "/brokers/seqid",
                                                               "/isr_change_notification",
                                                               "/latest_producer_id_block",
                                                               k_log_dir_events_path,
                                                               "/config/topics",
                                                               "/config/clients",
                                                               "/config/users",
                                                               "/config/brokers",
                                                               "/cluster"};
  return k_paths;
}

std::string broker_path(BrokerId id) {
  return std::string(k_broker_ids_path) + '/' + std::to_string(id.value());
}

Bytes BrokerZnode::encode() const {
  Bytes out = R"({"features":{},"listener_security_protocol_map":{)";
  for (size_t i = 0; i < endpoints.size(); ++i)
    out += (i > 0 ? "," : "") + json_string(endpoints[i].listener) + ':' +
           json_string(endpoints[i].security_protocol);
  out += R"(},"endpoints":[)";
  const Endpoint* plain = nullptr;
  for (size_t i = 0; i < endpoints.size(); ++i) {
    const Endpoint& endpoint = endpoints[i];
    const bool is_v6 = endpoint.host.find(':') != std::string::npos;
    out += (i > 0 ? "," : "") + json_string(endpoint.listener + "://" +
                                            (is_v6 ? '[' + endpoint.host + ']' : endpoint.host) +
                                            ':' + std::to_string(endpoint.port));
    if (plain == nullptr && endpoint.security_protocol == "PLAINTEXT") plain = &endpoint;
  }
  out += ']';
  if (rack) out += R"(,"rack":)" + json_string(*rack);
  out += R"(,"jmx_port":-1,"port":)" + std::to_string(plain ? plain->port : -1) + R"(,"host":)" +
         (plain ? json_string(plain->host) : "null") + R"(,"version":5,"timestamp":")" +
         std::to_string(timestamp_ms) + "\"}";
  return out;
}

Result<BrokerZnode> BrokerZnode::decode(BytesView json) {
  auto object = parse_object(json);
  if (!object) return object.error();
  BrokerZnode broker;
  broker.timestamp_ms = int64_text(*object, "timestamp").value_or(-1);
  if (const auto* rack = object->if_contains("rack"); rack && rack->is_string())
    broker.rack = std::string(rack->as_string());
  const auto* endpoints = object->if_contains("endpoints");
  const auto* protocols = object->if_contains("listener_security_protocol_map");
  if (endpoints && endpoints->is_array()) {
    for (const auto& text : endpoints->as_array()) {
      auto endpoint = text.is_string() ? parse_endpoint(text.as_string()) : std::nullopt;
      if (!endpoint)
        return Error{Errc::invalid_request, "not an endpoint: " + boost::json::serialize(text)};
      if (protocols && protocols->is_object())
        if (const auto* name = protocols->as_object().if_contains(endpoint->listener);
            name && name->is_string())
          endpoint->security_protocol = std::string(name->as_string());
      broker.endpoints.push_back(std::move(*endpoint));
    }
    return broker;
  }
  // Version 1: host and port alone.
  const auto* host = object->if_contains("host");
  const auto port = int32_of(*object, "port");
  if (!host || !host->is_string() || !port)
    return Error{Errc::invalid_request, "not a broker registration: " + shown(json)};
  broker.endpoints.push_back({.listener = "PLAINTEXT",
                              .security_protocol = "PLAINTEXT",
                              .host = std::string(host->as_string()),
                              .port = *port});
  return broker;
}

Bytes encode_controller(BrokerId id, int64_t timestamp_ms) {
  return R"({"version":1,"brokerid":)" + std::to_string(id.value()) + R"(,"timestamp":")" +
         std::to_string(timestamp_ms) + "\"}";
}

Result<BrokerId> decode_controller(BytesView json) {
  return broker_in(json, "brokerid", "not a controller");
}

Result<ControllerEpoch> decode_controller_epoch(BytesView data) {
  const auto epoch = parse_int32(data);
  if (!epoch || *epoch < 0) return Error{Errc::invalid_request, "no epoch: " + shown(data)};
  return ControllerEpoch{*epoch};
}

Bytes encode_log_dir_event(BrokerId id) {
  return R"({"version":1,"broker":)" + std::to_string(id.value()) + R"(,"event":1})";
}

Result<BrokerId> decode_log_dir_event(BytesView json) {
  return broker_in(json, "broker", "names no broker");
}

Bytes encode_cluster_id(std::string_view id) {
  return R"({"version":"1","id":)" + json_string(id) + '}';
}

Result<std::string> decode_cluster_id(BytesView json) {
  auto object = parse_object(json);
  if (!object) return object.error();
  const auto* id = object->if_contains("id");
  if (!id || !id->is_string())
    return Error{Errc::invalid_request, "not a cluster id: " + shown(json)};
  return std::string(id->as_string());
}

Bytes ProducerIdBlock::encode() const {
  return R"({"version":1,"broker":)" + std::to_string(broker.value()) + R"(,"block_start":")" +
         std::to_string(first) + R"(","block_end":")" + std::to_string(last) + "\"}";
}

Result<ProducerIdBlock> ProducerIdBlock::decode(BytesView json) {
  auto object = parse_object(json);
  if (!object) return object.error();
  const auto broker = int32_of(*object, "broker");
  const auto first = int64_text(*object, "block_start");
  const auto last = int64_text(*object, "block_end");
  if (!broker || !first || !last)
    return Error{Errc::invalid_request, "not a block of producer ids: " + shown(json)};
  return ProducerIdBlock{BrokerId{*broker}, *first, *last};
}

Bytes encode_empty_feature() { return R"({"features":{},"version":1,"status":1})"; }

}  // namespace samsa::zk
