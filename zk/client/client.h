#pragma once
// One ZooKeeper session after another, as the rest of the broker sees it. Two implementations:
// ApacheClient (the real one) and FakeClient (in memory, for unit tests).

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "runtime/wait.h"

namespace samsa::zk {

enum class ZkCode {
  ok,
  no_node,
  node_exists,
  bad_version,
  not_empty,
  no_auth,
  no_children_for_ephemerals,
  connection_loss,  // nobody knows whether the operation took place
  session_expired,  // the session that it was sent in is gone; it may have taken place
  invalid_argument,
  marshalling,
  // In a multi only: the operation was fine but another one of it failed.
  runtime_inconsistency,
  other,
};
const char* to_string(ZkCode code);

inline constexpr int32_t k_any_version = -1;

// Times are in ms since 1970, on the server's clock.
struct Stat {
  int64_t czxid = 0;
  int64_t mzxid = 0;
  int64_t ctime = 0;
  int64_t mtime = 0;
  int32_t version = 0;
  int32_t cversion = 0;
  int64_t ephemeral_owner = 0;  // session id; 0 for a persistent znode
  int32_t data_length = 0;
  int32_t num_children = 0;
};

template <class T>
struct ZkResult {
  ZkCode code = ZkCode::other;
  T value{};
  explicit operator bool() const { return code == ZkCode::ok; }
};

template <class T>
using ZkFuture = runtime::OneShot<ZkResult<T>>;

struct Data {
  Bytes data;
  Stat stat;
};

// The result of an operation that has nothing to tell but its code.
struct Nothing {};

enum class CreateMode { persistent, ephemeral, persistent_sequential };

// One step of a multi.
struct Op {
  enum class Kind { create, set, remove, check };
  Kind kind = Kind::check;
  std::string path;
  Bytes data;  // empty: null
  int32_t version = k_any_version;
  CreateMode mode = CreateMode::persistent;

  static Op create(std::string path, Bytes data, CreateMode mode = CreateMode::persistent);
  static Op set(std::string path, Bytes data, int32_t version = k_any_version);
  static Op remove(std::string path, int32_t version = k_any_version);
  static Op check(std::string path, int32_t version);
};

struct OpResult {
  ZkCode code = ZkCode::other;
  Stat stat;         // of a set that succeeded
  std::string path;  // of a create that succeeded
};

struct WatchEvent {
  enum class Type {
    node_created,
    node_deleted,
    data_changed,
    children_changed,
    session_connected,     // the same session is back; its watches are in place
    session_disconnected,  // operations wait from here
    session_expired,       // ephemerals and watches are gone; a new session is already opening
    session_established,   // the new session is there: register everything again
  };
  Type type = Type::session_connected;
  std::string path;  // empty for session events
};

enum class SessionState { connecting, connected, expired, closed };

// Every operation starts at once, in order of calling, and answers through a OneShot; so start many
// and then await them. The calls are for any thread and never block.
//
// An operation begun while disconnected waits for the connection. When the connection breaks under
// one: reads, sets and removes are sent again (a set that comes back with
// bad_version, a remove with no_node, may then have been our own); create and multi answer
// connection_loss after the connection is back or the session is gone. When the session expires,
// everything outstanding answers session_expired; what is started afterwards waits for the new
// session.
//
// Watches are one-shot: one event, then read with watch = true again. Empty data is null data.
class Client {
 public:
  virtual ~Client() = default;

  // The path really created: differs from the asked one when sequential. ACL: open to the world.
  virtual ZkFuture<std::string> create(std::string path, Bytes data, CreateMode mode) = 0;
  virtual ZkFuture<Data> get(std::string path, bool watch) = 0;
  // no_node is an ordinary answer; a watch is then on the node's creation.
  virtual ZkFuture<Stat> exists(std::string path, bool watch) = 0;
  // Names, not paths, in no order.
  virtual ZkFuture<std::vector<std::string>> children(std::string path, bool watch) = 0;
  virtual ZkFuture<Stat> set(std::string path, Bytes data, int32_t version) = 0;
  virtual ZkFuture<Nothing> remove(std::string path, int32_t version) = 0;
  // All or nothing. `code` is the first failure; `value` then tells each operation's own.
  virtual ZkFuture<std::vector<OpResult>> multi(std::vector<Op> ops) = 0;

  virtual int64_t session_id() const = 0;
  // Grows by one with each new session; the first is 1.
  virtual uint64_t generation() const = 0;
  virtual SessionState state() const = 0;

  // Events come on the event loop given at construction, in ZooKeeper's order: an event of a watch
  // comes before any answer that shows the change. One listener; set it before the first watch.
  virtual void set_listener(std::function<void(const WatchEvent&)> listener) = 0;

  // Ends the session, which deletes its ephemerals; outstanding operations answer session_expired.
  // Blocks up to a few seconds: not on an event loop's thread.
  virtual void close() = 0;
};

}  // namespace samsa::zk
