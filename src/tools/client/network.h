#pragma once
// Requests to brokers over non-blocking sockets and one poll(2) loop, all on the caller's thread.
// Every callback runs inside poll() or close(), exactly once, at the latest soon after its
// deadline; a callback may send, but not poll. Destroying the network forgets what is under way.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/errc.h"

namespace samsa::tools::client {

struct HostPort {
  std::string host;
  int32_t port = 0;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

struct VersionRange {
  int16_t min = 0;
  int16_t max = 0;
};
using ApiVersions = std::map<int16_t, VersionRange>;

struct NetworkOptions {
  std::string client_id;
  // What log lines call us: "[Producer clientId=console-producer] ".
  std::string log_prefix;
  // Bounds a connection's set-up and its first exchange.
  milliseconds connect_timeout{10'000};
  int send_buffer_bytes = -1;
  int receive_buffer_bytes = -1;
};

class Connection;

class Network {
 public:
  // Brokers by their id; addresses of the bootstrap list are -1, -2, ...
  using NodeId = int32_t;

  explicit Network(NetworkOptions options);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  ~Network();

  // A changed address ends the node's connection.
  void set_node(NodeId node, const HostPort& address);
  bool knows(NodeId node) const { return addresses_.count(node) != 0; }
  const HostPort& address_of(NodeId node) const { return addresses_.at(node); }
  void close(NodeId node);

  // Sends in the highest version that both sides know, connecting first where necessary. Errors:
  // NETWORK_EXCEPTION, REQUEST_TIMED_OUT, UNSUPPORTED_VERSION, and what the decoder finds.
  template <class Request>
  void send(NodeId node, const Request& request,
            std::function<void(Result<typename Request::Response>)> done, SteadyTime deadline) {
    using Response = typename Request::Response;
    Call call = prepare(request, deadline);
    call.done = [done = std::move(done)](Result<Answer> answer) {
      if (!answer) return done(answer.error());
      done(Response::decode(answer->body, answer->version));
    };
    enqueue(node, std::move(call));
  }

  // For a request that the broker does not answer (produce with acks 0): done once it is in the
  // socket's buffer.
  template <class Request>
  void send_only(NodeId node, const Request& request, std::function<void(Result<void>)> done,
                 SteadyTime deadline) {
    Call call = prepare(request, deadline);
    call.one_way = true;
    call.done = [done = std::move(done)](Result<Answer> answer) {
      if (!answer) return done(answer.error());
      done(ok());
    };
    enqueue(node, std::move(call));
  }

  // Sends and polls until the answer is there.
  template <class Request>
  Result<typename Request::Response> call(NodeId node, const Request& request,
                                          SteadyTime deadline) {
    std::shared_ptr<std::optional<Result<typename Request::Response>>> slot =
        std::make_shared<std::optional<Result<typename Request::Response>>>();
    send<Request>(
        node, request, [slot](auto answer) { slot->emplace(std::move(answer)); }, deadline);
    while (!*slot) {
      if (interrupted()) return interruption();
      poll(deadline);
    }
    return std::move(**slot);
  }

  // What the node offers; connects first.
  Result<ApiVersions> versions_of(NodeId node, SteadyTime deadline);

  // Works until something happened (a callback ran, the watched descriptor is readable), or the
  // time has come. True when the watched descriptor (if not -1) is readable or at its end.
  bool poll(SteadyTime until, int watched = -1);
  // Polls for all of the time.
  void pause(milliseconds time);
  // Requests under way to the node, waiting ones included.
  size_t in_flight(NodeId node) const;

  // Once the flag is set (by a signal handler), waits end early. The flag outlives the network.
  void interrupt_on(const std::atomic<bool>* flag) { interrupt_ = flag; }
  // The same once that time has come.
  void give_up_at(SteadyTime when) { give_up_at_ = when; }
  bool interrupted() const;
  static Error interruption() { return {Errc::operation_not_attempted, "interrupted"}; }

  const NetworkOptions& options() const { return options_; }
  void warn(const std::string& message, std::string_view logger) const;

 private:
  friend class Connection;

  struct Answer {
    BytesView body;
    int16_t version = 0;
  };
  // A request before its version is known.
  struct Call {
    int16_t api_key = 0;
    VersionRange ours;
    int16_t first_flexible = 0;
    bool one_way = false;
    std::function<Bytes(int16_t version)> encode;
    std::function<void(Result<Answer>)> done;
    SteadyTime deadline;
  };

  template <class Request>
  static Call prepare(const Request& request, SteadyTime deadline) {
    Call call;
    call.api_key = Request::k_api_key;
    call.ours = {Request::k_min_version, Request::k_max_version};
    call.first_flexible = Request::k_first_flexible_version;
    call.encode = [request](int16_t version) { return encode_message(request, version); };
    call.deadline = deadline;
    return call;
  }
  void enqueue(NodeId node, Call call);
  Connection& connection_to(NodeId node);
  void bury_ended();

  NetworkOptions options_;
  std::map<NodeId, HostPort> addresses_;
  std::map<NodeId, std::unique_ptr<Connection>> connections_;
  // Ended connections, which may still be on the stack; gone after the next poll().
  std::vector<std::unique_ptr<Connection>> ended_;
  const std::atomic<bool>* interrupt_ = nullptr;
  SteadyTime give_up_at_ = SteadyTime::max();
};

}  // namespace samsa::tools::client
