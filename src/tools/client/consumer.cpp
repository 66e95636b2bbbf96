// The consumer's outside: what is read, in which order the work is done, and handing out records.

#include "tools/client/consumer.h"

#include <algorithm>

namespace samsa::tools::client {

namespace {
// Between looks at heartbeats, commits and metadata while records flow.
constexpr milliseconds k_maintenance_interval{50};
constexpr milliseconds k_close_timeout{5'000};
}  // namespace

Consumer::Consumer(Cluster& cluster, const ConsumerConfig& config)
    : cluster_(cluster), config_(config) {
  next_commit_ = Cluster::now() + config_.auto_commit_interval;
}

Consumer::~Consumer() = default;

void Consumer::subscribe(std::vector<std::string> topics) {
  topics_ = std::move(topics);
  member_.emplace(cluster_, config_.group);
  member_->subscribe(topics_);
  rebalance_start_ = Cluster::now();
}

void Consumer::subscribe_matching(JavaPattern pattern) {
  pattern_.emplace(std::move(pattern));
  member_.emplace(cluster_, config_.group);
  rebalance_start_ = Cluster::now();
}

void Consumer::assign(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& tp : partitions) topics_.push_back(tp.topic);
  adopt(partitions);
}

void Consumer::seek(const TopicPartition& tp, int64_t offset) {
  Position& position = positions_[tp];
  position.offset = offset;
  position.reset_timestamp.reset();
}

void Consumer::seek_to(const TopicPartition& tp, int64_t timestamp) {
  Position& position = positions_[tp];
  position.offset.reset();
  position.reset_timestamp = timestamp;
}

void Consumer::adopt(const std::vector<TopicPartition>& partitions) {
  ++assignment_round_;
  positions_.clear();
  committed_.clear();
  fetched_.clear();
  batch_.reset();
  reader_.reset();
  for (const TopicPartition& tp : partitions) positions_[tp];
  metadata_wanted_ = true;
}

Result<void> Consumer::drive_group() {
  if (!member_) return ok();
  if (member_->revoking()) {
    if (config_.auto_commit) commit(Cluster::now() + k_close_timeout);
    rebalance_start_ = Cluster::now();
    adopt({});
    member_->confirm_revoked();
  }
  auto driven = member_->drive();
  if (!driven) return driven;
  if (auto assignment = member_->take_assignment()) {
    if (rebalance_start_) {
      rebalance_time_ +=
          std::chrono::duration_cast<milliseconds>(Cluster::now() - *rebalance_start_);
    }
    rebalance_start_.reset();
    adopt(*assignment);
  }
  return ok();
}

Result<void> Consumer::maintain() {
  const SteadyTime now = Cluster::now();
  next_maintenance_ = now + k_maintenance_interval;
  if (failure_) return *failure_;
  auto refreshed = refresh_metadata();
  if (!refreshed) return refreshed;
  auto driven = drive_group();
  if (!driven) return driven;
  auto resolved = resolve_positions();
  if (!resolved) return resolved;
  if (member_ && config_.auto_commit && member_->stable() && now >= next_commit_) {
    commit(now + k_close_timeout);
    next_commit_ = now + config_.auto_commit_interval;
  }
  send_fetches();
  return ok();
}

Result<void> Consumer::refresh_metadata() {
  const SteadyTime now = Cluster::now();
  if (now < metadata_not_before_ || (!metadata_wanted_ && now < metadata_again_)) return ok();
  std::optional<std::set<std::string>> wanted;
  if (!pattern_) wanted.emplace(topics_.begin(), topics_.end());
  auto image = cluster_.metadata(wanted, config_.allow_topic_creation,
                                 now + cluster_.options().request_timeout);
  metadata_not_before_ = Cluster::now() + cluster_.options().retry_backoff;
  ++metadata_count_;
  if (!image) {
    // Brokers that are away come back; only what will not pass ends the consumer.
    const Errc code = image.error().code;
    return code == Errc::request_timed_out || code == Errc::network_exception ||
                   cluster_.network().interrupted()
               ? Result<void>(ok())
               : Result<void>(image.error());
  }
  image_ = std::move(*image);
  metadata_wanted_ = false;
  metadata_again_ = Cluster::now() + config_.metadata_max_age;
  std::string trouble;
  std::vector<std::string> matching;
  for (const auto& [name, state] : image_.topics) {
    if (state.error == Errc::topic_authorization_failed && !pattern_) {
      return Error{state.error, "Not authorized to access topics: [" + name + "]"};
    }
    if (state.error == Errc::invalid_topic_exception) {
      return Error{state.error, "Invalid topics: [" + name + "]"};
    }
    if (state.error != Errc::none && !pattern_) {
      trouble += (trouble.empty() ? "" : ", ") + name + "=" + std::string(name_of(state.error));
    }
    const bool visible = !state.internal || !config_.exclude_internal_topics;
    if (pattern_ && visible && pattern_->matches(name)) matching.push_back(name);
  }
  if (!trouble.empty()) {
    cluster_.network().warn("Error while fetching metadata with correlation id " +
                                std::to_string(metadata_count_) + " : {" + trouble + "}",
                            "org.apache.kafka.clients.NetworkClient");
    metadata_wanted_ = true;
  }
  if (pattern_ && member_) member_->subscribe(std::move(matching));
  if (member_) member_->partitions_may_have_changed(image_);
  return ok();
}

SteadyTime Consumer::next_wake(SteadyTime until) const {
  const SteadyTime now = Cluster::now();
  until = std::min(until, metadata_wanted_ ? metadata_not_before_ : metadata_again_);
  if (member_) {
    until = std::min(until, member_->next_wake());
    if (config_.auto_commit && member_->stable()) until = std::min(until, next_commit_);
  }
  for (const auto& [tp, position] : positions_) {
    if (position.not_before > now) until = std::min(until, position.not_before);
    const bool idle = !position.offset && !metadata_wanted_;
    if (idle) until = std::min(until, now + cluster_.options().retry_backoff);
  }
  return std::max(until, now);
}

Result<const ConsumedRecord*> Consumer::next(SteadyTime until) {
  for (;;) {
    if (!fetched_.empty()) {
      auto record = take_record();
      if (!record || *record != nullptr) {
        return record;
      }
      continue;
    }
    auto maintained = maintain();
    if (!maintained) return maintained.error();
    if (!fetched_.empty()) continue;
    if (cluster_.network().interrupted() || Cluster::now() >= until) return nullptr;
    cluster_.network().poll(next_wake(until));
  }
}

Result<const ConsumedRecord*> Consumer::take_record() {
  if (Cluster::now() >= next_maintenance_) {
    cluster_.network().poll(SteadyTime{});
    auto maintained = maintain();
    if (!maintained) return maintained.error();
    if (fetched_.empty()) return nullptr;
  }
  Fetched& source = fetched_.front();
  Position& position = positions_[source.partition];
  for (;;) {
    if (!reader_) {
      auto opened = open_batch();
      if (!opened) return opened.error();
      if (!*opened) {
        finish_fetched();
        return nullptr;
      }
    }
    auto record = reader_->next();
    if (!record) {
      return Error{record.error().code, "Received exception when fetching the next record from " +
                                            source.partition.to_string() +
                                            ". If needed, please seek past the record to "
                                            "continue consumption."};
    }
    if (*record == nullptr) {
      // The batch's own end, because compaction may have taken its last records.
      position.offset = std::max(*position.offset, batch_->next_offset().value());
      reader_.reset();
      continue;
    }
    const record::Record& found = **record;
    if (found.offset.value() < *position.offset) continue;
    position.offset = found.offset.value() + 1;
    current_.partition = &source.partition;
    current_.offset = found.offset.value();
    current_.timestamp_ms = found.timestamp_ms;
    current_.timestamp_type = batch_->timestamp_type();
    current_.key = found.key;
    current_.value = found.value;
    current_.headers = found.headers;
    return &current_;
  }
}

void Consumer::close() {
  cluster_.network().interrupt_on(nullptr);
  cluster_.network().give_up_at(SteadyTime::max());
  if (!member_) return;
  const SteadyTime deadline = Cluster::now() + k_close_timeout;
  if (config_.auto_commit && member_->generation() >= 0) commit(deadline);
  member_->leave(deadline);
}

}  // namespace samsa::tools::client
