#pragma once
// The Client over Apache's C library (zookeeper_mt).

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/errc.h"
#include "runtime/event_loop.h"
#include "zk/client/client.h"

namespace samsa::zk {

struct ConnectOptions {
  std::string connect;  // "host:port,host:port/chroot"
  milliseconds session_timeout{18000};
  milliseconds connection_timeout{18000};
  runtime::EventLoop* loop = nullptr;  // delivers events; started, and outlives the client
  bool create_chroot = true;           // otherwise one that is missing looks empty
};

// Connects and blocks until the session is there or the connection timeout has passed; creates the
// chroot's path where it is missing, if it may. Not on an event loop's thread. A session that
// expires later is replaced without end.
class ApacheClient {
 public:
  static Result<std::unique_ptr<Client>> connect(ConnectOptions options);
};

}  // namespace samsa::zk
