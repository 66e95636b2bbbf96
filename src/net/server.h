#pragma once
// Listens, accepts and keeps the connections of all listeners, spread over event loops.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/errc.h"
#include "net/frame_handler.h"
#include "runtime/event_loop.h"

namespace samsa::net {

struct ListenerAddress {
  std::string listener_name;
  std::string security_protocol;
  std::string host;  // empty: all addresses
  uint16_t port = 0;
  // The inter-broker listener where clients have others: never refused for max.connections.
  bool is_privileged = false;
};

struct ServerLimits {
  int32_t request_max_bytes = 104857600;
  milliseconds idle_max{600000};
  int32_t connections_max = INT32_MAX;
  int32_t connections_per_ip_max = INT32_MAX;
  std::map<std::string, int32_t> connections_per_ip_overrides;  // by numeric address
  int32_t send_buffer_bytes = -1;     // SO_SNDBUF; -1: what the system gives
  int32_t receive_buffer_bytes = -1;  // SO_RCVBUF
};

struct ServerCounters {
  std::atomic<int64_t> open{0};
  std::atomic<int64_t> accepted{0};
  std::atomic<int64_t> refused{0};
  std::atomic<int64_t> idle_closed{0};
};

class Server {
 public:
  // The loops run already and outlive the server; so does the handler.
  Server(std::vector<runtime::EventLoop*> loops, FrameHandler& handler, ServerLimits limits);
  ~Server();

  // Binds and listens; connections queue up in the kernel until accept_all(). The port that was
  // bound, which differs from the one asked for when that was 0. The error names the address and
  // what is wrong with it.
  Result<uint16_t> listen(const ListenerAddress& address);
  void accept_all();

  // Refuses new connections, closes those that are idle at once and the others when they have been
  // answered or the deadline is over. Blocks; not from a loop.
  void stop(SteadyTime deadline);

  const ServerCounters& counters() const { return counters_; }
  // The limits that may change while the broker runs. Any thread.
  void set_connection_limits(int32_t connections_max, int32_t per_ip_max,
                             std::map<std::string, int32_t> per_ip_overrides);

 private:
  struct Acceptor;
  struct Shard;

  void accept_from(Acceptor& acceptor);
  void await_connection(Acceptor& acceptor);
  bool accept_one(Acceptor& acceptor);
  bool admit(const std::string& host);
  void release(const std::string& host);
  void make_way(Shard& shard);
  void retry_later(Acceptor& acceptor);
  void adopt(Shard& shard, int fd, bool is_v6, ConnectionInfo info);
  void sweep(Shard& shard);
  void close_quiet(Shard& shard, SteadyTime deadline, std::function<void()> done);

  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  FrameHandler& handler_;
  ServerLimits limits_;
  ServerCounters counters_;
  std::atomic<int32_t> connections_max_;
  std::mutex admission_mutex_;  // guards the per-address limits and counts
  std::unordered_map<std::string, int32_t> connections_by_host_;
  std::atomic<uint64_t> next_connection_id_{1};
  std::atomic<bool> stopping_{false};
  size_t next_shard_ = 0;  // acceptors share one loop
};

}  // namespace samsa::net
