#pragma once
// The life of the C library's handles behind one ApacheClient, and the calls that wait on them.
// Private to zk/client.

#ifndef THREADED
#define THREADED
#endif
#include <zookeeper/zookeeper.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "zk/client/apache_client.h"

namespace samsa::zk {

class ApacheSession;

ZkCode code_of(int rc);

// One operation until it is answered.
struct Call {
  virtual ~Call() = default;
  // Hands it to the library; `context` then goes to the completion, which runs exactly once.
  virtual int submit(zhandle_t* handle, const void* context) = 0;
  virtual void fail(ZkCode code) = 0;

  std::shared_ptr<ApacheSession> session;
  bool retriable = true;
  uint64_t number = 0;  // in order of calling
};
using CallPtr = std::shared_ptr<Call>;

// Thread-safe. The library's threads call in through watch() and the completions; only the worker
// opens and closes handles, as closing joins those threads.
class ApacheSession : public std::enable_shared_from_this<ApacheSession> {
 public:
  ApacheSession(ConnectOptions options, runtime::Workers& worker);

  // Opens the first handle and waits for its session.
  Result<void> open();
  void close();
  void start(const CallPtr& call);
  // The library has given up on a call with one of the codes that is_lost() knows.
  void lost(const CallPtr& call);
  static bool is_lost(int rc);
  // The server has answered something: the session was alive just now.
  void heard();

  int64_t session_id() const;
  uint64_t generation() const;
  SessionState state() const;
  void set_listener(std::function<void(const WatchEvent&)> listener);

 private:
  // Tells the events of the present handle from those of one that is being closed.
  struct Handle {
    ApacheSession* session = nullptr;
    uint64_t number = 0;
    zhandle_t* zh = nullptr;
  };
  using Hold = std::unique_lock<std::mutex>;

  void on_node_event(const Handle& handle, int type, const char* path);
  static void watch(zhandle_t* zh, int type, int state, const char* path, void* context);
  void on_session_event(const Handle& handle, zhandle_t* zh, int state);
  enum class ExpiryBy { server, own_clock };

  void connected(zhandle_t* zh);
  void disconnected();
  void expire(Hold hold, ExpiryBy by);
  void replace_handle();
  void reopen(std::shared_ptr<Handle> old);
  void beat_later(uint64_t connection);
  bool open_handle();
  void submit(const CallPtr& call);
  void tell(WatchEvent::Type type, std::string path = {});

  const ConnectOptions options_;
  runtime::Workers& worker_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  SessionState state_ = SessionState::connecting;
  std::shared_ptr<Handle> handle_;
  zhandle_t* zh_ = nullptr;  // of the present handle once it has connected
  uint64_t handle_number_ = 0;
  uint64_t generation_ = 0;
  bool session_open_ = false;  // the present handle has had its session
  int64_t session_id_ = 0;
  milliseconds negotiated_{0};
  // Of a handle whose session we have given up, but which the server may still hold; 0 for none.
  uint64_t abandoned_number_ = 0;
  std::atomic<SteadyTime> last_heard_{};
  uint64_t connections_ = 0;
  uint64_t disconnections_ = 0;
  uint64_t calls_ = 0;
  std::map<uint64_t, CallPtr> waiting_;  // to send at the next connection
  std::map<uint64_t, CallPtr> unknown_;  // lost on the way; answered at the next connection

  std::mutex listener_mutex_;
  std::function<void(const WatchEvent&)> listener_;
};

}  // namespace samsa::zk
