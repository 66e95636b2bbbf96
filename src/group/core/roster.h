#pragma once
// Who is in a group: members, the static ones' names, those that were given an id and have not come
// back yet, and which protocols all of them speak.

#include <map>
#include <set>

#include "group/core/messages.h"

namespace samsa::group {

struct Member {
  std::string id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  int32_t rebalance_timeout_ms = 0;
  int32_t session_timeout_ms = 0;
  std::vector<Protocol> protocols;
  Bytes assignment;
  std::optional<Ticket> awaiting_join;
  std::optional<Ticket> awaiting_sync;
  // Waits for its first generation: its deadline counts although it waits, because it may be gone
  // and nobody could tell.
  bool is_new = false;
  // When it must have shown a sign of life; and the earliest time at which the group looks.
  std::optional<SteadyTime> deadline;
  std::optional<SteadyTime> alarm;

  bool is_static() const { return instance_id.has_value(); }
  // Empty where the member does not speak it.
  const Bytes& metadata(const std::string& protocol) const;
};

class Roster {
 public:
  using Members = std::map<std::string, Member>;

  Member* find(const std::string& id);
  const Member* find(const std::string& id) const;
  // The id under which a static member is known.
  const std::string* static_id(const std::optional<std::string>& instance_id) const;
  const Members& members() const { return members_; }
  Members& members() { return members_; }
  size_t size() const { return members_.size(); }
  bool empty() const { return members_.empty(); }
  const std::optional<std::string>& leader() const { return leader_; }
  void set_leader(std::optional<std::string> id) { leader_ = std::move(id); }
  bool is_leader(const std::string& id) const { return leader_ == id; }

  // The first one becomes the leader.
  Member& add(Member member);
  // Another one becomes the leader where the leader goes.
  void remove(const std::string& id);
  void forget_instance(const std::optional<std::string>& instance_id);
  // A static member under a new id; all else of it stays.
  Member& rename(const std::string& old_id, const std::string& new_id);

  void set_protocols(Member& member, std::vector<Protocol> protocols);
  void await_join(Member& member, std::optional<Ticket> ticket);
  size_t awaiting_join() const { return awaiting_join_; }

  // Whether every member speaks at least one of the protocols.
  bool all_speak_one_of(const std::vector<Protocol>& protocols) const;
  // What most members want most of what all speak; the first by name among equals.
  std::string vote() const;

  int32_t longest_rebalance_timeout_ms() const;

  // Ids that were given out and may still join, with the time until when (KIP-394).
  std::map<std::string, SteadyTime>& pending() { return pending_; }
  const std::map<std::string, SteadyTime>& pending() const { return pending_; }
  bool is_pending(const std::string& id) const { return pending_.contains(id) && !find(id); }

 private:
  void count_protocols(const Member& member, int by);

  Members members_;
  std::map<std::string, std::string> static_ids_;  // instance id -> member id
  std::map<std::string, SteadyTime> pending_;
  std::map<std::string, size_t> speakers_;  // by protocol
  std::optional<std::string> leader_;
  size_t awaiting_join_ = 0;
};

}  // namespace samsa::group
