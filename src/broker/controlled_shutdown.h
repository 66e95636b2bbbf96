#pragma once
// The polite way to leave: the controller moves this broker's leaderships away before it stops.

#include <string>

#include "base/types.h"
#include "config/broker_config.h"
#include "runtime/task.h"
#include "zk/client/client.h"

namespace samsa::broker {

// Asks the controller, whoever that is at the time, up to controlled.shutdown.max.retries times.
// True when it has taken everything over. On the loop given.
runtime::Task<bool> controlled_shutdown(zk::Client& zookeeper, runtime::EventLoop& loop,
                                        std::shared_ptr<const config::BrokerConfig> config,
                                        BrokerId self, BrokerEpoch epoch);

}  // namespace samsa::broker
