#pragma once
// Many znodes written for one controller, only while it holds the office.

#include <vector>

#include "runtime/task.h"
#include "zk/client/client.h"

namespace samsa::controller {

struct GuardedWrites {
  bool is_fenced = false;             // the guard did not hold for all of them
  std::vector<zk::OpResult> results;  // of each operation
};

// Each operation succeeds or fails for itself, as if it had been sent alone behind `guard`, and in
// order: a later one may build on an earlier. ZooKeeper's work is by the request, so that many
// share one, and are sent alone only where one of them fails. Those that are lost with the
// connection are sent again: one that had taken place fails then, a create with node_exists. When
// the session expires, what is not done has session_expired. `client` outlives the task.
runtime::Task<GuardedWrites> write_guarded(zk::Client& client, zk::Op guard,
                                           std::vector<zk::Op> ops);

}  // namespace samsa::controller
