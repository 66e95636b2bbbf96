#pragma once
// What a client is told when ZooKeeper refuses what an administrator asked for.

#include <string>

#include "base/errc.h"
#include "zk/client/client.h"

namespace samsa::admin {

inline Error zk_error(zk::ZkCode code, const std::string& path) {
  return {Errc::unknown_server_error,
          "ZooKeeper answered " + std::string(to_string(code)) + " for " + path};
}

}  // namespace samsa::admin
