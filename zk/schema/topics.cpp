#include "zk/schema/topics.h"

#include <utility>

#include "zk/schema/json.h"

namespace samsa::zk {
namespace {

void append_ids(Bytes& out, const std::vector<BrokerId>& ids) {
  out += '[';
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) out += ',';
    out += std::to_string(ids[i].value());
  }
  out += ']';
}

void append_assignment(Bytes& out, const std::map<int32_t, std::vector<BrokerId>>& replicas) {
  out += '{';
  bool first = true;
  for (const auto& [partition, ids] : replicas) {
    if (!std::exchange(first, false)) out += ',';
    out += '"' + std::to_string(partition) + "\":";
    append_ids(out, ids);
  }
  out += '}';
}

Result<std::vector<BrokerId>> read_ids(const boost::json::value* value) {
  std::vector<BrokerId> ids;
  if (value == nullptr || !value->is_array()) return Error{Errc::invalid_request, "not a list"};
  for (const auto& id : value->as_array()) {
    const auto number = int32_in(id);
    if (!number) return Error{Errc::invalid_request, "not a broker id"};
    ids.emplace_back(*number);
  }
  return ids;
}

Result<std::map<int32_t, std::vector<BrokerId>>> read_assignment(const boost::json::value* value) {
  std::map<int32_t, std::vector<BrokerId>> assignment;
  if (value == nullptr || !value->is_object()) return assignment;
  for (const auto& [key, list] : value->as_object()) {
    const auto partition = parse_int32(key);
    auto ids = read_ids(&list);
    if (!partition || *partition < 0 || !ids)
      return Error{Errc::invalid_request, "not an assignment of replicas"};
    assignment[*partition] = std::move(*ids);
  }
  return assignment;
}

}  // namespace

std::string topic_path(std::string_view topic) {
  return std::string(k_topics_path) + '/' + std::string(topic);
}
std::string partitions_path(std::string_view topic) { return topic_path(topic) + "/partitions"; }
std::string partition_path(const TopicPartition& tp) {
  return partitions_path(tp.topic) + '/' + std::to_string(tp.partition);
}
std::string partition_state_path(const TopicPartition& tp) { return partition_path(tp) + "/state"; }
std::string delete_topic_path(std::string_view topic) {
  return std::string(k_delete_topics_path) + '/' + std::string(topic);
}

Bytes TopicZnode::encode() const {
  Bytes out = R"({"version":2,"partitions":)";
  append_assignment(out, replicas);
  out += R"(,"adding_replicas":)";
  append_assignment(out, adding);
  out += R"(,"removing_replicas":)";
  append_assignment(out, removing);
  return out + '}';
}

Result<TopicZnode> TopicZnode::decode(BytesView json) {
  auto object = parse_object(json);
  if (!object) return object.error();
  TopicZnode topic;
  const auto take = [&](const char* key, auto& into) -> Result<void> {
    auto assignment = read_assignment(object->if_contains(key));
    if (!assignment) return assignment.error();
    into = std::move(*assignment);
    return ok();
  };
  for (auto [key, into] :
       {std::pair{"partitions", &topic.replicas}, std::pair{"adding_replicas", &topic.adding},
        std::pair{"removing_replicas", &topic.removing}})
    if (auto taken = take(key, *into); !taken) return taken.error();
  return topic;
}

Bytes PartitionStateZnode::encode() const {
  Bytes out = R"({"controller_epoch":)" + std::to_string(controller_epoch.value()) +
              R"(,"leader":)" + std::to_string(leader.value()) + R"(,"version":1,"leader_epoch":)" +
              std::to_string(leader_epoch.value()) + R"(,"isr":)";
  append_ids(out, isr);
  return out + '}';
}

Result<PartitionStateZnode> PartitionStateZnode::decode(BytesView json) {
  auto object = parse_object(json);
  if (!object) return object.error();
  const auto controller_epoch = int32_of(*object, "controller_epoch");
  const auto leader = int32_of(*object, "leader");
  const auto leader_epoch = int32_of(*object, "leader_epoch");
  auto isr = read_ids(object->if_contains("isr"));
  if (!controller_epoch || !leader || !leader_epoch || !isr)
    return Error{Errc::invalid_request, "not a partition state: " + shown(json)};
  return PartitionStateZnode{.controller_epoch = ControllerEpoch{*controller_epoch},
                             .leader = BrokerId{*leader},
                             .leader_epoch = LeaderEpoch{*leader_epoch},
                             .isr = std::move(*isr)};
}

}  // namespace samsa::zk
