#pragma once
// A ZooKeeper that does what a test tells it: a server of sessions without a tree. It answers every
// read with NoNode and every create with success, stays silent, hangs up or forgets sessions on
// demand, and keeps a diary.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"

namespace samsa::zk {

class ScriptedServer {
 public:
  ScriptedServer() {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in any{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    CHECK_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
    CHECK_EQ(::listen(listener_, 16), 0);
    socklen_t length = sizeof any;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &length);
    port_ = ntohs(any.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    {
      std::scoped_lock hold(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    ::shutdown(listener_, SHUT_RDWR);
    hang_up();
    acceptor_.join();
    for (auto& one : threads_) one.join();
    ::close(listener_);
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // Reads and answers nothing until told otherwise; connections are accepted by the kernel alone.
  void be_silent(bool silent) {
    std::scoped_lock hold(mutex_);
    silent_ = silent;
    changed_.notify_all();
  }
  // Answers connections and pings, but no operation.
  void ignore_operations() {
    std::scoped_lock hold(mutex_);
    ignores_operations_ = true;
  }
  void hang_up() {
    std::scoped_lock hold(mutex_);
    for (const int fd : connections_) ::shutdown(fd, SHUT_RDWR);
  }
  // Who comes back with an old session is told that it has expired.
  void forget_sessions() {
    std::scoped_lock hold(mutex_);
    forgets_ = true;
  }
  // Whoever comes back to a session is told at once that this znode has changed.
  void tell_returning_clients_of(std::string path) {
    std::scoped_lock hold(mutex_);
    changed_path_ = std::move(path);
  }

  // Waits for an entry of the diary; false when it does not come.
  bool await(const std::string& entry) {
    constexpr std::chrono::seconds k_patience{10};
    std::unique_lock hold(mutex_);
    return changed_.wait_for(hold, k_patience,
                             [&] { return std::ranges::count(diary_, entry) > 0; });
  }
  // "open 1", "return 1", "expire 1", "close 1", "create /path", "told 1 of /path", in order.
  std::vector<std::string> diary() const {
    std::scoped_lock hold(mutex_);
    return diary_;
  }

 private:
  static constexpr int32_t k_ping = 11, k_create = 1, k_close = -11;
  static constexpr int32_t k_no_node = -101, k_event_xid = -1;

  void accept_all() {
    for (;;) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      std::scoped_lock hold(mutex_);
      if (over_) {
        ::close(fd);
        return;
      }
      connections_.push_back(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) {
    int64_t session = 0;
    Bytes request;
    if (receive(fd, request) && (session = greet(fd, request)) != 0) {
      while (receive(fd, request) && answer(fd, session, request)) {
      }
    }
    std::scoped_lock hold(mutex_);
    std::erase(connections_, fd);
    ::close(fd);
  }

  // The session, or 0 when there is none.
  int64_t greet(int fd, const Bytes& request) {
    const auto timeout = load_be<int32_t>(request.data() + 12);
    auto session = load_be<int64_t>(request.data() + 16);
    std::string event_path;
    {
      std::scoped_lock hold(mutex_);
      if (session == 0) {
        session = ++sessions_;
        note("open", session);
      } else if (forgets_) {
        note("expire", session);
        session = 0;
      } else {
        note("return", session);
        event_path = changed_path_;
      }
    }
    Bytes reply;
    put<int32_t>(reply, 0);
    put<int32_t>(reply, session == 0 ? 0 : timeout);
    put<int64_t>(reply, session);
    put<int32_t>(reply, 16);
    reply += Bytes(16, 'p');
    reply += '\0';
    send(fd, reply);
    if (!event_path.empty()) {
      send_event(fd, event_path);
      std::scoped_lock hold(mutex_);
      write_down("told " + std::to_string(session) + " of " + event_path);
    }
    return session;
  }

  bool answer(int fd, int64_t session, const Bytes& request) {
    const auto xid = load_be<int32_t>(request.data());
    const auto type = load_be<int32_t>(request.data() + 4);
    Bytes reply;
    put<int32_t>(reply, xid);
    put<int64_t>(reply, ++zxid_);
    {
      std::scoped_lock hold(mutex_);
      if (type == k_close) note("close", session);
      if (type == k_create) {
        const auto size = load_be<int32_t>(request.data() + 8);
        write_down("create " + request.substr(12, static_cast<size_t>(size)));
      }
      if (ignores_operations_ && type != k_ping && type != k_close) return true;
    }
    const bool succeeds = type == k_ping || type == k_close || type == k_create || xid < 0;
    put<int32_t>(reply, succeeds ? 0 : k_no_node);
    if (type == k_create) reply += request.substr(8, 4 + load_be<uint32_t>(request.data() + 8));
    send(fd, reply);
    return type != k_close;
  }

  void send_event(int fd, const std::string& path) {
    constexpr int32_t k_data_changed = 3, k_connected = 3;
    Bytes event;
    put<int32_t>(event, k_event_xid);
    put<int64_t>(event, -1);
    put<int32_t>(event, 0);
    put<int32_t>(event, k_data_changed);
    put<int32_t>(event, k_connected);
    put<int32_t>(event, static_cast<int32_t>(path.size()));
    send(fd, event + path);
  }

  bool receive(int fd, Bytes& frame) {
    char length[4];
    if (!receive(fd, length, sizeof length)) return false;
    frame.resize(load_be<uint32_t>(length));
    return receive(fd, frame.data(), frame.size());
  }
  bool receive(int fd, char* to, size_t size) {
    for (size_t got = 0; got < size;) {
      const ssize_t n = ::recv(fd, to + got, size - got, 0);
      if (n <= 0) return false;
      got += static_cast<size_t>(n);
    }
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [this] { return !silent_ || over_; });
    return !over_;
  }

  static void send(int fd, const Bytes& body) {
    Bytes frame;
    put<int32_t>(frame, static_cast<int32_t>(body.size()));
    frame += body;
    (void)::send(fd, frame.data(), frame.size(), MSG_NOSIGNAL);
  }
  template <class T>
  static void put(Bytes& out, T value) {
    char raw[sizeof value];
    store_be(raw, value);
    out.append(raw, sizeof raw);
  }
  void write_down(std::string entry) {
    diary_.push_back(std::move(entry));
    changed_.notify_all();
  }
  void note(const char* what, int64_t session) {
    write_down(std::string(what) + ' ' + std::to_string(session));
  }

  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread acceptor_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
  std::vector<int> connections_;
  std::vector<std::string> diary_;
  std::string changed_path_;
  int64_t sessions_ = 0;
  std::atomic<int64_t> zxid_{0};
  bool silent_ = false, ignores_operations_ = false, forgets_ = false, over_ = false;
};

}  // namespace samsa::zk
