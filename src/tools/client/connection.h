#pragma once
// One connection of the tools' network: connects, asks for the broker's versions, then carries
// requests in order.

#include <deque>
#include <optional>

#include "base/file.h"
#include "tools/client/network.h"

namespace samsa::tools::client {

// Whether the host's name has an address.
bool resolves(const HostPort& where);

class Connection {
 public:
  Connection(Network& network, Network::NodeId node);
  // Forgets what is under way without a word: its owner is going too.
  ~Connection();

  void enqueue(Network::Call call);
  // What to give poll(2); -1 when the connection has ended.
  int descriptor() const { return socket_.get(); }
  short wanted_events() const;
  // After poll(2).
  void on_events(short events);
  // Ends calls whose time is over: one that was sent takes the connection with it, because answers
  // come in order.
  void expire(SteadyTime now);
  std::optional<SteadyTime> next_deadline() const;
  bool ended() const { return state_ == State::ended; }
  size_t pending() const { return waiting_.size() + sent_.size(); }
  const std::optional<ApiVersions>& versions() const { return versions_; }
  void fail(Errc code, const std::string& message);

 private:
  enum class State { connecting, negotiating, ready, ended };
  struct Sent {
    int32_t correlation_id = 0;
    int16_t version = 0;
    bool flexible_header = false;
    Network::Call call;
  };

  void connect();
  bool try_next_address();
  void on_connected();
  void ask_versions(int16_t version);
  void on_versions(Result<Network::Answer> answer, int16_t version);
  void send_waiting();
  void transmit(Network::Call call, int16_t version);
  void write_some();
  // All that is there; false at the end of the stream.
  bool read_some();
  // One whole frame without its size field.
  void on_frame(BytesView frame);
  std::string describe() const;

  Network& network_;
  Network::NodeId node_;
  State state_ = State::connecting;
  FileDescriptor socket_;
  std::vector<std::string> addresses_;  // sockaddr bytes yet to be tried
  std::string tried_address_;           // for people
  SteadyTime setup_deadline_;
  std::optional<ApiVersions> versions_;
  std::deque<Network::Call> waiting_;
  std::deque<Sent> sent_;
  Bytes out_;
  size_t out_at_ = 0;
  Bytes in_;
  size_t in_at_ = 0;
  int32_t next_correlation_id_ = 0;
};

}  // namespace samsa::tools::client
