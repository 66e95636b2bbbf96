#include "zk/fake/tree.h"

#include <algorithm>
#include <cstdio>

namespace samsa::zk {
namespace {

using Type = WatchEvent::Type;

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_legal(const std::string& path) {
  return path.size() > 1 && path.front() == '/' && path.back() != '/' &&
         path.find("//") == std::string::npos;
}

std::string line_of(const Op& op, const OpResult& result) {
  switch (op.kind) {
    case Op::Kind::create:
      return std::string(op.mode == CreateMode::ephemeral ? "create -e " : "create ") +
             result.path + ' ' + (op.data.empty() ? "null" : op.data);
    case Op::Kind::set:
      return "set " + op.path + ' ' + (op.data.empty() ? "null" : op.data);
    case Op::Kind::remove:
      return "delete " + op.path;
    case Op::Kind::check:
      return "check " + op.path;
  }
  return {};
}

}  // namespace

int64_t FakeTree::open_session(Watcher watcher) {
  std::scoped_lock hold(mutex_);
  sessions_[++last_session_] = std::move(watcher);
  return last_session_;
}

bool FakeTree::is_open(int64_t session) const {
  std::scoped_lock hold(mutex_);
  return sessions_.contains(session);
}

void FakeTree::end_session(int64_t session) {
  std::scoped_lock hold(mutex_);
  if (sessions_.erase(session) == 0) return;
  for (auto* watches : {&data_watches_, &child_watches_})
    for (auto& [path, watchers] : *watches) watchers.erase(session);
  std::vector<Change> changes;
  std::vector<std::string> paths;
  for (const auto& [path, node] : nodes_)
    if (node.stat.ephemeral_owner == session) paths.push_back(path);
  ++zxid_;
  for (const auto& path : paths) {
    remove(nodes_, zxid_, Op::remove(path), changes);
    writes_.push_back("delete " + path);
  }
  tell(changes);
}

ZkResult<std::vector<OpResult>> FakeTree::apply(int64_t session, const std::vector<Op>& ops) {
  std::scoped_lock hold(mutex_);
  std::vector<OpResult> results(ops.size());
  Nodes after = nodes_;
  std::vector<Change> changes;
  std::string line;
  for (size_t i = 0; i < ops.size(); ++i) {
    const ZkCode code = step(after, session, zxid_ + 1, ops[i], results[i], changes);
    results[i].code = code;
    if (code == ZkCode::ok) {
      line += (i > 0 ? "; " : "") + line_of(ops[i], results[i]);
      continue;
    }
    for (size_t j = i + 1; j < ops.size(); ++j) results[j].code = ZkCode::runtime_inconsistency;
    return {code, std::move(results)};
  }
  ++zxid_;
  nodes_ = std::move(after);
  writes_.push_back(std::move(line));
  tell(changes);
  return {ZkCode::ok, std::move(results)};
}

ZkCode FakeTree::step(Nodes& nodes, int64_t session, int64_t zxid, const Op& op, OpResult& result,
                      std::vector<Change>& changes) {
  if (op.kind == Op::Kind::create) return create(nodes, session, zxid, op, result, changes);
  if (op.kind == Op::Kind::remove) return remove(nodes, zxid, op, changes);
  const auto node = nodes.find(op.path);
  if (node == nodes.end()) return ZkCode::no_node;
  if (op.version != k_any_version && op.version != node->second.stat.version)
    return ZkCode::bad_version;
  if (op.kind == Op::Kind::check) return ZkCode::ok;
  node->second.data = op.data;
  Stat& stat = node->second.stat;
  ++stat.version;
  stat.mzxid = zxid;
  stat.data_length = static_cast<int32_t>(op.data.size());
  result.stat = stat;
  changes.push_back({Type::data_changed, op.path});
  return ZkCode::ok;
}

ZkCode FakeTree::create(Nodes& nodes, int64_t session, int64_t zxid, const Op& op, OpResult& result,
                        std::vector<Change>& changes) {
  if (!is_legal(op.path)) return ZkCode::invalid_argument;
  const auto parent = nodes.find(parent_of(op.path));
  if (parent == nodes.end()) return ZkCode::no_node;
  if (parent->second.stat.ephemeral_owner != 0) return ZkCode::no_children_for_ephemerals;
  std::string path = op.path;
  if (op.mode == CreateMode::persistent_sequential) {
    char number[16];
    std::snprintf(number, sizeof number, "%010d", parent->second.next_sequence);
    path += number;
  }
  if (nodes.contains(path)) return ZkCode::node_exists;
  ++parent->second.next_sequence;
  ++parent->second.stat.cversion;
  ++parent->second.stat.num_children;
  nodes[path] = {.data = op.data,
                 .stat = {.czxid = zxid,
                          .mzxid = zxid,
                          .ephemeral_owner = op.mode == CreateMode::ephemeral ? session : 0,
                          .data_length = static_cast<int32_t>(op.data.size())}};
  changes.push_back({Type::node_created, path});
  result.path = std::move(path);
  return ZkCode::ok;
}

ZkCode FakeTree::remove(Nodes& nodes, int64_t, const Op& op, std::vector<Change>& changes) {
  const auto node = nodes.find(op.path);
  if (node == nodes.end() || op.path == "/") return ZkCode::no_node;
  if (op.version != k_any_version && op.version != node->second.stat.version)
    return ZkCode::bad_version;
  if (node->second.stat.num_children > 0) return ZkCode::not_empty;
  nodes.erase(node);
  Stat& parent = nodes.at(parent_of(op.path)).stat;
  ++parent.cversion;
  --parent.num_children;
  changes.push_back({Type::node_deleted, op.path});
  return ZkCode::ok;
}

void FakeTree::tell(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    std::set<int64_t> told;
    fire(data_watches_, change.type, change.path, told);
    if (change.type == Type::data_changed) continue;
    if (change.type == Type::node_deleted) fire(child_watches_, change.type, change.path, told);
    told.clear();
    fire(child_watches_, Type::children_changed, parent_of(change.path), told);
  }
}

void FakeTree::fire(WatchSet& watches, Type type, const std::string& path,
                    std::set<int64_t>& told) {
  for (const int64_t session : std::exchange(watches[path], {}))
    if (const auto to = sessions_.find(session);
        to != sessions_.end() && told.insert(session).second)
      to->second({type, path});
}

ZkResult<Data> FakeTree::get(int64_t session, const std::string& path, bool watch) {
  std::scoped_lock hold(mutex_);
  const auto node = nodes_.find(path);
  if (node == nodes_.end()) return {ZkCode::no_node, {}};
  if (watch) data_watches_[path].insert(session);
  return {ZkCode::ok, {node->second.data, node->second.stat}};
}

ZkResult<Stat> FakeTree::exists(int64_t session, const std::string& path, bool watch) {
  std::scoped_lock hold(mutex_);
  if (watch) data_watches_[path].insert(session);
  const auto node = nodes_.find(path);
  if (node == nodes_.end()) return {ZkCode::no_node, {}};
  return {ZkCode::ok, node->second.stat};
}

ZkResult<std::vector<std::string>> FakeTree::children(int64_t session, const std::string& path,
                                                      bool watch) {
  std::scoped_lock hold(mutex_);
  if (!nodes_.contains(path)) return {ZkCode::no_node, {}};
  if (watch) child_watches_[path].insert(session);
  std::vector<std::string> names;
  for (const auto& [other, node] : nodes_)
    if (other != "/" && parent_of(other) == path)
      names.push_back(other.substr(other.rfind('/') + 1));
  return {ZkCode::ok, std::move(names)};
}

std::string FakeTree::data(const std::string& path) const {
  std::scoped_lock hold(mutex_);
  const auto node = nodes_.find(path);
  return node == nodes_.end() ? "<none>" : node->second.data;
}

bool FakeTree::has(const std::string& path) const {
  std::scoped_lock hold(mutex_);
  return nodes_.contains(path);
}

std::vector<std::string> FakeTree::writes() const {
  std::scoped_lock hold(mutex_);
  return writes_;
}

}  // namespace samsa::zk
