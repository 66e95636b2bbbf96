#pragma once
// Which orders of controllers this broker still obeys.

#include <cstdint>
#include <mutex>

#include "base/errc.h"
#include "base/types.h"

namespace samsa::api {

// Thread-safe.
class OrderFence {
 public:
  // STALE_BROKER_EPOCH for an order to an earlier registration of this broker (KIP-380),
  // STALE_CONTROLLER_EPOCH for one of a deposed controller; else NONE, and the controller's epoch
  // is remembered.
  Errc admit(int32_t controller_epoch, int64_t order_broker_epoch);

  void set_broker_epoch(BrokerEpoch epoch) {
    std::scoped_lock hold(mutex_);
    broker_epoch_ = epoch.value();
  }
  BrokerEpoch broker_epoch() const {
    std::scoped_lock hold(mutex_);
    return BrokerEpoch{broker_epoch_};
  }
  // Held while replicas change, so that two orders on two connections don't interleave.
  std::mutex& order_mutex() { return order_mutex_; }

 private:
  mutable std::mutex mutex_;
  std::mutex order_mutex_;
  int32_t controller_epoch_ = 0;
  int64_t broker_epoch_ = -1;
};

}  // namespace samsa::api
