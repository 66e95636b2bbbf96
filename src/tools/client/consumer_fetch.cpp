// The consumer's inside: where to read from, fetching, and reading what was fetched.

#include <algorithm>

#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"
#include "tools/client/consumer.h"

namespace samsa::tools::client {

namespace {

bool passes(Errc code) {
  return is_retriable(code) || code == Errc::request_timed_out || code == Errc::network_exception ||
         code == Errc::unknown_topic_or_partition;
}

}  // namespace

Result<void> Consumer::fetch_committed(std::vector<TopicPartition> unknown) {
  protocol::OffsetFetchRequest request;
  request.group_id = config_.group_id;
  request.require_stable = config_.read_committed;
  request.topics.emplace();
  for (const TopicPartition& tp : unknown) {
    if (request.topics->empty() || request.topics->back().name != tp.topic) {
      request.topics->emplace_back().name = tp.topic;
    }
    request.topics->back().partition_indexes.push_back(tp.partition);
  }
  auto coordinator = member_->coordinator();
  if (!coordinator) return ok();
  auto answer = cluster_.network().call(*coordinator, request,
                                        Cluster::now() + cluster_.options().request_timeout);
  const Errc code = answer ? static_cast<Errc>(answer->error_code) : answer.error().code;
  if (code != Errc::none) {
    member_->coordinator_failed(code);
    return passes(code) || cluster_.network().interrupted() ? Result<void>(ok())
                                                            : Result<void>(Error{code});
  }
  for (const auto& topic : answer->topics) {
    for (const auto& partition : topic.partitions) {
      auto found = positions_.find({topic.name, partition.partition_index});
      if (found == positions_.end() || partition.error_code != 0) continue;
      if (partition.committed_offset >= 0) {
        found->second.offset = partition.committed_offset;
        committed_[found->first] = partition.committed_offset;
        continue;
      }
      if (config_.reset == OffsetReset::none) {
        return Error{Errc::offset_out_of_range,
                     "Undefined offset with no reset policy for partitions: [" +
                         found->first.to_string() + "]"};
      }
      found->second.reset_timestamp =
          config_.reset == OffsetReset::earliest ? k_earliest_timestamp : k_latest_timestamp;
    }
  }
  return ok();
}

Result<void> Consumer::resolve_positions() {
  std::vector<TopicPartition> unknown;
  std::map<TopicPartition, int64_t> wanted;
  const SteadyTime now = Cluster::now();
  for (const auto& [tp, position] : positions_) {
    if (position.offset || now < position.not_before) continue;
    if (!position.reset_timestamp && member_) unknown.push_back(tp);
  }
  if (!unknown.empty()) {
    auto fetched = fetch_committed(std::move(unknown));
    if (!fetched) return fetched;
  }
  for (auto& [tp, position] : positions_) {
    if (position.offset || !position.reset_timestamp || now < position.not_before) continue;
    wanted[tp] = *position.reset_timestamp;
  }
  if (wanted.empty()) return ok();
  auto found = list_offsets(cluster_, wanted, now + cluster_.options().request_timeout,
                            config_.read_committed);
  if (!found) {
    for (const auto& [tp, timestamp] : wanted) {
      positions_[tp].not_before = Cluster::now() + cluster_.options().retry_backoff;
    }
    const bool over = !passes(found.error().code) && !cluster_.network().interrupted();
    return over ? Result<void>(found.error()) : Result<void>(ok());
  }
  for (const auto& [tp, offset] : *found) {
    positions_[tp].offset = offset.offset;
    positions_[tp].reset_timestamp.reset();
  }
  return ok();
}

void Consumer::send_fetches() {
  std::map<int32_t, std::vector<TopicPartition>> by_node;
  const SteadyTime now = Cluster::now();
  for (const auto& [tp, position] : positions_) {
    if (!position.offset || position.fetching || position.buffered || now < position.not_before) {
      continue;
    }
    const auto& topic = image_.topics[tp.topic];
    auto partition = topic.partitions.find(tp.partition);
    const int32_t leader = partition == topic.partitions.end() ? -1 : partition->second.leader;
    if (leader < 0 || !cluster_.network().knows(leader)) {
      metadata_wanted_ = true;
      continue;
    }
    if (fetching_nodes_.count(leader) == 0) by_node[leader].push_back(tp);
  }
  for (auto& [node, partitions] : by_node) {
    protocol::FetchRequest request;
    request.replica_id = -1;
    request.max_wait_ms = config_.fetch_max_wait_ms;
    request.min_bytes = config_.fetch_min_bytes;
    request.max_bytes = config_.fetch_max_bytes;
    request.isolation_level = config_.read_committed ? 1 : 0;
    for (const TopicPartition& tp : partitions) {
      Position& position = positions_[tp];
      position.fetching = true;
      if (request.topics.empty() || request.topics.back().topic != tp.topic) {
        request.topics.emplace_back().topic = tp.topic;
      }
      auto& partition = request.topics.back().partitions.emplace_back();
      partition.partition = tp.partition;
      partition.fetch_offset = *position.offset;
      partition.partition_max_bytes = config_.partition_max_bytes;
    }
    fetching_nodes_.insert(node);
    const uint64_t round = assignment_round_;
    cluster_.network().send<protocol::FetchRequest>(
        node, request,
        [this, node, round, partitions](Result<protocol::FetchResponse> answer) {
          fetching_nodes_.erase(node);
          if (round == assignment_round_) on_fetched(node, partitions, std::move(answer));
        },
        now + cluster_.options().request_timeout + milliseconds(config_.fetch_max_wait_ms));
  }
}

void Consumer::on_fetched(int32_t node, const std::vector<TopicPartition>& asked,
                          Result<protocol::FetchResponse> answer) {
  for (const TopicPartition& tp : asked) positions_[tp].fetching = false;
  if (!answer) {
    cluster_.avoid(node);
    metadata_wanted_ = true;
    const SteadyTime later = Cluster::now() + cluster_.options().retry_backoff;
    for (const TopicPartition& tp : asked) positions_[tp].not_before = later;
    const Errc code = answer.error().code;
    if (!passes(code)) failure_ = answer.error();
    return;
  }
  for (const auto& topic : answer->responses) {
    for (const auto& partition : topic.partition_responses) take_partition(topic.topic, partition);
  }
}

void Consumer::take_partition(const std::string& topic, const FetchedPartition& partition) {
  auto found = positions_.find({topic, partition.partition});
  if (found == positions_.end()) return;
  const Errc code = static_cast<Errc>(partition.error_code);
  if (code != Errc::none) return on_fetch_error(found->first, found->second, code);
  const BytesView records = partition.record_set.view();
  if (records.empty()) return;
  Fetched fetched;
  fetched.partition = found->first;
  fetched.records = records;
  if (partition.aborted_transactions) fetched.aborted = *partition.aborted_transactions;
  std::sort(fetched.aborted.begin(), fetched.aborted.end(),
            [](const auto& a, const auto& b) { return a.first_offset < b.first_offset; });
  fetched_.push_back(std::move(fetched));
  found->second.buffered = true;
}

void Consumer::on_fetch_error(const TopicPartition& tp, Position& position, Errc code) {
  if (code == Errc::offset_out_of_range) {
    if (config_.reset == OffsetReset::none) {
      failure_ =
          Error{code,
                "Offsets out of range with no configured reset policy for "
                "partitions: {" +
                    tp.to_string() + "=" + std::to_string(position.offset.value_or(-1)) + "}"};
      return;
    }
    position.offset.reset();
    position.reset_timestamp =
        config_.reset == OffsetReset::earliest ? k_earliest_timestamp : k_latest_timestamp;
    return;
  }
  if (!passes(code)) {
    failure_ = code == Errc::topic_authorization_failed
                   ? Error{code, "Not authorized to access topics: [" + tp.topic + "]"}
                   : Error{code};
    return;
  }
  position.not_before = Cluster::now() + cluster_.options().retry_backoff;
  metadata_wanted_ = true;
}

bool Consumer::is_aborted(Fetched& fetched, const record::BatchView& batch) const {
  while (!fetched.aborted.empty() &&
         fetched.aborted.front().first_offset <= batch.last_offset().value()) {
    fetched.aborted_producers.insert(fetched.aborted.front().producer_id);
    fetched.aborted.erase(fetched.aborted.begin());
  }
  return batch.is_transactional() &&
         fetched.aborted_producers.count(batch.producer_id().value()) != 0;
}

Result<bool> Consumer::open_batch() {
  Fetched& source = fetched_.front();
  Position& position = positions_[source.partition];
  for (;;) {
    record::BatchIterator batches{BytesView(source.records).substr(source.at)};
    auto next = batches.next();
    if (!next) return next.error();
    if (!*next) return false;
    const record::BatchView batch = **next;
    source.at += batch.size_in_bytes();
    if (batch.next_offset().value() <= *position.offset) continue;
    if (config_.check_crcs && !batch.crc_ok()) {
      return Error{Errc::corrupt_message, "Record batch for partition " +
                                              source.partition.to_string() + " at offset " +
                                              std::to_string(batch.base_offset().value()) +
                                              " is invalid, cause: Record is corrupt"};
    }
    bool skip = batch.is_control();
    if (config_.read_committed) {
      skip = is_aborted(source, batch) || skip;
      if (batch.is_control()) source.aborted_producers.erase(batch.producer_id().value());
    }
    if (skip) {
      position.offset = batch.next_offset().value();
      continue;
    }
    batch_ = batch;
    reader_.emplace(batch);
    return true;
  }
}

void Consumer::finish_fetched() {
  auto position = positions_.find(fetched_.front().partition);
  if (position != positions_.end()) position->second.buffered = false;
  fetched_.pop_front();
  batch_.reset();
  reader_.reset();
  if (fetched_.size() < 2) send_fetches();
}

void Consumer::commit(SteadyTime deadline) {
  if (!member_ || !member_->coordinator()) return;
  protocol::OffsetCommitRequest request;
  request.group_id = config_.group_id;
  request.generation_id = member_->generation();
  request.member_id = member_->member_id();
  request.group_instance_id = config_.group.instance_id;
  for (const auto& [tp, position] : positions_) {
    if (!position.offset) continue;
    auto known = committed_.find(tp);
    if (known != committed_.end() && known->second == *position.offset) continue;
    if (request.topics.empty() || request.topics.back().name != tp.topic) {
      request.topics.emplace_back().name = tp.topic;
    }
    auto& partition = request.topics.back().partitions.emplace_back();
    partition.partition_index = tp.partition;
    partition.committed_offset = *position.offset;
    partition.committed_metadata = "";
  }
  if (request.topics.empty()) return;
  auto answer = cluster_.network().call(*member_->coordinator(), request, deadline);
  if (!answer) return member_->coordinator_failed(answer.error().code);
  for (const auto& topic : answer->topics) {
    for (const auto& partition : topic.partitions) {
      TopicPartition tp{topic.name, partition.partition_index};
      const Errc code = static_cast<Errc>(partition.error_code);
      if (code == Errc::none) {
        committed_[tp] = *positions_[tp].offset;
        continue;
      }
      member_->coordinator_failed(code);
      cluster_.network().warn("Offset commit failed on partition " + tp.to_string() + ": " +
                                  std::string(default_message(code)),
                              "org.apache.kafka.clients.consumer.internals.ConsumerCoordinator");
    }
  }
}

}  // namespace samsa::tools::client
