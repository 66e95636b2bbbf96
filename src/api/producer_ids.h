#pragma once
// Producer ids for idempotent producers, taken from ZooKeeper a block at a time (as Kafka's
// ProducerIdManager does).

#include <mutex>
#include <optional>

#include "base/errc.h"
#include "base/types.h"
#include "runtime/task.h"
#include "zk/client/client.h"

namespace samsa::api {

// Any loop.
class ProducerIds {
 public:
  ProducerIds(BrokerId self, zk::Client& zookeeper) : self_(self), zookeeper_(zookeeper) {}

  // An id that no other broker and no earlier call gave. COORDINATOR_NOT_AVAILABLE when ZooKeeper
  // gives no block.
  runtime::Task<Result<ProducerId>> next();
  // Takes a block if none is at hand. A broker does so at its start, as Kafka's do, so that the
  // first producers need not wait.
  runtime::Task<Result<void>> draw_block();

 private:
  bool has_some();
  std::optional<int64_t> take();

  const BrokerId self_;
  zk::Client& zookeeper_;
  std::mutex mutex_;
  int64_t next_ = 0, last_ = -1;
};

}  // namespace samsa::api
