// Joining, syncing, heartbeats, leaving.

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "group/coordinator_act.h"

namespace samsa::group {
namespace {

std::string random_uuid() {
  thread_local boost::uuids::random_generator generate;
  return boost::uuids::to_string(generate());
}

SyncResult refused_sync(Errc error) { return {.error = error}; }

}  // namespace

runtime::Task<JoinResult> Coordinator::join(std::string id, JoinRequest request) {
  const auto refusal = [&request](Errc error) {
    return JoinResult{.error = error, .member_id = request.member_id};
  };
  auto home = home_of(id, false);
  const Errc status = home ? (*home)->status() : home.error().code;
  if (status != Errc::none) co_return refusal(status);
  if (request.session_timeout_ms < options_.min_session_timeout_ms ||
      request.session_timeout_ms > options_.max_session_timeout_ms)
    co_return refusal(Errc::invalid_session_timeout);
  auto group = request.member_id.empty() ? find_or_add(id) : find(id);
  if (!group) co_return refusal(group.error().code);
  if (!*group) co_return refusal(Errc::unknown_member_id);
  request.fresh_uuid = random_uuid();
  runtime::OneShot<JoinResult> answer;
  act(*group, [&](Group& core, Now at, Orders& orders) {
    request.ticket = ++(*group)->last_ticket;
    (*group)->joining.emplace(request.ticket, answer);
    core.join(std::move(request), at, orders);
  });
  co_return co_await answer.wait();
}

runtime::Task<SyncResult> Coordinator::sync(std::string id, SyncRequest request) {
  auto group = find(id);
  if (!group) {
    // The rebalance that was under way is lost; joining again needs no new coordinator. Older
    // clients do not know COORDINATOR_LOAD_IN_PROGRESS here.
    const bool is_loading = group.error().code == Errc::coordinator_load_in_progress;
    co_return refused_sync(is_loading ? Errc::rebalance_in_progress : group.error().code);
  }
  if (!*group) co_return refused_sync(Errc::unknown_member_id);
  runtime::OneShot<SyncResult> answer;
  act(*group, [&](Group& core, Now at, Orders& orders) {
    request.ticket = ++(*group)->last_ticket;
    (*group)->syncing.emplace(request.ticket, answer);
    core.sync(std::move(request), at, orders);
  });
  co_return co_await answer.wait();
}

Errc Coordinator::heartbeat(const std::string& id, const MemberName& member, int32_t generation) {
  auto group = find(id);
  if (!group) {
    // Whoever it was before, it will be known again when the load is over.
    const bool is_loading = group.error().code == Errc::coordinator_load_in_progress;
    return is_loading ? Errc::none : group.error().code;
  }
  if (!*group) return Errc::unknown_member_id;
  std::scoped_lock hold((*group)->mutex);
  const Now at = now();
  const Errc outcome = (*group)->core.heartbeat(member, generation, at);
  arm_timer(*group, at);
  return outcome;
}

Result<std::vector<LeaveResult>> Coordinator::leave(const std::string& id,
                                                    const std::vector<MemberName>& leaving) {
  auto group = find(id);
  if (!group) return group.error();
  if (!*group) {
    std::vector<LeaveResult> unknown;
    for (const auto& name : leaving) unknown.push_back({name, Errc::unknown_member_id});
    return unknown;
  }
  Result<std::vector<LeaveResult>> results = std::vector<LeaveResult>{};
  act(*group,
      [&](Group& core, Now at, Orders& orders) { results = core.leave(leaving, at, orders); });
  return results;
}

}  // namespace samsa::group
