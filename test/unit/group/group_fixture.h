#pragma once
// A group with a clock of its own, and what it has answered so far.

#include <gtest/gtest.h>

#include "group/core/group.h"

namespace samsa::group {

using namespace std::chrono_literals;

inline Bytes subscription(const std::vector<std::string>& topics) {
  Bytes bytes;
  append_be<int16_t>(bytes, 0);
  append_be(bytes, static_cast<int32_t>(topics.size()));
  for (const auto& topic : topics) {
    append_be(bytes, static_cast<int16_t>(topic.size()));
    bytes += topic;
  }
  append_be<int32_t>(bytes, 0);
  return bytes;
}

class GroupTest : public testing::Test {
 protected:
  static constexpr int32_t k_session_ms = 10'000, k_rebalance_ms = 60'000;

  explicit GroupTest(Limits limits = {.initial_rebalance_delay_ms = 0})
      : group_("g", limits, Now{now_}) {
    now_ = {SteadyTime{} + 1h, 1'600'000'000'000};
    group_ = Group("g", limits, now_);
  }

  // Lets time pass and everything fall due that falls due in it, in order.
  void pass(milliseconds time) {
    const SteadyTime end = now_.steady + time;
    while (const auto next = group_.next_deadline()) {
      if (*next > end) break;
      move_to(std::max(*next, now_.steady));
      run_due();
    }
    move_to(end);
  }
  void run_due() {
    Orders orders;
    group_.on_time(now_, orders);
    take(std::move(orders));
  }

  JoinRequest join_request(std::string member_id, std::vector<Protocol> protocols = {}) {
    if (protocols.empty()) protocols = {{"range", subscription({"t"})}};
    return {.ticket = ++last_ticket_,
            .member_id = std::move(member_id),
            .instance_id = std::nullopt,
            .requires_known_id = false,
            .fresh_uuid = "uuid" + std::to_string(last_ticket_),
            .client_id = "client",
            .client_host = "/127.0.0.1",
            .rebalance_timeout_ms = k_rebalance_ms,
            .session_timeout_ms = k_session_ms,
            .protocol_type = "consumer",
            .protocols = std::move(protocols)};
  }
  Ticket join(JoinRequest request) {
    const Ticket ticket = request.ticket;
    Orders orders;
    group_.join(std::move(request), now_, orders);
    take(std::move(orders));
    return ticket;
  }
  Ticket join(std::string member_id, std::vector<Protocol> protocols = {}) {
    return join(join_request(std::move(member_id), std::move(protocols)));
  }
  Ticket join_static(std::string instance_id, std::string member_id = "",
                     std::vector<Protocol> protocols = {}) {
    auto request = join_request(std::move(member_id), std::move(protocols));
    request.instance_id = std::move(instance_id);
    return join(std::move(request));
  }
  Ticket sync(std::string member_id, int32_t generation,
              std::vector<std::pair<std::string, Bytes>> assignments = {},
              std::optional<std::string> instance_id = {}) {
    Orders orders;
    group_.sync({.ticket = ++last_ticket_,
                 .member_id = std::move(member_id),
                 .instance_id = std::move(instance_id),
                 .generation = generation,
                 .protocol_type = std::nullopt,
                 .protocol = std::nullopt,
                 .assignments = std::move(assignments)},
                now_, orders);
    take(std::move(orders));
    return last_ticket_;
  }
  Errc leave(std::string member_id, std::optional<std::string> instance_id = {}) {
    Orders orders;
    auto results = group_.leave({{std::move(member_id), std::move(instance_id)}}, now_, orders);
    take(std::move(orders));
    return results ? results->front().error : results.error().code;
  }
  Errc heartbeat(std::string member_id, int32_t generation,
                 std::optional<std::string> instance_id = {}) {
    return group_.heartbeat({std::move(member_id), std::move(instance_id)}, generation, now_);
  }
  void finish_store(Errc outcome = Errc::none) {
    ASSERT_FALSE(held_.empty());
    const Store store = std::move(held_.front());
    held_.erase(held_.begin());
    Orders orders;
    group_.stored(store, outcome, now_, orders);
    take(std::move(orders));
  }

  const JoinResult* joined(Ticket ticket) const {
    const auto found = joined_.find(ticket);
    return found == joined_.end() ? nullptr : &found->second;
  }
  const SyncResult* synced(Ticket ticket) const {
    const auto found = synced_.find(ticket);
    return found == synced_.end() ? nullptr : &found->second;
  }
  Errc join_error(Ticket ticket) const { return joined_.at(ticket).error; }
  Errc sync_error(Ticket ticket) const { return synced_.at(ticket).error; }
  std::string member_of(Ticket ticket) const { return joined_.at(ticket).member_id; }

  // A stable group of one dynamic member in generation 1; its id.
  std::string stable_single() {
    const Ticket first = join("");
    pass(0ms);
    const std::string id = member_of(first);
    sync(id, 1, {{id, "all"}});
    EXPECT_EQ(group_.state(), State::stable);
    return id;
  }
  // A stable group of two: the leader's id and the other's, generation 2.
  std::pair<std::string, std::string> stable_pair() {
    const std::string leader = stable_single();
    const Ticket second = join("");
    const Ticket again = join(leader);
    EXPECT_TRUE(joined(again) && joined(second));
    const std::string other = member_of(second);
    sync(other, 2);
    sync(leader, 2, {{leader, "a"}, {other, "b"}});
    EXPECT_EQ(group_.state(), State::stable);
    return {leader, other};
  }

  void take(Orders orders) {
    for (auto& [ticket, result] : orders.joined)
      EXPECT_TRUE(joined_.emplace(ticket, std::move(result)).second) << "answered twice";
    for (auto& [ticket, result] : orders.synced)
      EXPECT_TRUE(synced_.emplace(ticket, std::move(result)).second) << "answered twice";
    for (auto& store : orders.stores) {
      stores_.push_back(store.value);
      held_.push_back(std::move(store));
      if (!hold_stores_) finish_store();
    }
  }
  void move_to(SteadyTime to) {
    now_.wall_ms += std::chrono::duration_cast<milliseconds>(to - now_.steady).count();
    now_.steady = to;
  }

  Now now_;
  Group group_;
  bool hold_stores_ = false;
  std::vector<GroupValue> stores_;
  std::vector<Store> held_;
  std::map<Ticket, JoinResult> joined_;
  std::map<Ticket, SyncResult> synced_;
  Ticket last_ticket_ = 0;
};

}  // namespace samsa::group
