#include "group/core/roster.h"

#include <algorithm>

namespace samsa::group {

const Bytes& Member::metadata(const std::string& protocol) const {
  static const Bytes k_none;
  const auto found = std::ranges::find(protocols, protocol, &Protocol::name);
  return found == protocols.end() ? k_none : found->metadata;
}

Member* Roster::find(const std::string& id) {
  const auto found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second;
}

const Member* Roster::find(const std::string& id) const {
  const auto found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second;
}

const std::string* Roster::static_id(const std::optional<std::string>& instance_id) const {
  if (!instance_id) return nullptr;
  const auto found = static_ids_.find(*instance_id);
  return found == static_ids_.end() ? nullptr : &found->second;
}

// A client may name a protocol twice; it counts once.
void Roster::count_protocols(const Member& member, int by) {
  std::set<std::string_view> names;
  for (const auto& protocol : member.protocols) {
    if (!names.insert(protocol.name).second) continue;
    auto& count = speakers_[protocol.name];
    count = static_cast<size_t>(static_cast<int64_t>(count) + by);
    if (count == 0) speakers_.erase(protocol.name);
  }
}

Member& Roster::add(Member member) {
  remove(member.id);  // a record may hold an id twice
  if (!leader_) leader_ = member.id;
  if (member.is_static()) static_ids_[*member.instance_id] = member.id;
  count_protocols(member, 1);
  if (member.awaiting_join) ++awaiting_join_;
  const std::string id = member.id;
  return members_.insert_or_assign(id, std::move(member)).first->second;
}

void Roster::remove(const std::string& id) {
  const auto found = members_.find(id);
  if (found != members_.end()) {
    count_protocols(found->second, -1);
    if (found->second.awaiting_join) --awaiting_join_;
    forget_instance(found->second.instance_id);
    members_.erase(found);
  }
  if (!is_leader(id)) return;
  leader_.reset();
  if (!members_.empty()) leader_ = members_.begin()->first;
}

void Roster::forget_instance(const std::optional<std::string>& instance_id) {
  if (instance_id) static_ids_.erase(*instance_id);
}

Member& Roster::rename(const std::string& old_id, const std::string& new_id) {
  auto node = members_.extract(old_id);
  node.key() = new_id;
  Member& member = members_.insert(std::move(node)).position->second;
  member.id = new_id;
  member.alarm.reset();  // it rings for the old id
  static_ids_[*member.instance_id] = new_id;
  if (is_leader(old_id)) leader_ = new_id;
  return member;
}

void Roster::set_protocols(Member& member, std::vector<Protocol> protocols) {
  count_protocols(member, -1);
  member.protocols = std::move(protocols);
  count_protocols(member, 1);
}

void Roster::await_join(Member& member, std::optional<Ticket> ticket) {
  if (member.awaiting_join) --awaiting_join_;
  member.awaiting_join = ticket;
  if (member.awaiting_join) ++awaiting_join_;
}

bool Roster::all_speak_one_of(const std::vector<Protocol>& protocols) const {
  return std::ranges::any_of(protocols, [this](const Protocol& protocol) {
    const auto found = speakers_.find(protocol.name);
    return (found == speakers_.end() ? 0 : found->second) == members_.size();
  });
}

std::string Roster::vote() const {
  std::map<std::string, size_t> votes;
  for (const auto& [id, member] : members_) {
    const auto wanted = std::ranges::find_if(member.protocols, [this](const Protocol& protocol) {
      const auto found = speakers_.find(protocol.name);
      return found != speakers_.end() && found->second == members_.size();
    });
    if (wanted != member.protocols.end()) ++votes[wanted->name];
  }
  const auto chosen = std::ranges::max_element(
      votes, [](const auto& a, const auto& b) { return a.second < b.second; });
  return chosen == votes.end() ? std::string() : chosen->first;
}

int32_t Roster::longest_rebalance_timeout_ms() const {
  int32_t longest = 0;
  for (const auto& [id, member] : members_)
    longest = std::max(longest, member.rebalance_timeout_ms);
  return longest;
}

}  // namespace samsa::group
