#pragma once
// Incremental fetch sessions (KIP-227): the broker remembers what a client fetches and what it was
// told last, so that requests name only changes and responses only news.

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/errc.h"
#include "base/types.h"

namespace samsa::replica {

// What a client asks of one partition.
struct FetchPartition {
  TopicPartition tp;
  int32_t max_bytes = 0;
  Offset fetch_offset = k_no_offset;
  LeaderEpoch current_leader_epoch = k_no_leader_epoch;
  Offset follower_log_start_offset = k_no_offset;
  LeaderEpoch last_fetched_epoch = k_no_leader_epoch;
};

// What is news about a partition in a response.
struct FetchNews {
  Errc error = Errc::none;
  Offset high_watermark = k_no_offset;
  Offset log_start_offset = k_no_offset;
  bool has_records = false;
  bool must_tell = false;  // a preferred read replica or a diverging epoch
};

inline constexpr int32_t k_no_fetch_session = 0;
inline constexpr int32_t k_initial_fetch_epoch = 0;
inline constexpr int32_t k_final_fetch_epoch = -1;
int32_t next_fetch_epoch(int32_t epoch);

class FetchSession;

class FetchSessionCache {
 public:
  FetchSessionCache(int32_t slots_max, int64_t eviction_ms = 120'000);

  std::shared_ptr<FetchSession> find(int32_t id);
  void remove(int32_t id);
  // Makes a session when there is room or one less valuable to evict: stale, or smaller and, for a
  // follower's (privileged) session, a consumer's. The id, or k_no_fetch_session.
  int32_t maybe_create(std::vector<FetchPartition> partitions, const std::vector<FetchNews>& told,
                       bool privileged, int64_t now_ms);
  // Notes that the session was used; its size may have changed.
  void touch(FetchSession& session, int64_t now_ms);

  size_t size() const;
  int64_t partitions_cached() const;
  int64_t evictions() const;

 private:
  struct Evictable {
    bool privileged;
    size_t size;
    int32_t id;
    friend auto operator<=>(const Evictable&, const Evictable&) = default;
  };
  struct Slot {
    std::shared_ptr<FetchSession> session;
    int64_t created_ms, used_ms;
    Evictable key;
  };
  bool make_room(const Evictable& wanted, int64_t now_ms);
  void erase(int32_t id);
  int32_t new_id();

  const size_t slots_max_;
  const int64_t eviction_ms_;
  mutable std::mutex mutex_;
  std::unordered_map<int32_t, Slot> slots_;
  std::set<std::pair<int64_t, int32_t>> by_use_;
  std::set<Evictable> evictable_by_all_, evictable_by_privileged_;
  int64_t partitions_cached_ = 0, evictions_ = 0;
};

// One session: an ordered set of partitions. Those that returned something go to the end, so that
// the first in line is the one that was served longest ago.
class FetchSession {
 public:
  FetchSession(int32_t id, bool privileged) : id_(id), privileged_(privileged) {}

  int32_t id() const { return id_; }
  bool privileged() const { return privileged_; }
  size_t size() const;

 private:
  friend class FetchContext;
  friend class FetchSessionCache;
  struct Cached {
    FetchPartition request;
    Offset told_high_watermark = k_no_offset;
    Offset told_log_start_offset = k_no_offset;
  };
  void put(FetchPartition request);
  void forget(const TopicPartition& tp);
  bool is_news(Cached& cached, const FetchNews& news);

  const int32_t id_;
  const bool privileged_;
  mutable std::mutex mutex_;
  int32_t epoch_ = 1;  // what the next request must carry
  std::list<Cached> order_;
  std::unordered_map<TopicPartition, std::list<Cached>::iterator> index_;
};

// One fetch request in the light of its session.
class FetchContext {
 public:
  struct Request {
    int32_t session_id = k_no_fetch_session;
    int32_t session_epoch = k_final_fetch_epoch;
    std::vector<FetchPartition> partitions;
    std::vector<TopicPartition> forgotten;
    bool is_follower = false;
  };
  static FetchContext begin(FetchSessionCache& cache, Request request, int64_t now_ms);

  // FETCH_SESSION_ID_NOT_FOUND or INVALID_FETCH_SESSION_EPOCH: answer that and nothing else.
  Errc error() const { return error_; }
  // All that is to be fetched, in the order to serve.
  const std::vector<FetchPartition>& partitions() const { return partitions_; }

  struct Outcome {
    Errc error = Errc::none;
    int32_t session_id = k_no_fetch_session;
    std::vector<bool> included;  // by index of partitions(): whether the response names it
  };
  // The news are by index of partitions().
  Outcome finish(FetchSessionCache& cache, const std::vector<FetchNews>& news, int64_t now_ms);

 private:
  enum class Kind { error, sessionless, full, incremental };
  Kind kind_ = Kind::error;
  Errc error_ = Errc::none;
  bool is_follower_ = false;
  int32_t request_epoch_ = k_final_fetch_epoch;
  std::shared_ptr<FetchSession> session_;
  std::vector<FetchPartition> partitions_;
};

}  // namespace samsa::replica
