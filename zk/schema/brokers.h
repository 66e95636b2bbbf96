#pragma once
// /brokers/ids, /controller, /controller_epoch, /cluster/id, producer id blocks and /feature, as
// Kafka 2.7 writes them; and the paths that every broker makes sure of at its start.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/errc.h"
#include "base/types.h"

namespace samsa::zk {

inline constexpr std::string_view k_broker_ids_path = "/brokers/ids";
inline constexpr std::string_view k_broker_sequence_path = "/brokers/seqid";
inline constexpr std::string_view k_controller_path = "/controller";
inline constexpr std::string_view k_controller_epoch_path = "/controller_epoch";
inline constexpr std::string_view k_cluster_id_path = "/cluster/id";
inline constexpr std::string_view k_producer_id_block_path = "/latest_producer_id_block";
inline constexpr std::string_view k_feature_path = "/feature";
inline constexpr std::string_view k_log_dir_events_path = "/log_dir_event_notification";
// ZooKeeper appends the number.
inline constexpr std::string_view k_log_dir_event_prefix =
    "/log_dir_event_notification/log_dir_event_";

// In the order in which Kafka makes them, parents first.
std::span<const std::string_view> persistent_paths();

std::string broker_path(BrokerId id);

struct BrokerZnode {
  struct Endpoint {
    std::string listener, security_protocol, host;
    int32_t port = -1;
  };
  std::vector<Endpoint> endpoints;
  std::optional<std::string> rack;
  int64_t timestamp_ms = 0;

  // Version 5. The first endpoint with the PLAINTEXT protocol also fills the old host and port
  // fields.
  Bytes encode() const;
  // Versions 1 to 5.
  static Result<BrokerZnode> decode(BytesView json);
};

Bytes encode_controller(BrokerId id, int64_t timestamp_ms);
Result<BrokerId> decode_controller(BytesView json);
// Of /controller_epoch, which holds a plain number.
Result<ControllerEpoch> decode_controller_epoch(BytesView data);

Bytes encode_cluster_id(std::string_view id);
Result<std::string> decode_cluster_id(BytesView json);

// A block of producer ids, both ends included, and the broker it belongs to.
struct ProducerIdBlock {
  BrokerId broker;
  int64_t first = 0, last = 0;
  Bytes encode() const;
  static Result<ProducerIdBlock> decode(BytesView json);
};

// A log directory of the broker has failed (KIP-112).
Bytes encode_log_dir_event(BrokerId id);
Result<BrokerId> decode_log_dir_event(BytesView json);

// No features finalised, enabled: what a 2.7 controller creates.
Bytes encode_empty_feature();

}  // namespace samsa::zk
