#pragma once
// Who wants to look again when a partition has moved: long-polling fetches and produces waiting for
// replicas.

#include <atomic>
#include <mutex>
#include <vector>

#include "runtime/wait.h"

namespace samsa::replica {

class Waiters {
 public:
  void add(const runtime::Signal& signal, uint64_t token) {
    std::scoped_lock hold(mutex_);
    waiting_.push_back({token, signal});
    count_.store(waiting_.size(), std::memory_order_release);
  }
  void remove(uint64_t token) {
    std::scoped_lock hold(mutex_);
    std::erase_if(waiting_, [token](const Entry& entry) { return entry.token == token; });
    count_.store(waiting_.size(), std::memory_order_release);
  }
  // Wakes all. Call it without holding the partition's lock. Costs one atomic load when nobody
  // waits; a waiter that adds itself meanwhile looks at the partition after that, so it can't miss
  // the move.
  void wake() {
    if (count_.load(std::memory_order_acquire) == 0) return;
    std::vector<runtime::Signal> woken;
    {
      std::scoped_lock hold(mutex_);
      for (const auto& entry : waiting_) woken.push_back(entry.signal);
    }
    for (const auto& signal : woken) signal.notify();
  }

 private:
  struct Entry {
    uint64_t token;
    runtime::Signal signal;
  };
  std::mutex mutex_;
  std::vector<Entry> waiting_;
  std::atomic<size_t> count_{0};
};

// A token for one waiting request; unique in the process.
uint64_t next_waiter_token();

}  // namespace samsa::replica
