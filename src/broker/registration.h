#pragma once
// This broker's place in the cluster: the permanent znodes, the cluster's id, the broker's id, and
// its registration.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/errc.h"
#include "base/types.h"
#include "config/broker_config.h"
#include "runtime/task.h"
#include "zk/client/client.h"
#include "zk/schema/brokers.h"

namespace samsa::broker {

// Makes what is missing of the paths that every broker relies on, and gives the cluster's id: a new
// one when the cluster is new.
runtime::Task<Result<std::string>> enter_cluster(zk::Client& zookeeper);

// An id above `reserved_max` that no broker had before.
runtime::Task<Result<BrokerId>> generate_broker_id(zk::Client& zookeeper, int32_t reserved_max);

// How many partitions the topic has; nothing when there is no such topic.
runtime::Task<Result<std::optional<int32_t>>> partition_count(zk::Client& zookeeper,
                                                              std::string topic);

// Registers and gives the broker epoch. A registration left by this broker's former session is
// waited out; one of somebody else is an error that names it. That of `expired_session`, of which
// this process knows that it was its own, is removed (0: none), as a server may keep it for good
// (ZOOKEEPER-2985, KAFKA-7165).
runtime::Task<Result<BrokerEpoch>> register_broker(zk::Client& zookeeper, BrokerId id,
                                                   Bytes registration, milliseconds patience,
                                                   int64_t expired_session = 0);

// The end points of the registered brokers by the brokers' ids; none of one whose registration
// nobody can read.
using RegisteredEndpoints = std::map<std::string, std::vector<zk::BrokerZnode::Endpoint>>;
runtime::Task<Result<RegisteredEndpoints>> registered_endpoints(zk::Client& zookeeper);

// INVALID_CONFIG where clients that look for this broker would find another one, as a living one
// has registered the same address.
Result<void> check_endpoints_free(const RegisteredEndpoints& registered, BrokerId id,
                                  const std::vector<config::Endpoint>& advertised);

// What /brokers/ids/N says of this broker; `ports` replaces the ports of listeners on port 0, by
// listener name.
Bytes registration_of(const config::BrokerConfig& config,
                      const std::map<std::string, int32_t>& ports, int64_t now_ms);

// Lets the controller ask which replicas this broker has lost with one of its log directories
// (KIP-112). Tries until it is written.
runtime::Task<void> announce_log_dir_failure(zk::Client& zookeeper, BrokerId id);

}  // namespace samsa::broker
