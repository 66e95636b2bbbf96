#include "zk/client/apache_session.h"

#include <glog/logging.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>

namespace samsa::zk {
namespace {

constexpr milliseconds k_first_backoff{100};
constexpr milliseconds k_longest_backoff{5000};

WatchEvent::Type type_of(int type) {
  if (type == ZOO_CREATED_EVENT) return WatchEvent::Type::node_created;
  if (type == ZOO_DELETED_EVENT) return WatchEvent::Type::node_deleted;
  if (type == ZOO_CHANGED_EVENT) return WatchEvent::Type::data_changed;
  return WatchEvent::Type::children_changed;
}

bool is_node_event(int type) {
  return type == ZOO_CREATED_EVENT || type == ZOO_DELETED_EVENT || type == ZOO_CHANGED_EVENT ||
         type == ZOO_CHILD_EVENT;
}

// What the library complains about, as a line of our log: "…:ZOO_ERROR@check_events@2985: Socket
// …". It says the same of each attempt to connect, several times a second.
void log_message(const char* message) {
  constexpr std::chrono::seconds k_repeat_after{10};
  static std::mutex mutex;
  static std::string last;
  static std::chrono::steady_clock::time_point last_time;
  std::string_view text = message;
  if (const auto level = text.find("ZOO_"); level != text.npos)
    if (const auto begin = text.find(": ", level); begin != text.npos)
      text.remove_prefix(begin + 2);
  const auto now = std::chrono::steady_clock::now();
  std::scoped_lock hold(mutex);
  if (text == last && now - last_time < k_repeat_after) return;
  last = text;
  last_time = now;
  LOG(WARNING) << "ZooKeeper client: " << text;
}

// Asks for next to nothing, only to know when the server was last there: the library's own pings
// tell nobody.
struct Heartbeat : Call {
  Heartbeat() { retriable = false; }
  int submit(zhandle_t* handle, const void* context) override {
    return zoo_aexists(handle, "/", 0, &Heartbeat::complete, context);
  }
  void fail(ZkCode) override {}
  static void complete(int rc, const ::Stat*, const void* context) {
    const std::unique_ptr<CallPtr> call(static_cast<CallPtr*>(const_cast<void*>(context)));
    if (!ApacheSession::is_lost(rc)) (*call)->session->heard();
  }
};

}  // namespace

ApacheSession::ApacheSession(ConnectOptions options, runtime::Workers& worker)
    : options_(std::move(options)), worker_(worker) {}

bool ApacheSession::is_lost(int rc) {
  return rc == ZCONNECTIONLOSS || rc == ZOPERATIONTIMEOUT || rc == ZCLOSING ||
         rc == ZSESSIONEXPIRED || rc == ZINVALIDSTATE || rc == ZAUTHFAILED;
}

Result<void> ApacheSession::open() {
  const auto deadline = std::chrono::steady_clock::now() + options_.connection_timeout;
  int reason = 0;
  while (!open_handle()) {
    reason = errno;
    if (std::chrono::steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(k_first_backoff);  // a name that does not resolve yet
  }
  Hold hold(mutex_);
  const bool arrived =
      changed_.wait_until(hold, deadline, [this] { return state_ == SessionState::connected; });
  if (arrived) return ok();
  std::string message =
      "Timed out waiting for connection while in state: CONNECTING (" + options_.connect + ")";
  if (!handle_)
    message += reason == ENOENT ? ": no such host" : std::string(": ") + std::strerror(reason);
  return Error(Errc::network_exception, std::move(message));
}

bool ApacheSession::open_handle() {
  auto handle = std::make_shared<Handle>();
  handle->session = this;
  {
    Hold hold(mutex_);
    handle->number = ++handle_number_;
    session_open_ = false;
  }
  zhandle_t* zh = zookeeper_init2(options_.connect.c_str(), &ApacheSession::watch,
                                  static_cast<int>(options_.session_timeout.count()), nullptr,
                                  handle.get(), 0, &log_message);
  if (zh == nullptr) return false;
  // By default the servers' names are resolved before every request. A new address matters when the
  // connection breaks, and then they are resolved anyhow.
  zoo_set_servers_resolution_delay(zh, -1);
  handle->zh = zh;
  {
    Hold hold(mutex_);
    if (state_ != SessionState::closed) {
      handle_ = std::move(handle);
      return true;
    }
  }
  zookeeper_close(zh);  // the client was closed meanwhile
  return true;
}

void ApacheSession::close() {
  std::vector<CallPtr> orphans;
  std::shared_ptr<Handle> handle;
  {
    Hold hold(mutex_);
    if (state_ == SessionState::closed) return;
    state_ = SessionState::closed;
    handle = std::move(handle_);
    zh_ = nullptr;
    for (auto* calls : {&waiting_, &unknown_}) {
      for (auto& [number, call] : *calls) orphans.push_back(call);
      calls->clear();
    }
    changed_.notify_all();
  }
  for (const auto& call : orphans) call->fail(ZkCode::session_expired);
  if (handle) zookeeper_close(handle->zh);
}

void ApacheSession::start(const CallPtr& call) {
  Hold hold(mutex_);
  call->session = shared_from_this();
  call->number = ++calls_;
  if (state_ == SessionState::connected) return submit(call);
  if (state_ != SessionState::closed) {
    waiting_.emplace(call->number, call);
    return;
  }
  hold.unlock();
  call->fail(ZkCode::session_expired);
}

// Under the mutex, so that calls reach the wire in the order of calling.
void ApacheSession::submit(const CallPtr& call) {
  auto context = std::make_unique<CallPtr>(call);
  const int rc = call->submit(zh_, context.get());
  if (rc == ZOK) {
    (void)context.release();  // the completion takes it
  } else if (is_lost(rc)) {
    waiting_.emplace(call->number, call);  // the session's end is on its way to us
  } else {
    call->fail(code_of(rc));
  }
}

void ApacheSession::lost(const CallPtr& call) {
  Hold hold(mutex_);
  // A handle that has gone takes its calls along, whatever the code.
  const bool ended =
      state_ == SessionState::closed || state_ == SessionState::expired || !session_open_;
  if (ended) {
    hold.unlock();
    return call->fail(ZkCode::session_expired);
  }
  if (state_ == SessionState::connected) {
    if (call->retriable) return submit(call);
    hold.unlock();
    return call->fail(ZkCode::connection_loss);
  }
  (call->retriable ? waiting_ : unknown_).emplace(call->number, call);
}

void ApacheSession::watch(zhandle_t* zh, int type, int state, const char* path, void* context) {
  const auto* handle = static_cast<const Handle*>(context);
  if (is_node_event(type)) {
    handle->session->on_node_event(*handle, type, path);
  } else if (type == ZOO_SESSION_EVENT) {
    handle->session->on_session_event(*handle, zh, state);
  }
}

void ApacheSession::heard() {
  last_heard_.store(std::chrono::steady_clock::now(), std::memory_order_relaxed);
}

// The watches of a session go with it, whatever its handle still has to say.
void ApacheSession::on_node_event(const Handle& handle, int type, const char* path) {
  heard();
  Hold hold(mutex_);
  if (state_ == SessionState::closed || handle.number != handle_number_) return;
  tell(type_of(type), path == nullptr ? "" : path);
}

void ApacheSession::on_session_event(const Handle& handle, zhandle_t* zh, int state) {
  Hold hold(mutex_);
  if (state_ == SessionState::closed) return;
  if (handle.number != handle_number_) {
    const bool is_decided = state == ZOO_CONNECTED_STATE || state == ZOO_READONLY_STATE ||
                            state == ZOO_EXPIRED_SESSION_STATE || state == ZOO_AUTH_FAILED_STATE;
    if (handle.number != abandoned_number_ || !is_decided) return;
    abandoned_number_ = 0;
    return replace_handle();  // closing a session that is still there removes its ephemerals
  }
  if (state == ZOO_CONNECTED_STATE || state == ZOO_READONLY_STATE) {
    std::vector<CallPtr> unknown;
    for (auto& [number, call] : unknown_) unknown.push_back(call);
    unknown_.clear();
    connected(zh);
    hold.unlock();
    for (const auto& call : unknown) call->fail(ZkCode::connection_loss);
  } else if (state == ZOO_EXPIRED_SESSION_STATE || state == ZOO_AUTH_FAILED_STATE) {
    expire(std::move(hold), ExpiryBy::server);
  } else if (state_ == SessionState::connected) {
    disconnected();
  }
}

void ApacheSession::connected(zhandle_t* zh) {
  zh_ = zh;
  state_ = SessionState::connected;
  session_id_ = zoo_client_id(zh)->client_id;
  negotiated_ = milliseconds(zoo_recv_timeout(zh));
  const bool fresh = !session_open_;
  session_open_ = true;
  heard();
  beat_later(++connections_);
  if (fresh) ++generation_;
  LOG(INFO) << "ZooKeeper session 0x" << std::hex << session_id_ << std::dec
            << (fresh ? " established with " : " reconnected to ") << options_.connect
            << ", timeout " << negotiated_.count() << " ms";
  tell(fresh ? WatchEvent::Type::session_established : WatchEvent::Type::session_connected);
  auto waiting = std::move(waiting_);
  waiting_.clear();
  for (const auto& [number, call] : waiting) submit(call);
  changed_.notify_all();
}

void ApacheSession::disconnected() {
  state_ = SessionState::connecting;
  const uint64_t disconnection = ++disconnections_;
  LOG(WARNING) << "ZooKeeper connection lost, reconnecting to " << options_.connect;
  tell(WatchEvent::Type::session_disconnected);
  // Only a server can say "expired". When none answers, we still must stop acting on the session
  // once its time is over, which began with the server's last word. The library breaks a connection
  // after two thirds of the timeout without one, so it can't be older than that.
  const auto now = std::chrono::steady_clock::now();
  const auto last_word =
      std::max(last_heard_.load(std::memory_order_relaxed), now - negotiated_ * 2 / 3);
  const auto left = std::chrono::ceil<milliseconds>(last_word + negotiated_ - now);
  options_.loop->call_after(left, [weak = weak_from_this(), disconnection] {
    const auto self = weak.lock();
    if (!self) return;
    Hold hold(self->mutex_);
    const bool still = self->state_ == SessionState::connecting && self->session_open_ &&
                       self->disconnections_ == disconnection;
    if (still) self->expire(std::move(hold), ExpiryBy::own_clock);
  });
}

void ApacheSession::beat_later(uint64_t connection) {
  options_.loop->call_after(negotiated_ / 3, [weak = weak_from_this(), connection] {
    const auto self = weak.lock();
    if (!self) return;
    Hold hold(self->mutex_);
    if (self->state_ != SessionState::connected || self->connections_ != connection) return;
    const auto beat = std::make_shared<Heartbeat>();
    beat->session = self;
    self->submit(beat);
    self->beat_later(connection);
  });
}

void ApacheSession::expire(Hold hold, ExpiryBy by) {
  LOG(WARNING) << "ZooKeeper session 0x" << std::hex << session_id_ << std::dec
               << (by == ExpiryBy::server
                       ? " expired"
                       : " must be taken for expired: no server has answered for "
                         "as long as it lasts");
  // The server, once it is back, may hold the session on and with it our ephemerals. So our own
  // verdict keeps the handle trying until it can close the session.
  if (by == ExpiryBy::own_clock) abandoned_number_ = handle_number_;
  state_ = SessionState::expired;
  session_open_ = false;
  ++handle_number_;  // the old handle has nothing more to say
  zh_ = nullptr;
  std::vector<CallPtr> orphans;
  for (auto* calls : {&waiting_, &unknown_}) {
    for (auto& [number, call] : *calls) orphans.push_back(call);
    calls->clear();
  }
  tell(WatchEvent::Type::session_expired);
  if (by == ExpiryBy::server) replace_handle();
  hold.unlock();
  for (const auto& call : orphans) call->fail(ZkCode::session_expired);
}

// Under the mutex. On the worker, as closing a handle joins the threads that call us.
void ApacheSession::replace_handle() {
  worker_.post([self = shared_from_this()] {
    std::shared_ptr<Handle> old;
    {
      Hold hold(self->mutex_);
      if (self->state_ == SessionState::closed) return;
      old = std::move(self->handle_);
    }
    self->reopen(std::move(old));
  });
}

void ApacheSession::reopen(std::shared_ptr<Handle> old) {
  if (old) zookeeper_close(old->zh);  // outstanding completions run in here
  {
    Hold hold(mutex_);
    if (state_ == SessionState::closed) return;
    state_ = SessionState::connecting;
  }
  milliseconds backoff = k_first_backoff;
  while (!open_handle()) {
    LOG(WARNING) << "Cannot open a ZooKeeper session with " << options_.connect << ": "
                 << std::strerror(errno) << "; next try in " << backoff.count() << " ms";
    Hold hold(mutex_);
    const auto closed = [this] { return state_ == SessionState::closed; };
    if (changed_.wait_for(hold, backoff, closed)) return;
    backoff = std::min(backoff * 2, k_longest_backoff);
  }
}

void ApacheSession::tell(WatchEvent::Type type, std::string path) {
  options_.loop->post([weak = weak_from_this(), event = WatchEvent{type, std::move(path)}] {
    const auto self = weak.lock();
    if (!self) return;
    std::function<void(const WatchEvent&)> listener;
    {
      std::scoped_lock hold(self->listener_mutex_);
      listener = self->listener_;
    }
    if (listener) listener(event);
  });
}

int64_t ApacheSession::session_id() const {
  Hold hold(mutex_);
  return session_id_;
}

uint64_t ApacheSession::generation() const {
  Hold hold(mutex_);
  return generation_;
}

SessionState ApacheSession::state() const {
  Hold hold(mutex_);
  return state_;
}

void ApacheSession::set_listener(std::function<void(const WatchEvent&)> listener) {
  std::scoped_lock hold(listener_mutex_);
  listener_ = std::move(listener);
}

}  // namespace samsa::zk
