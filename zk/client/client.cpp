#include "zk/client/client.h"

namespace samsa::zk {

const char* to_string(ZkCode code) {
  switch (code) {
    case ZkCode::ok:
      return "OK";
    case ZkCode::no_node:
      return "NoNode";
    case ZkCode::node_exists:
      return "NodeExists";
    case ZkCode::bad_version:
      return "BadVersion";
    case ZkCode::not_empty:
      return "NotEmpty";
    case ZkCode::no_auth:
      return "NoAuth";
    case ZkCode::no_children_for_ephemerals:
      return "NoChildrenForEphemerals";
    case ZkCode::connection_loss:
      return "ConnectionLoss";
    case ZkCode::session_expired:
      return "SessionExpired";
    case ZkCode::invalid_argument:
      return "BadArguments";
    case ZkCode::marshalling:
      return "MarshallingError";
    case ZkCode::runtime_inconsistency:
      return "RuntimeInconsistency";
    case ZkCode::other:
      return "SystemError";
  }
  return "SystemError";
}

Op Op::create(std::string path, Bytes data, CreateMode mode) {
  return {Kind::create, std::move(path), std::move(data), k_any_version, mode};
}

Op Op::set(std::string path, Bytes data, int32_t version) {
  return {Kind::set, std::move(path), std::move(data), version, CreateMode::persistent};
}

Op Op::remove(std::string path, int32_t version) {
  return {Kind::remove, std::move(path), {}, version, CreateMode::persistent};
}

Op Op::check(std::string path, int32_t version) {
  return {Kind::check, std::move(path), {}, version, CreateMode::persistent};
}

}  // namespace samsa::zk
