#include "tools/zookeeper/cluster.h"

#include <algorithm>

#include "admin/zk_error.h"
#include "zk/schema/brokers.h"
#include "zk/schema/json.h"

namespace samsa::tools::zookeeper {

using zk::ZkCode;

Result<std::vector<std::string>> children(Session& session, const std::string& path) {
  auto names = session.wait(session.client().children(path, false));
  if (names.code == ZkCode::no_node) return std::vector<std::string>{};
  if (!names) return admin::zk_error(names.code, path);
  return std::move(names.value);
}

Result<std::vector<std::optional<Bytes>>> read_all(Session& session,
                                                   const std::vector<std::string>& paths) {
  std::vector<zk::ZkFuture<zk::Data>> asked;
  for (const std::string& path : paths) asked.push_back(session.client().get(path, false));
  std::vector<std::optional<Bytes>> all;
  for (size_t i = 0; i < paths.size(); ++i) {
    auto data = session.wait(asked[i]);
    if (data) {
      all.emplace_back(std::move(data.value.data));
    } else if (data.code == ZkCode::no_node) {
      all.emplace_back();
    } else {
      return admin::zk_error(data.code, paths[i]);
    }
  }
  return all;
}

Result<std::vector<admin::Candidate>> brokers(Session& session) {
  auto names = children(session, std::string(zk::k_broker_ids_path));
  if (!names) return names.error();
  std::vector<BrokerId> ids;
  std::vector<std::string> paths;
  for (const std::string& name : *names) {
    const auto id = zk::parse_int32(name);
    if (!id) continue;
    ids.emplace_back(*id);
    paths.push_back(zk::broker_path(ids.back()));
  }
  auto znodes = read_all(session, paths);
  if (!znodes) return znodes.error();
  std::vector<admin::Candidate> found;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!(*znodes)[i]) continue;
    auto broker = zk::BrokerZnode::decode(*(*znodes)[i]);
    if (!broker) return broker.error();
    found.push_back({ids[i], std::move(broker->rack)});
  }
  std::ranges::sort(found, {}, &admin::Candidate::id);
  return found;
}

Result<std::vector<std::string>> topics(Session& session) {
  auto names = children(session, std::string(zk::k_topics_path));
  if (names) std::ranges::sort(*names);
  return names;
}

Result<std::optional<zk::TopicZnode>> topic(Session& session, const std::string& name) {
  auto data = read_all(session, {zk::topic_path(name)});
  if (!data) return data.error();
  if (!data->front()) return std::optional<zk::TopicZnode>{};
  auto znode = zk::TopicZnode::decode(*data->front());
  if (!znode) return znode.error();
  return std::optional<zk::TopicZnode>{std::move(*znode)};
}

Result<std::map<int32_t, zk::PartitionStateZnode>> partition_states(Session& session,
                                                                    const std::string& topic,
                                                                    const zk::TopicZnode& znode) {
  std::vector<int32_t> indexes;
  std::vector<std::string> paths;
  for (const auto& [index, replicas] : znode.replicas) {
    indexes.push_back(index);
    paths.push_back(zk::partition_state_path({topic, index}));
  }
  auto data = read_all(session, paths);
  if (!data) return data.error();
  std::map<int32_t, zk::PartitionStateZnode> states;
  for (size_t i = 0; i < indexes.size(); ++i) {
    if (!(*data)[i]) continue;
    auto state = zk::PartitionStateZnode::decode(*(*data)[i]);
    if (!state) return state.error();
    states[indexes[i]] = std::move(*state);
  }
  return states;
}

Result<std::set<std::string>> marked_for_deletion(Session& session) {
  auto names = children(session, std::string(zk::k_delete_topics_path));
  if (!names) return names.error();
  return std::set<std::string>(names->begin(), names->end());
}

}  // namespace samsa::tools::zookeeper
