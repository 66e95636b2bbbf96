#include "replica/fetch_session.h"

#include <limits>
#include <random>

namespace samsa::replica {

int32_t next_fetch_epoch(int32_t epoch) {
  if (epoch < 0) return k_final_fetch_epoch;
  return epoch == std::numeric_limits<int32_t>::max() ? 1 : epoch + 1;
}

size_t FetchSession::size() const {
  std::scoped_lock hold(mutex_);
  return order_.size();
}

void FetchSession::put(FetchPartition request) {
  const auto found = index_.find(request.tp);
  if (found != index_.end()) {
    found->second->request = std::move(request);
    return;
  }
  order_.push_back({.request = std::move(request)});
  index_.emplace(order_.back().request.tp, std::prev(order_.end()));
}

void FetchSession::forget(const TopicPartition& tp) {
  const auto found = index_.find(tp);
  if (found == index_.end()) return;
  order_.erase(found->second);
  index_.erase(found);
}

bool FetchSession::is_news(Cached& cached, const FetchNews& news) {
  bool tell = news.has_records || news.must_tell;
  if (cached.told_high_watermark != news.high_watermark) {
    tell = true;
    cached.told_high_watermark = news.high_watermark;
  }
  if (cached.told_log_start_offset != news.log_start_offset) {
    tell = true;
    cached.told_log_start_offset = news.log_start_offset;
  }
  if (news.error != Errc::none) {
    tell = true;
    cached.told_high_watermark = k_no_offset;  // so that the end of the error is news too
  }
  return tell;
}

FetchSessionCache::FetchSessionCache(int32_t slots_max, int64_t eviction_ms)
    : slots_max_(static_cast<size_t>(slots_max)), eviction_ms_(eviction_ms) {}

std::shared_ptr<FetchSession> FetchSessionCache::find(int32_t id) {
  std::scoped_lock hold(mutex_);
  const auto found = slots_.find(id);
  return found == slots_.end() ? nullptr : found->second.session;
}

void FetchSessionCache::remove(int32_t id) {
  std::scoped_lock hold(mutex_);
  erase(id);
}

void FetchSessionCache::erase(int32_t id) {
  const auto found = slots_.find(id);
  if (found == slots_.end()) return;
  const Slot& slot = found->second;
  by_use_.erase({slot.used_ms, id});
  evictable_by_all_.erase(slot.key);
  evictable_by_privileged_.erase(slot.key);
  partitions_cached_ -= static_cast<int64_t>(slot.key.size);
  slots_.erase(found);
}

int32_t FetchSessionCache::new_id() {
  thread_local std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<int32_t> ids(1, std::numeric_limits<int32_t>::max());
  int32_t id = ids(random);
  while (slots_.contains(id)) id = ids(random);
  return id;
}

bool FetchSessionCache::make_room(const Evictable& wanted, int64_t now_ms) {
  if (slots_.size() < slots_max_) return true;
  if (by_use_.empty()) return false;
  const auto [used_ms, stalest] = *by_use_.begin();
  if (now_ms - used_ms > eviction_ms_) {
    erase(stalest);
    ++evictions_;
    return true;
  }
  const auto& candidates = wanted.privileged ? evictable_by_privileged_ : evictable_by_all_;
  if (candidates.empty() || wanted < *candidates.begin()) return false;
  erase(candidates.begin()->id);
  ++evictions_;
  return true;
}

int32_t FetchSessionCache::maybe_create(std::vector<FetchPartition> partitions,
                                        const std::vector<FetchNews>& told, bool privileged,
                                        int64_t now_ms) {
  std::scoped_lock hold(mutex_);
  if (!make_room({privileged, partitions.size(), 0}, now_ms)) return k_no_fetch_session;
  const int32_t id = new_id();
  auto session = std::make_shared<FetchSession>(id, privileged);
  for (size_t i = 0; i < partitions.size(); ++i) {
    const TopicPartition tp = partitions[i].tp;
    session->put(std::move(partitions[i]));
    session->is_news(*session->index_.at(tp), told[i]);
  }
  const Evictable key{privileged, session->order_.size(), id};
  partitions_cached_ += static_cast<int64_t>(key.size);
  if (!privileged) evictable_by_privileged_.insert(key);
  by_use_.insert({now_ms, id});
  slots_.emplace(id, Slot{std::move(session), now_ms, now_ms, key});
  return id;
}

void FetchSessionCache::touch(FetchSession& session, int64_t now_ms) {
  const size_t size = session.size();
  std::scoped_lock hold(mutex_);
  const auto found = slots_.find(session.id());
  if (found == slots_.end()) return;
  Slot& slot = found->second;
  by_use_.erase({slot.used_ms, session.id()});
  evictable_by_all_.erase(slot.key);
  evictable_by_privileged_.erase(slot.key);
  partitions_cached_ += static_cast<int64_t>(size) - static_cast<int64_t>(slot.key.size);
  slot.used_ms = now_ms;
  slot.key.size = size;
  by_use_.insert({now_ms, session.id()});
  const bool seasoned = now_ms - slot.created_ms > eviction_ms_;
  if (seasoned) evictable_by_all_.insert(slot.key);
  if (seasoned || !slot.key.privileged) evictable_by_privileged_.insert(slot.key);
}

size_t FetchSessionCache::size() const {
  std::scoped_lock hold(mutex_);
  return slots_.size();
}

int64_t FetchSessionCache::partitions_cached() const {
  std::scoped_lock hold(mutex_);
  return partitions_cached_;
}

int64_t FetchSessionCache::evictions() const {
  std::scoped_lock hold(mutex_);
  return evictions_;
}

FetchContext FetchContext::begin(FetchSessionCache& cache, Request request, int64_t now_ms) {
  FetchContext context;
  context.is_follower_ = request.is_follower;
  context.request_epoch_ = request.session_epoch;
  const bool is_full = request.session_epoch == k_initial_fetch_epoch ||
                       request.session_epoch == k_final_fetch_epoch;
  if (is_full) {
    if (request.session_id != k_no_fetch_session) cache.remove(request.session_id);
    context.kind_ = request.session_epoch == k_final_fetch_epoch ? Kind::sessionless : Kind::full;
    context.partitions_ = std::move(request.partitions);
    return context;
  }
  auto session = cache.find(request.session_id);
  if (!session) {
    context.error_ = Errc::fetch_session_id_not_found;
    return context;
  }
  {
    std::scoped_lock hold(session->mutex_);
    if (session->epoch_ != request.session_epoch) {
      context.error_ = Errc::invalid_fetch_session_epoch;
      return context;
    }
    for (auto& partition : request.partitions) session->put(std::move(partition));
    for (const auto& tp : request.forgotten) session->forget(tp);
    session->epoch_ = next_fetch_epoch(session->epoch_);
    context.partitions_.reserve(session->order_.size());
    for (const auto& cached : session->order_) context.partitions_.push_back(cached.request);
  }
  if (context.partitions_.empty()) {
    cache.remove(session->id());
    context.kind_ = Kind::sessionless;
    return context;
  }
  cache.touch(*session, now_ms);
  context.kind_ = Kind::incremental;
  context.session_ = std::move(session);
  return context;
}

FetchContext::Outcome FetchContext::finish(FetchSessionCache& cache,
                                           const std::vector<FetchNews>& news, int64_t now_ms) {
  Outcome outcome;
  outcome.included.assign(partitions_.size(), true);
  switch (kind_) {
    case Kind::error:
      outcome.error = error_;
      return outcome;
    case Kind::sessionless:
      return outcome;
    case Kind::full:
      outcome.session_id = cache.maybe_create(partitions_, news, is_follower_, now_ms);
      return outcome;
    case Kind::incremental:
      break;
  }
  outcome.session_id = session_->id();
  std::scoped_lock hold(session_->mutex_);
  if (session_->epoch_ != next_fetch_epoch(request_epoch_)) {
    outcome.error = Errc::invalid_fetch_session_epoch;  // a duplicate of this request overtook it
    outcome.included.assign(partitions_.size(), false);
    return outcome;
  }
  auto& order = session_->order_;
  for (size_t i = 0; i < partitions_.size(); ++i) {
    const auto found = session_->index_.find(partitions_[i].tp);
    if (found == session_->index_.end()) continue;
    const bool tell = session_->is_news(*found->second, news[i]);
    outcome.included[i] = tell;
    if (tell) order.splice(order.end(), order, found->second);
  }
  return outcome;
}

}  // namespace samsa::replica
