#include "zk/fake/client.h"

#include <algorithm>

namespace samsa::zk {

struct FakeClient::Shared {
  std::mutex mutex;
  std::function<void(const WatchEvent&)> listener;
};

FakeClient::FakeClient(FakeTree& tree, runtime::EventLoop& loop)
    : tree_(tree), loop_(loop), shared_(std::make_shared<Shared>()) {
  session_ = open_session();
  generation_ = 1;
}

FakeClient::~FakeClient() { close(); }

int64_t FakeClient::open_session() {
  return tree_.open_session(
      [loop = &loop_, shared = shared_](WatchEvent event) { post(*loop, shared, event); });
}

void FakeClient::tell(WatchEvent event) { post(loop_, shared_, std::move(event)); }

void FakeClient::post(runtime::EventLoop& loop, std::shared_ptr<Shared> shared, WatchEvent event) {
  loop.post([shared = std::move(shared), event = std::move(event)] {
    std::function<void(const WatchEvent&)> listener;
    {
      std::scoped_lock hold(shared->mutex);
      listener = shared->listener;
    }
    if (listener) listener(event);
  });
}

// Runs the operation now, or once there is a connection.
template <class T, class F>
ZkFuture<T> FakeClient::start(F operation) {
  ZkFuture<T> answer;
  const auto give = [loop = &loop_, answer](ZkResult<T> result) {
    loop->post([answer, result = std::move(result)]() mutable { answer.set(std::move(result)); });
  };
  Pending pending{.run =
                      [this, give, operation = std::move(operation)](int64_t session) mutable {
                        if (tree_.is_open(session)) {
                          give(operation(session));
                        } else {
                          give({ZkCode::session_expired, T{}});
                        }
                      },
                  .fail =
                      [give] {
                        give({ZkCode::session_expired, T{}});
                      }};
  std::unique_lock hold(mutex_);
  if (state_ == SessionState::connected) {
    pending.run(session_);
  } else if (state_ == SessionState::closed) {
    pending.fail();
  } else {
    waiting_.push_back(std::move(pending));
  }
  return answer;
}

namespace {

bool touch(const std::vector<Op>& ops, const std::string& path) {
  return std::ranges::find(ops, path, &Op::path) != ops.end();
}

}  // namespace

bool FakeClient::loses(const std::vector<Op>& ops) {
  const bool loses = touch(ops, lost_path_);
  if (loses) lost_path_.clear();
  return loses;
}

bool FakeClient::loses_request(const std::vector<Op>& ops) {
  const bool loses = lost_requests_ > 0 && touch(ops, lost_requests_path_);
  if (loses) --lost_requests_;
  return loses;
}

ZkFuture<std::vector<OpResult>> FakeClient::multi(std::vector<Op> ops) {
  using Answer = ZkResult<std::vector<OpResult>>;
  return start<std::vector<OpResult>>([this, ops = std::move(ops)](int64_t session) {
    if (loses_request(ops)) return Answer{ZkCode::connection_loss, {}};
    auto done = tree_.apply(session, ops);
    if (loses(ops)) done.code = ZkCode::connection_loss;
    return done;
  });
}

ZkFuture<std::string> FakeClient::create(std::string path, Bytes data, CreateMode mode) {
  const std::vector<Op> ops = {Op::create(std::move(path), std::move(data), mode)};
  return start<std::string>([this, ops](int64_t session) -> ZkResult<std::string> {
    auto done = tree_.apply(session, ops);
    return {loses(ops) ? ZkCode::connection_loss : done.code, std::move(done.value[0].path)};
  });
}

ZkFuture<Stat> FakeClient::set(std::string path, Bytes data, int32_t version) {
  const std::vector<Op> ops = {Op::set(std::move(path), std::move(data), version)};
  return start<Stat>([this, ops](int64_t session) -> ZkResult<Stat> {
    auto done = tree_.apply(session, ops);
    return {done.code, done.value[0].stat};
  });
}

ZkFuture<Nothing> FakeClient::remove(std::string path, int32_t version) {
  const std::vector<Op> ops = {Op::remove(std::move(path), version)};
  return start<Nothing>([this, ops](int64_t session) -> ZkResult<Nothing> {
    return {tree_.apply(session, ops).code, {}};
  });
}

ZkFuture<Data> FakeClient::get(std::string path, bool watch) {
  return start<Data>([this, path = std::move(path), watch](int64_t session) {
    return tree_.get(session, path, watch);
  });
}

ZkFuture<Stat> FakeClient::exists(std::string path, bool watch) {
  return start<Stat>([this, path = std::move(path), watch](int64_t session) {
    return tree_.exists(session, path, watch);
  });
}

ZkFuture<std::vector<std::string>> FakeClient::children(std::string path, bool watch) {
  return start<std::vector<std::string>>([this, path = std::move(path), watch](int64_t session) {
    return tree_.children(session, path, watch);
  });
}

void FakeClient::disconnect() {
  std::scoped_lock hold(mutex_);
  state_ = SessionState::connecting;
  tell({WatchEvent::Type::session_disconnected, {}});
}

void FakeClient::reconnect() {
  std::scoped_lock hold(mutex_);
  state_ = SessionState::connected;
  tell({WatchEvent::Type::session_connected, {}});
  for (auto& one : std::exchange(waiting_, {})) one.run(session_);
}

void FakeClient::expire_unnoticed() { tree_.end_session(session_id()); }

void FakeClient::expire() {
  expire_unnoticed();
  std::scoped_lock hold(mutex_);
  for (auto& one : std::exchange(waiting_, {})) one.fail();
  tell({WatchEvent::Type::session_expired, {}});
  session_ = open_session();
  ++generation_;
  state_ = SessionState::connected;
  tell({WatchEvent::Type::session_established, {}});
}

void FakeClient::lose_answer_for(std::string path) {
  std::scoped_lock hold(mutex_);
  lost_path_ = std::move(path);
}

void FakeClient::lose_requests_for(std::string path, int count) {
  std::scoped_lock hold(mutex_);
  lost_requests_path_ = std::move(path);
  lost_requests_ = count;
}

void FakeClient::close() {
  int64_t session = 0;
  {
    std::scoped_lock hold(mutex_);
    if (state_ == SessionState::closed) return;
    state_ = SessionState::closed;
    for (auto& one : std::exchange(waiting_, {})) one.fail();
    session = session_;
  }
  tree_.end_session(session);
}

int64_t FakeClient::session_id() const {
  std::scoped_lock hold(mutex_);
  return session_;
}
uint64_t FakeClient::generation() const {
  std::scoped_lock hold(mutex_);
  return generation_;
}
SessionState FakeClient::state() const {
  std::scoped_lock hold(mutex_);
  return state_;
}
void FakeClient::set_listener(std::function<void(const WatchEvent&)> listener) {
  std::scoped_lock hold(shared_->mutex);
  shared_->listener = std::move(listener);
}

}  // namespace samsa::zk
