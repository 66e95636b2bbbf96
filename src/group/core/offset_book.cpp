#include "group/core/offset_book.h"

#include <algorithm>

#include "base/wrapping.h"

namespace samsa::group {

void OffsetBook::load(CommittedOffsets committed,
                      std::map<ProducerId, CommittedOffsets> open_transactions) {
  committed_ = std::move(committed);
  open_ = std::move(open_transactions);
}

void OffsetBook::begin(const Commits& commits) {
  for (const auto& [partition, value] : commits) on_the_way_[partition] = value;
}

void OffsetBook::appended(const Commits& commits, Offset at) {
  for (const auto& [partition, value] : commits) {
    const auto awaited = on_the_way_.find(partition);
    // Gone when the topic was deleted meanwhile.
    if (awaited == on_the_way_.end()) continue;
    Committed fresh{.appended_at = at, .value = value};
    const auto [known, is_first] = committed_.try_emplace(partition, fresh);
    if (!is_first && !fresh.is_older_than(known->second)) known->second = std::move(fresh);
    if (awaited->second == value) on_the_way_.erase(awaited);
  }
}

void OffsetBook::failed(const Commits& commits) {
  for (const auto& [partition, value] : commits) {
    const auto awaited = on_the_way_.find(partition);
    if (awaited != on_the_way_.end() && awaited->second == value) on_the_way_.erase(awaited);
  }
}

void OffsetBook::begin(ProducerId producer, const Commits& commits) {
  auto& open = open_[producer];
  for (const auto& [partition, value] : commits) open[partition] = {.value = value};
}

void OffsetBook::appended(ProducerId producer, const Commits& commits, Offset at) {
  const auto open = open_.find(producer);
  if (open == open_.end()) return;
  for (const auto& [partition, value] : commits) {
    const auto awaited = open->second.find(partition);
    if (awaited != open->second.end() && awaited->second.value == value)
      awaited->second.appended_at = at;
  }
}

void OffsetBook::failed(ProducerId producer, const Commits& commits) {
  const auto open = open_.find(producer);
  if (open == open_.end()) return;
  for (const auto& [partition, value] : commits) open->second.erase(partition);
  if (open->second.empty()) open_.erase(open);
}

void OffsetBook::end_transaction(ProducerId producer, bool committed) {
  auto ended = open_.extract(producer);
  if (ended.empty() || !committed) return;
  for (auto& [partition, commit] : ended.mapped()) {
    if (!commit.appended_at) continue;  // its write failed or is not over: it was not committed
    const auto [known, is_first] = committed_.try_emplace(partition, commit);
    if (!is_first && known->second.is_older_than(commit)) known->second = std::move(commit);
  }
}

const OffsetAndMetadata* OffsetBook::find(const TopicPartition& partition) const {
  const auto found = committed_.find(partition);
  return found == committed_.end() ? nullptr : &found->second.value;
}

bool OffsetBook::is_unsettled(const TopicPartition& partition) const {
  return on_the_way_.contains(partition) || std::ranges::any_of(open_, [&](const auto& entry) {
           return entry.second.contains(partition);
         });
}

std::vector<TopicPartition> OffsetBook::remove(const std::vector<TopicPartition>& partitions) {
  std::vector<TopicPartition> removed;
  for (const auto& partition : partitions) {
    on_the_way_.erase(partition);
    for (auto& [producer, open] : open_) open.erase(partition);
    if (committed_.erase(partition) > 0) removed.push_back(partition);
  }
  return removed;
}

std::vector<TopicPartition> OffsetBook::remove_if(
    const std::function<bool(const TopicPartition&)>& condition) {
  std::vector<TopicPartition> chosen;
  const auto choose = [&](const auto& entries) {
    for (const auto& [partition, value] : entries)
      if (condition(partition)) chosen.push_back(partition);
  };
  choose(committed_);
  choose(on_the_way_);
  for (const auto& [producer, open] : open_) choose(open);
  return remove(chosen);
}

std::vector<TopicPartition> OffsetBook::expire(
    int64_t now_ms, int64_t retention_ms,
    const std::function<std::optional<int64_t>(const TopicPartition&, const OffsetAndMetadata&)>&
        since) {
  std::vector<TopicPartition> expired;
  for (const auto& [partition, commit] : committed_) {
    const auto start = since(partition, commit.value);
    if (!start || on_the_way_.contains(partition)) continue;
    const bool is_over = commit.value.expire_timestamp_ms
                             ? now_ms >= *commit.value.expire_timestamp_ms
                             : wrapping_subtract(now_ms, *start) >= retention_ms;
    if (is_over) expired.push_back(partition);
  }
  for (const auto& partition : expired) committed_.erase(partition);
  return expired;
}

}  // namespace samsa::group
