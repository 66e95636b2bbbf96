#include "group/records/log_replay.h"

#include "record/record.h"

namespace samsa::group {

void LogReplay::skip(const Error& why) {
  ++skipped_;
  last_reason_ = why.text();
}

void LogReplay::apply(record::BatchView batch) {
  if (batch.is_control()) return apply_control(batch);
  std::optional<Offset> first;
  auto read = record::for_each_record(batch, [&](const record::Record& record) {
    if (!first) first = record.offset;
    if (!record.key) return skip(Error{Errc::corrupt_message, "the record has no key"});
    auto applied = apply_record(batch, *first, *record.key, record.value);
    if (!applied) skip(applied.error());
  });
  if (!read) skip(read.error());
}

void LogReplay::apply_control(record::BatchView batch) {
  record::RecordReader reader{batch};
  auto record = reader.next();
  if (!record) return skip(record.error());
  if (!*record) return;
  auto marker = record::parse_end_transaction_marker(**record);
  if (!marker) return skip(marker.error());
  if (!*marker) return;
  auto ended = open_.extract(batch.producer_id());
  if (ended.empty() || (*marker)->type != record::ControlType::commit) return;
  for (auto& [group, commits] : ended.mapped())
    for (auto& [partition, commit] : commits) {
      const auto [known, is_first] = offsets_[group].try_emplace(partition, commit);
      if (!is_first && known->second.is_older_than(commit)) known->second = std::move(commit);
    }
}

Result<void> LogReplay::apply_record(record::BatchView batch, Offset batch_offset, BytesView bytes,
                                     std::optional<BytesView> value) {
  auto key = decode_key(bytes);
  if (!key) return key.error();
  if (const auto* group = std::get_if<GroupKey>(&*key)) {
    if (!value) {
      generations_.erase(group->group);
      return ok();
    }
    auto generation = decode_group_value(*value);
    if (!generation) return generation.error();
    generations_[group->group] = std::move(*generation);
    return ok();
  }
  const auto& commit = std::get<OffsetKey>(*key);
  auto& offsets = batch.is_transactional() ? open_[batch.producer_id()] : offsets_;
  if (!value) {
    const auto known = offsets.find(commit.group);
    if (known != offsets.end()) known->second.erase(commit.partition);
    return ok();
  }
  auto offset = decode_offset_value(*value);
  if (!offset) return offset.error();
  offsets[commit.group][commit.partition] = {.appended_at = batch_offset,
                                             .value = std::move(*offset)};
  return ok();
}

std::map<std::string, LoadedGroup> LogReplay::take() {
  std::map<std::string, LoadedGroup> groups;
  for (auto& [group, generation] : generations_) groups[group].generation = std::move(generation);
  for (auto& [group, commits] : offsets_)
    if (!commits.empty()) groups[group].offsets = std::move(commits);
  for (auto& [producer, by_group] : open_)
    for (auto& [group, commits] : by_group)
      if (!commits.empty()) groups[group].open_transactions[producer] = std::move(commits);
  return groups;
}

}  // namespace samsa::group
