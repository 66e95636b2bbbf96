#pragma once
// One client connection: frames in, one at a time to the handler, replies out in the same order.
// Lives on one event loop and is touched by its thread alone.

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "net/frame_handler.h"
#include "net/receive_buffer.h"

namespace samsa::net {

struct ConnectionLimits {
  int32_t request_max_bytes;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // Told once, when the connection is over, on its loop.
  using Closed = std::function<void(Connection&)>;

  Connection(boost::asio::ip::tcp::socket socket, ConnectionInfo info, FrameHandler& handler,
             ConnectionLimits limits, Closed closed);

  void start();
  // Closes at once; a handler that is still at work finishes into the void.
  void close(const char* reason);

  SteadyTime last_active() const { return last_active_; }
  bool is_idle() const { return !busy_; }
  // The peer has gone while its request is being answered, which no receive tells.
  bool is_abandoned(SteadyTime now);
  const ConnectionInfo& info() const { return info_; }
  // Gives back the memory of a connection that has been quiet for a while.
  void shrink();

 private:
  struct Piece {  // bytes of memory, or a stretch of a file
    Bytes bytes;
    FileSlice slice;
    size_t sent = 0;
    std::shared_ptr<const void> held;
  };
  class Answering;

  void await_writable();
  void receive();
  void on_received(const boost::system::error_code& error, size_t received);
  // Answers the complete frames that are buffered until one has to wait, then sends what there is.
  void answer_buffered();
  bool answer_next();
  void on_reply(Reply reply);
  void queue(Reply reply);
  bool all_sent() const { return out_.empty(); }
  void flush();
  bool send_front();
  bool send_bytes(Piece& piece, bool more_follows);
  bool send_slice(Piece& piece);

  boost::asio::ip::tcp::socket socket_;
  ConnectionInfo info_;
  FrameHandler& handler_;
  const ConnectionLimits limits_;
  Closed closed_callback_;
  ReceiveBuffer in_;
  std::vector<Piece> out_;
  size_t out_at_ = 0;        // the pieces before it have left
  size_t queued_bytes_ = 0;  // of memory, since all was sent
  SteadyTime last_active_;
  bool busy_ = false;       // a frame is with the handler
  bool answering_ = false;  // answer_buffered() is on the stack
  bool reading_ = false;    // a receive is under way and owns the room in in_
  bool shrinking_ = false;  // that receive is being cancelled to give back memory
  bool writing_ = false;    // a wait for writability is armed
  bool close_when_sent_ = false;
  bool closed_ = false;
};

}  // namespace samsa::net
