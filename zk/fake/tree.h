#pragma once
// The server's side of FakeClient: a tree of znodes, sessions and one-shot watches, in memory. The
// rules are ZooKeeper's: versions, sequence numbers, ephemerals, zxids, what a multi reports.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "zk/client/client.h"

namespace samsa::zk {

// Thread-safe. Watches are called under its lock, so they only post.
class FakeTree {
 public:
  using Watcher = std::function<void(WatchEvent)>;

  int64_t open_session(Watcher watcher);
  // Its ephemerals and watches go.
  void end_session(int64_t session);
  bool is_open(int64_t session) const;

  // All or nothing; `made` on behalf of the session. One operation has the code of a plain call.
  ZkResult<std::vector<OpResult>> apply(int64_t session, const std::vector<Op>& ops);
  ZkResult<Data> get(int64_t session, const std::string& path, bool watch);
  ZkResult<Stat> exists(int64_t session, const std::string& path, bool watch);
  ZkResult<std::vector<std::string>> children(int64_t session, const std::string& path, bool watch);

  // For tests, outside any session.
  std::string data(const std::string& path) const;  // "<none>" when there is no such znode
  bool has(const std::string& path) const;
  // Every change that took place, in order: "create -e /a data", "set /a data", "delete /a"; the
  // parts of a multi are joined by "; ".
  std::vector<std::string> writes() const;

 private:
  struct Node {
    Bytes data;
    Stat stat;
    int32_t next_sequence = 0;
  };
  using Nodes = std::map<std::string, Node>;
  using WatchSet = std::map<std::string, std::set<int64_t>>;
  struct Change {
    WatchEvent::Type type;
    std::string path;
  };

  static ZkCode step(Nodes& nodes, int64_t session, int64_t zxid, const Op& op, OpResult& result,
                     std::vector<Change>& changes);
  static ZkCode create(Nodes& nodes, int64_t session, int64_t zxid, const Op& op, OpResult& result,
                       std::vector<Change>& changes);
  static ZkCode remove(Nodes& nodes, int64_t zxid, const Op& op, std::vector<Change>& changes);
  void tell(const std::vector<Change>& changes);
  void fire(WatchSet& watches, WatchEvent::Type type, const std::string& path,
            std::set<int64_t>& told);

  mutable std::mutex mutex_;
  Nodes nodes_ = {{"/", {}}};
  std::map<int64_t, Watcher> sessions_;
  WatchSet data_watches_, child_watches_;
  std::vector<std::string> writes_;
  int64_t zxid_ = 0, last_session_ = 0;
};

}  // namespace samsa::zk
