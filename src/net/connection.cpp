#include "net/connection.h"

#include <glog/logging.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <cerrno>

namespace samsa::net {
namespace {

constexpr size_t k_length_bytes = 4;

// Runs the handler's task at once and hands over its reply when it is done, which may be before
// run() returns.
struct Answer {
  struct promise_type {
    Answer get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

}  // namespace

// Keeps the connection alive while its frame is with the handler.
class Connection::Answering {
 public:
  static Answer run(std::shared_ptr<Connection> connection, runtime::Task<Reply> task) {
    Reply reply = co_await std::move(task);
    connection->on_reply(std::move(reply));
  }
};

Connection::Connection(boost::asio::ip::tcp::socket socket, ConnectionInfo info,
                       FrameHandler& handler, ConnectionLimits limits, Closed closed)
    : socket_(std::move(socket)),
      info_(std::move(info)),
      handler_(handler),
      limits_(limits),
      closed_callback_(std::move(closed)),
      last_active_(std::chrono::steady_clock::now()) {}

void Connection::start() { receive(); }

void Connection::close(const char* reason) {
  if (closed_) return;
  closed_ = true;
  VLOG(1) << info_.client_host << " on " << info_.listener_name << " closed: " << reason;
  boost::system::error_code ignored;
  socket_.close(ignored);
  out_.clear();
  out_at_ = 0;
  info_.is_over = true;
  if (const auto when_over = std::exchange(info_.when_over, nullptr)) when_over();
  closed_callback_(*this);
}

bool Connection::is_abandoned(SteadyTime now) {
  // Who has ended only its own half may still want the answer, and Kafka gives it.
  constexpr std::chrono::seconds k_patience{30};
  if (!busy_) return false;
  pollfd peer{.fd = socket_.native_handle(), .events = POLLRDHUP};
  if (::poll(&peer, 1, 0) <= 0) return false;
  if ((peer.revents & (POLLERR | POLLHUP)) != 0) return true;
  if (now - last_active_ <= k_patience) return false;
  // Requests that it had sent before are still to be done.
  const auto frame_bytes = static_cast<size_t>(load_be<int32_t>(in_.data()));
  char next = 0;
  return in_.size() == k_length_bytes + frame_bytes &&
         ::recv(peer.fd, &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void Connection::shrink() {
  if (!reading_ || shrinking_ || !in_.can_shrink()) return;
  shrinking_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);  // on_received() goes on
}

void Connection::await_writable() {
  if (writing_ || closed_) return;
  writing_ = true;
  socket_.async_wait(boost::asio::ip::tcp::socket::wait_write,
                     [self = shared_from_this()](boost::system::error_code error) {
                       self->writing_ = false;
                       if (error || self->closed_) return;
                       self->flush();
                       if (self->all_sent() && !self->busy_) self->answer_buffered();
                     });
}

// Straight into the buffer: to wait for readability first would take an epoll_ctl for each wait.
void Connection::receive() {
  if (reading_ || closed_) return;
  reading_ = true;
  size_t wanted = 0;
  if (in_.size() >= k_length_bytes) {
    const auto frame_bytes = load_be<int32_t>(in_.data());
    wanted = k_length_bytes + static_cast<size_t>(std::max(frame_bytes, 0));
  }
  const auto room = in_.room(wanted);
  socket_.async_receive(
      boost::asio::buffer(room.at, room.size),
      [self = shared_from_this()](boost::system::error_code error, size_t received) {
        self->reading_ = false;
        if (!self->closed_) self->on_received(error, received);
      });
}

void Connection::on_received(const boost::system::error_code& error, size_t received) {
  const bool shrinks = std::exchange(shrinking_, false);
  if (shrinks && error == boost::asio::error::operation_aborted) {
    in_.shrink();
    return receive();
  }
  if (error) return close(error == boost::asio::error::eof ? "by the client" : "receive failed");
  last_active_ = std::chrono::steady_clock::now();
  in_.received(received);
  if (!busy_ && all_sent()) answer_buffered();
}

void Connection::answer_buffered() {
  // What a client that sends and does not read can make us hold.
  constexpr size_t k_most_queued_bytes = 256 * 1024;
  bool has_more = true;
  while (has_more) {
    answering_ = true;
    while (!closed_ && !busy_ && !close_when_sent_ && queued_bytes_ < k_most_queued_bytes &&
           (has_more = answer_next())) {
    }
    answering_ = false;
    if (closed_) return;
    has_more &= queued_bytes_ >= k_most_queued_bytes;
    flush();
    if (closed_ || busy_ || !all_sent()) return;
  }
  receive();
}

bool Connection::answer_next() {
  if (in_.size() < k_length_bytes) return false;
  const auto frame_bytes = load_be<int32_t>(in_.data());
  if (frame_bytes < 0 || frame_bytes > limits_.request_max_bytes) {
    LOG(WARNING) << "closed the connection from " << info_.client_host << " on listener "
                 << info_.listener_name << ": it announced a request of " << frame_bytes
                 << " bytes; socket.request.max.bytes is " << limits_.request_max_bytes;
    close("request too large");
    return false;
  }
  const auto size = static_cast<size_t>(frame_bytes);
  if (in_.size() < k_length_bytes + size) return false;
  busy_ = true;
  Answering::run(shared_from_this(), handler_.handle(info_, in_.data() + k_length_bytes, size));
  return true;
}

void Connection::on_reply(Reply reply) {
  busy_ = false;
  if (closed_) return;
  in_.consume(k_length_bytes + static_cast<size_t>(load_be<int32_t>(in_.data())));
  queue(std::move(reply));
  if (answering_) return;  // the reply came at once: the loop below us goes on
  last_active_ = std::chrono::steady_clock::now();
  flush();
  if (!closed_ && all_sent()) answer_buffered();
}

void Connection::queue(Reply reply) {
  if (reply.then == Reply::Then::close) close_when_sent_ = true;
  queued_bytes_ += reply.bytes.size();
  if (reply.splices.empty()) {
    if (reply.bytes.empty()) return;
    const bool joins = !all_sent() && out_.back().slice.fd < 0 && out_.back().sent == 0 &&
                       !out_.back().held && !reply.held;
    if (joins) {
      out_.back().bytes += reply.bytes;
    } else {
      out_.push_back({.bytes = std::move(reply.bytes), .held = std::move(reply.held)});
    }
    return;
  }
  size_t done = 0;
  for (auto& splice : reply.splices) {
    if (splice.before > done)
      out_.push_back({.bytes = reply.bytes.substr(done, splice.before - done)});
    done = splice.before;
    out_.push_back({.slice = std::move(splice.slice)});
  }
  if (done < reply.bytes.size()) out_.push_back({.bytes = reply.bytes.substr(done)});
  out_.back().held = std::move(reply.held);
}

void Connection::flush() {
  for (; out_at_ < out_.size(); ++out_at_) {
    if (!send_front()) {
      if (!closed_) await_writable();
      return;
    }
    out_[out_at_] = {};
  }
  out_.clear();
  out_at_ = 0;
  queued_bytes_ = 0;
  if (close_when_sent_) close("as answered");
}

// True when the front piece has left; false when the socket is full or the connection over.
bool Connection::send_front() {
  Piece& piece = out_[out_at_];
  return piece.slice.fd >= 0 ? send_slice(piece) : send_bytes(piece, out_at_ + 1 < out_.size());
}

bool Connection::send_bytes(Piece& piece, bool more_follows) {
  while (piece.sent < piece.bytes.size()) {
    const ssize_t n =
        ::send(socket_.native_handle(), piece.bytes.data() + piece.sent,
               piece.bytes.size() - piece.sent, MSG_NOSIGNAL | (more_follows ? MSG_MORE : 0));
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) close("send failed");
      return false;
    }
    piece.sent += static_cast<size_t>(n);
  }
  return true;
}

bool Connection::send_slice(Piece& piece) {
  const auto length = static_cast<size_t>(piece.slice.length);
  while (piece.sent < length) {
    off_t position = piece.slice.position + static_cast<off_t>(piece.sent);
    const ssize_t n =
        ::sendfile(socket_.native_handle(), piece.slice.fd, &position, length - piece.sent);
    if (n > 0) {
      piece.sent += static_cast<size_t>(n);
    } else if (n == 0) {
      // The file is shorter than promised: the reply can't be completed any more.
      LOG(ERROR) << "closed the connection from " << info_.client_host << ": a log segment ended "
                 << length - piece.sent << " bytes early";
      close("file truncated");
      return false;
    } else if (errno != EINTR) {
      if (errno != EAGAIN) close("sendfile failed");
      return false;
    }
  }
  return true;
}

}  // namespace samsa::net
