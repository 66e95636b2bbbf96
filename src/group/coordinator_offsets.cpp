// Committing, fetching and deleting offsets.

#include <algorithm>

#include "group/coordinator_act.h"

namespace samsa::group {
namespace {

PartitionErrors all_with(const Commits& commits, Errc error) {
  PartitionErrors errors;
  for (const auto& [tp, value] : commits) errors.emplace_back(tp, error);
  return errors;
}

}  // namespace

runtime::Task<PartitionErrors> Coordinator::commit(std::string id, MemberName member,
                                                   int32_t generation, Commits commits) {
  auto group = find(id, true);
  // Whoever is in no generation only wants its offsets kept.
  if (group && !*group && generation < 0) group = find_or_add(id);
  if (!group) co_return all_with(commits, group.error().code);
  if (!*group) co_return all_with(commits, Errc::illegal_generation);
  PartitionErrors refused;
  std::optional<Result<OffsetsLog::Pending>> pending;
  Now at;
  {
    std::scoped_lock hold((*group)->mutex);
    at = now();
    Group& core = (*group)->core;
    const Errc allowed = core.check_commit(member, generation, at);
    arm_timer(*group, at);
    if (allowed != Errc::none) co_return all_with(commits, allowed);
    const auto fits = [this](const auto& commit) {
      return utf16_length(commit.second.metadata) <= options_.max_metadata_length;
    };
    const auto too_large = std::stable_partition(commits.begin(), commits.end(), fits);
    for (auto one = too_large; one != commits.end(); ++one)
      refused.emplace_back(one->first, Errc::offset_metadata_too_large);
    commits.erase(too_large, commits.end());
    if (commits.empty()) co_return refused;
    core.offsets().begin(commits);
    pending = log_.append_offsets((*group)->home, id, commits, at.wall_ms);
  }
  if (!*pending)
    co_return finish_commit(*group, std::move(commits), std::move(refused), pending->error());
  const Offset first = (*pending)->first_offset;
  auto done = OffsetsLog::is_done(**pending);
  Errc outcome = done ? Errc::none : done.error().code;
  if (done && !*done) outcome = co_await log_.await(**pending, at.steady);
  Result<Offset> appended_at = first;
  if (outcome != Errc::none) appended_at = outcome;
  co_return finish_commit(*group, std::move(commits), std::move(refused), appended_at);
}

PartitionErrors Coordinator::finish_commit(const GroupPtr& group, Commits commits,
                                           PartitionErrors refused, Result<Offset> appended_at) {
  {
    std::scoped_lock hold(group->mutex);
    if (group->core.state() != State::dead) {
      if (appended_at) {
        group->core.offsets().appended(commits, *appended_at);
      } else {
        group->core.offsets().failed(commits);
      }
    }
  }
  const Errc outcome =
      appended_at ? Errc::none : OffsetsLog::error_of_commit(appended_at.error().code);
  PartitionErrors errors = all_with(commits, outcome);
  errors.insert(errors.end(), refused.begin(), refused.end());
  return errors;
}

Result<std::vector<FetchedOffset>> Coordinator::fetch(
    const std::string& id, const std::optional<std::vector<TopicPartition>>& wanted,
    bool require_stable) {
  auto group = find(id, true);
  if (!group) return group.error();
  std::vector<FetchedOffset> fetched;
  const auto none = [&] {
    if (!wanted) return;
    for (const auto& tp : *wanted) fetched.push_back({.partition = tp, .value = std::nullopt});
  };
  if (!*group) {
    none();
    return fetched;
  }
  std::scoped_lock hold((*group)->mutex);
  const Group& core = (*group)->core;
  if (core.state() == State::dead) {
    none();
    return fetched;
  }
  const auto& offsets = core.offsets();
  const auto add = [&](const TopicPartition& tp) {
    auto& answer = fetched.emplace_back(FetchedOffset{.partition = tp, .value = std::nullopt});
    if (require_stable && offsets.is_unsettled(tp)) {
      answer.error = Errc::unstable_offset_commit;
    } else if (const auto* value = offsets.find(tp)) {
      answer.value = *value;
    }
  };
  if (wanted) {
    for (const auto& tp : *wanted) add(tp);
  } else {
    for (const auto& [tp, commit] : offsets.committed()) add(tp);
  }
  return fetched;
}

Result<PartitionErrors> Coordinator::delete_offsets(const std::string& id,
                                                    const std::vector<TopicPartition>& partitions) {
  auto group = find(id);
  if (!group) return group.error();
  if (!*group) return absence_of(id);
  PartitionErrors errors;
  std::vector<TopicPartition> chosen;
  {
    std::scoped_lock hold((*group)->mutex);
    const Group& core = (*group)->core;
    if (core.state() == State::dead) return absence_of(id);
    if (core.state() != State::empty && !core.is_consumer_group()) return Errc::non_empty_group;
    for (const auto& tp : partitions) {
      const bool is_read = core.state() != State::empty && core.may_be_subscribed(tp.topic);
      errors.emplace_back(tp, is_read ? Errc::group_subscribed_to_topic : Errc::none);
      if (!is_read) chosen.push_back(tp);
    }
  }
  if (chosen.empty()) return errors;
  size_t removed = 0;
  clean(
      *group, [&](Group& core) { return core.offsets().remove(chosen); }, removed);
  LOG(INFO) << "[GroupCoordinator " << options_.broker_id << "]: " << removed
            << " offsets of group " << id << " were deleted";
  return errors;
}

}  // namespace samsa::group
