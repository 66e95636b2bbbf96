#pragma once
// What members ask of a group, what it answers, and what it orders its shell to do. Plain data.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/errc.h"
#include "group/records/offset_record.h"

namespace samsa::group {

// Deadlines run on the steady clock; what is written down or told is on the wall's.
struct Now {
  SteadyTime steady;
  int64_t wall_ms = 0;
};

// A request that waits for its answer. The shell gives it out and finds the waiter by it.
using Ticket = uint64_t;

inline constexpr int32_t k_no_generation = -1;

struct Protocol {
  std::string name;
  Bytes metadata;
  friend bool operator==(const Protocol&, const Protocol&) = default;
};

struct JoinRequest {
  Ticket ticket = 0;
  std::string member_id;  // empty: a new member
  std::optional<std::string> instance_id;
  // KIP-394: a new dynamic member must come again with the id that it is given.
  bool requires_known_id = false;
  // What makes the id of a new member unique; drawn by the shell.
  std::string fresh_uuid;
  std::string client_id;
  std::string client_host;
  int32_t rebalance_timeout_ms = 0;
  int32_t session_timeout_ms = 0;
  std::string protocol_type;
  std::vector<Protocol> protocols;  // most wanted first
};

struct JoinedMember {
  std::string id;
  std::optional<std::string> instance_id;
  Bytes metadata;
  friend bool operator==(const JoinedMember&, const JoinedMember&) = default;
};

struct JoinResult {
  Errc error = Errc::none;
  std::string member_id;
  int32_t generation = k_no_generation;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol;
  std::string leader;
  std::vector<JoinedMember> members;  // for the leader only
};

struct SyncRequest {
  Ticket ticket = 0;
  std::string member_id;
  std::optional<std::string> instance_id;
  int32_t generation = 0;
  // KIP-559; checked where given.
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol;
  std::vector<std::pair<std::string, Bytes>> assignments;  // by member; from the leader only
};

struct SyncResult {
  Errc error = Errc::none;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol;
  Bytes assignment;
};

// A member as requests name it.
struct MemberName {
  std::string id;
  std::optional<std::string> instance_id;
};

struct LeaveResult {
  MemberName member;
  Errc error = Errc::none;
};

// Why a generation is written; comes back with the outcome of the write.
struct StoredAssignment {
  int32_t generation = 0;
  std::string member_id;
  std::vector<std::pair<std::string, Bytes>> assignments;
};
struct StoredReplacement {
  Ticket ticket = 0;
  std::string instance_id;
  std::string old_id, new_id;
  std::vector<Protocol> old_protocols;
  std::string leader;  // before the replacement
};
struct StoredEmpty {};

struct Store {
  GroupValue value;
  std::variant<StoredAssignment, StoredReplacement, StoredEmpty> why;
};

// What an event makes the shell do, in this order: write, answer, log.
struct Orders {
  std::vector<Store> stores;
  std::vector<std::pair<Ticket, JoinResult>> joined;
  std::vector<std::pair<Ticket, SyncResult>> synced;
  std::vector<std::string> notes;
};

}  // namespace samsa::group
