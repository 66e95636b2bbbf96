#include "group/homes.h"

namespace samsa::group {

Errc Home::status() const {
  std::shared_lock hold(mutex_);
  if (phase_ == Phase::loading) return Errc::coordinator_load_in_progress;
  return phase_ == Phase::open ? Errc::none : Errc::not_coordinator;
}

Result<std::shared_ptr<ActiveGroup>> Home::find(const std::string& id) const {
  std::shared_lock hold(mutex_);
  if (phase_ == Phase::loading) return Errc::coordinator_load_in_progress;
  if (phase_ == Phase::closed) return Errc::not_coordinator;
  const auto found = groups_.find(id);
  return found == groups_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<ActiveGroup>> Home::find_or_add(std::shared_ptr<ActiveGroup> fresh) {
  std::unique_lock hold(mutex_);
  if (phase_ == Phase::loading) return Errc::coordinator_load_in_progress;
  if (phase_ == Phase::closed) return Errc::not_coordinator;
  const std::string id = fresh->core.id();
  return groups_.try_emplace(id, std::move(fresh)).first->second;
}

void Home::erase(const std::shared_ptr<ActiveGroup>& group) {
  std::unique_lock hold(mutex_);
  const auto found = groups_.find(group->core.id());
  if (found != groups_.end() && found->second == group) groups_.erase(found);
}

std::vector<std::shared_ptr<ActiveGroup>> Home::all() const {
  std::shared_lock hold(mutex_);
  std::vector<std::shared_ptr<ActiveGroup>> groups;
  groups.reserve(groups_.size());
  for (const auto& [id, group] : groups_) groups.push_back(group);
  return groups;
}

std::optional<uint64_t> Home::begin_load(LeaderEpoch epoch) {
  std::unique_lock hold(mutex_);
  if (epoch < epoch_) return std::nullopt;
  epoch_ = epoch;
  // It has led all the while, so what it knows is right.
  if (phase_ != Phase::closed) return std::nullopt;
  phase_ = Phase::loading;
  return ++load_;
}

bool Home::finish_load(uint64_t load, Groups groups) {
  std::unique_lock hold(mutex_);
  if (phase_ != Phase::loading || load != load_) return false;
  groups_ = std::move(groups);
  phase_ = Phase::open;
  return true;
}

bool Home::is_loading(uint64_t load) const {
  std::shared_lock hold(mutex_);
  return phase_ == Phase::loading && load == load_;
}

std::optional<Groups> Home::close(LeaderEpoch epoch) {
  std::unique_lock hold(mutex_);
  if (epoch.value() >= 0) {
    if (epoch < epoch_) return std::nullopt;
    epoch_ = epoch;
  }
  phase_ = Phase::closed;
  return std::exchange(groups_, {});
}

}  // namespace samsa::group
