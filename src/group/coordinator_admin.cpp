// Listing, describing and deleting groups.

#include <algorithm>

#include "group/coordinator_act.h"

namespace samsa::group {

std::vector<Coordinator::GroupPtr> Coordinator::all_groups() const {
  std::vector<GroupPtr> groups;
  for (const auto& home : homes_) std::ranges::move(home->all(), std::back_inserter(groups));
  return groups;
}

std::pair<Errc, std::vector<GroupOverview>> Coordinator::list(
    const std::vector<std::string>& states) {
  if (!is_active_) return {Errc::coordinator_not_available, {}};
  const bool is_loading = std::ranges::any_of(homes_, [](const auto& home) {
    return home->status() == Errc::coordinator_load_in_progress;
  });
  std::vector<GroupOverview> overviews;
  for (const auto& group : all_groups()) {
    std::scoped_lock hold(group->mutex);
    const Group& core = group->core;
    if (!states.empty() && std::ranges::find(states, name_of(core.state())) == states.end())
      continue;
    overviews.push_back({core.id(), core.protocol_type().value_or(""), core.state()});
  }
  return {is_loading ? Errc::coordinator_load_in_progress : Errc::none, std::move(overviews)};
}

GroupDescription Coordinator::describe(const std::string& id) {
  auto group = find(id, true);
  if (!group) return {.error = group.error().code};
  if (!*group) return {.state = std::string(name_of(State::dead))};
  std::scoped_lock hold((*group)->mutex);
  const Group& core = (*group)->core;
  // What members know and have is told only when they have agreed on it.
  const bool is_stable = core.state() == State::stable;
  GroupDescription description{.state = std::string(name_of(core.state())),
                               .protocol_type = core.protocol_type().value_or(""),
                               .protocol = is_stable ? core.protocol().value_or("") : "",
                               .members = {}};
  for (const auto& [member_id, member] : core.roster().members())
    description.members.push_back(
        {.name = {member_id, member.instance_id},
         .client_id = member.client_id,
         .client_host = member.client_host,
         .metadata = is_stable ? member.metadata(description.protocol) : Bytes(),
         .assignment = is_stable ? member.assignment : Bytes()});
  return description;
}

Errc Coordinator::remove(const std::string& id) {
  auto group = find(id, true);
  if (!group) return group.error().code;
  if (!*group) return absence_of(id);
  Errc outcome = Errc::none;
  size_t removed = 0;
  clean(
      *group,
      [&](Group& core) -> std::vector<TopicPartition> {
        if (core.state() == State::dead) {
          outcome = Errc::group_id_not_found;
        } else if (core.state() != State::empty) {
          outcome = Errc::non_empty_group;
        } else {
          Orders nobody_waits;
          core.die(nobody_waits);
          return core.offsets().remove_if([](const TopicPartition&) { return true; });
        }
        return {};
      },
      removed);
  if (outcome == Errc::group_id_not_found) return absence_of(id);
  if (outcome == Errc::none)
    LOG(INFO) << "[GroupCoordinator " << options_.broker_id << "]: Group " << id
              << " was deleted with " << removed << " offsets";
  return outcome;
}

}  // namespace samsa::group
