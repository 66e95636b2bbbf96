#include "group/coordinator.h"

#include <glog/logging.h>

#include <future>

#include "base/java_hash.h"
#include "group/coordinator_act.h"

namespace samsa::group {

Coordinator::Coordinator(Options options, replica::PartitionTable& partitions, Clock& clock,
                         CatchUp catch_up)
    : options_(std::move(options)),
      partitions_(partitions),
      clock_(clock),
      catch_up_(std::move(catch_up)),
      log_(options_, partitions) {}

Coordinator::~Coordinator() { stop(); }

void Coordinator::start(int32_t offsets_partitions) {
  CHECK(homes_.empty());
  for (int32_t i = 0; i < offsets_partitions; ++i) homes_.push_back(std::make_unique<Home>());
  timers_.start();
  is_active_ = true;
  schedule_expiry();
  LOG(INFO) << "[GroupCoordinator " << options_.broker_id << "]: Startup complete.";
}

void Coordinator::stop() {
  constexpr milliseconds k_patience{5000};
  if (!is_active_.exchange(false)) return;
  std::promise<void> ended;  // what the background has begun
  background_.post([&ended] { ended.set_value(); });
  ended.get_future().wait();
  for (const auto& home : homes_)
    if (auto groups = home->close(k_no_leader_epoch)) unload(std::move(*groups));
  gate_.close();
  gate_.drain(std::chrono::steady_clock::now() + k_patience);
  timers_.stop();
  LOG(INFO) << "[GroupCoordinator " << options_.broker_id << "]: Shutdown complete.";
}

int32_t Coordinator::partition_for(const std::string& group) const {
  return coordinator_partition(group, static_cast<int32_t>(homes_.size()));
}

Result<Home*> Coordinator::home_of(const std::string& group, bool may_be_empty) {
  if (group.empty() && !may_be_empty) return Errc::invalid_group_id;
  if (!is_active_) return Errc::coordinator_not_available;
  return homes_[static_cast<size_t>(partition_for(group))].get();
}

Result<Coordinator::GroupPtr> Coordinator::find(const std::string& group, bool may_be_empty) {
  auto home = home_of(group, may_be_empty);
  if (!home) return home.error();
  return (*home)->find(group);
}

Result<Coordinator::GroupPtr> Coordinator::find_or_add(const std::string& group) {
  auto found = find(group, true);
  if (!found || *found) return found;
  const int32_t home = partition_for(group);
  return homes_[static_cast<size_t>(home)]->find_or_add(
      std::make_shared<ActiveGroup>(home, Group(group, options_.limits, now())));
}

Errc Coordinator::absence_of(const std::string& group) {
  auto home = home_of(group, true);
  if (!home) return home.error().code;
  return (*home)->status() == Errc::none ? Errc::group_id_not_found : Errc::not_coordinator;
}

void Coordinator::carry_out(const GroupPtr& group, Orders& orders, Now at, Answers& answers) {
  // What a write leads to may order another one, once.
  for (size_t i = 0; i < orders.stores.size(); ++i) {
    Store order = std::move(orders.stores[i]);
    if (const auto outcome = store(group, order, at))
      group->core.stored(order, *outcome, at, orders);
  }
  for (auto& [ticket, result] : orders.joined)
    if (auto waiter = group->joining.extract(ticket))
      answers.joined.emplace_back(std::move(waiter.mapped()), std::move(result));
  for (auto& [ticket, result] : orders.synced)
    if (auto waiter = group->syncing.extract(ticket))
      answers.synced.emplace_back(std::move(waiter.mapped()), std::move(result));
  std::ranges::move(orders.notes, std::back_inserter(answers.notes));
}

// Appends while the group's lock is held, so that the log's order is the group's. The outcome, or
// nothing when replicas must be waited for.
std::optional<Errc> Coordinator::store(const GroupPtr& group, Store& order, Now at) {
  auto pending = log_.append_group(group->home, group->core.id(), order.value, at.wall_ms);
  if (!pending) {
    LOG(WARNING) << "group " << group->core.id() << " could not be written: " << pending.error();
    return OffsetsLog::error_of_store(pending.error().code);
  }
  auto done = OffsetsLog::is_done(*pending);
  if (!done) return OffsetsLog::error_of_store(done.error().code);
  if (*done) return Errc::none;
  const bool waits = runtime::spawn(timers_, "storing a group", gate_,
                                    await_store(group, std::move(order), std::move(*pending)));
  return waits ? std::nullopt : std::optional(Errc::not_coordinator);
}

runtime::Task<void> Coordinator::await_store(GroupPtr group, Store order,
                                             OffsetsLog::Pending pending) {
  const Errc error = co_await log_.await(std::move(pending), clock_.steady());
  const Errc outcome = OffsetsLog::error_of_store(error);
  act(group, [&](Group& core, Now at, Orders& orders) { core.stored(order, outcome, at, orders); });
}

void Coordinator::arm_timer(const GroupPtr& group, Now at) {
  const auto next = group->core.next_deadline();
  if (!next || (group->armed_for && *group->armed_for <= *next)) return;
  runtime::EventLoop::cancel(group->timer);
  group->armed_for = next;
  const auto delay = std::chrono::ceil<milliseconds>(std::max(*next - at.steady, {}));
  const uint64_t number = ++group->timer_number;
  group->timer = timers_.call_after(delay, [this, weak = std::weak_ptr(group), number] {
    if (const auto alive = weak.lock()) on_timer(alive, number);
  });
}

void Coordinator::on_timer(const GroupPtr& group, uint64_t timer_number) {
  {
    std::scoped_lock hold(group->mutex);
    // Another timer was set meanwhile.
    if (timer_number != group->timer_number) return;
    const Now at = now();
    const auto next = group->core.next_deadline();
    if (!next || *next > at.steady) {
      group->armed_for.reset();
      return arm_timer(group, at);
    }
  }
  catch_up_([this, weak = std::weak_ptr(group), timer_number] {
    timers_.post([this, weak, timer_number] {
      if (const auto alive = weak.lock()) on_caught_up(alive, timer_number);
    });
  });
}

void Coordinator::on_caught_up(const GroupPtr& group, uint64_t timer_number) {
  act(group, [&](Group& core, Now at, Orders& orders) {
    if (timer_number != group->timer_number) return;
    group->armed_for.reset();
    core.on_time(at, orders);
  });
}

}  // namespace samsa::group
