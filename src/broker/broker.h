#pragma once
// The composition root: builds the rooms, wires them, starts them in order and stops them in
// reverse.

#include <memory>

#include "base/errc.h"
#include "config/broker_config.h"

namespace samsa::broker {

class Broker {
 public:
  // Starts a broker; when this returns it serves. The error tells people what is wrong and what to
  // do.
  static Result<std::unique_ptr<Broker>> start(config::BrokerConfig config);
  ~Broker();

  // Hands leaderships over, answers what is under way, closes the logs and leaves the cluster.
  Result<void> stop();

 private:
  struct Parts;
  explicit Broker(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace samsa::broker
