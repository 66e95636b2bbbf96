#pragma once
// The Client over a FakeTree. Several clients share one tree, as brokers share a ZooKeeper.

#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/event_loop.h"
#include "zk/fake/tree.h"

namespace samsa::zk {

// Answers and events come on the loop, in the order in which the tree made them.
class FakeClient : public Client {
 public:
  // Opens its first session at once. Tree and loop outlive the client.
  FakeClient(FakeTree& tree, runtime::EventLoop& loop);
  ~FakeClient() override;

  ZkFuture<std::string> create(std::string path, Bytes data, CreateMode mode) override;
  ZkFuture<Data> get(std::string path, bool watch) override;
  ZkFuture<Stat> exists(std::string path, bool watch) override;
  ZkFuture<std::vector<std::string>> children(std::string path, bool watch) override;
  ZkFuture<Stat> set(std::string path, Bytes data, int32_t version) override;
  ZkFuture<Nothing> remove(std::string path, int32_t version) override;
  ZkFuture<std::vector<OpResult>> multi(std::vector<Op> ops) override;

  int64_t session_id() const override;
  uint64_t generation() const override;
  SessionState state() const override;
  void set_listener(std::function<void(const WatchEvent&)> listener) override;
  void close() override;

  // What can happen to a session. While disconnected, operations wait.
  void disconnect();
  void reconnect();
  // The session is gone and a new one is there.
  void expire();
  // The session is gone at the server, as after a long pause; this client learns of it with
  // expire().
  void expire_unnoticed();
  // The next create or multi that touches the path takes place, but its answer is lost.
  void lose_answer_for(std::string path);
  // The next `count` multis that touch the path get lost on their way.
  void lose_requests_for(std::string path, int count);

 private:
  struct Pending {
    std::function<void(int64_t session)> run;
    std::function<void()> fail;
  };

  struct Shared;  // with what has been posted

  static void post(runtime::EventLoop& loop, std::shared_ptr<Shared> shared, WatchEvent event);
  template <class T, class F>
  ZkFuture<T> start(F operation);
  int64_t open_session();
  void tell(WatchEvent event);
  bool loses(const std::vector<Op>& ops);
  bool loses_request(const std::vector<Op>& ops);

  FakeTree& tree_;
  runtime::EventLoop& loop_;
  std::shared_ptr<Shared> shared_;
  mutable std::mutex mutex_;
  SessionState state_ = SessionState::connected;
  int64_t session_ = 0;
  uint64_t generation_ = 0;
  std::deque<Pending> waiting_;
  std::string lost_path_;
  std::string lost_requests_path_;
  int lost_requests_ = 0;
};

}  // namespace samsa::zk
