#include "net/server.h"

#include <glog/logging.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <unordered_set>

#include "base/file.h"
#include "net/addresses.h"
#include "net/connection.h"
#include "net/socket_options.h"

namespace samsa::net {

namespace asio = boost::asio;

struct Server::Acceptor {
  Acceptor(asio::io_context& context, int fd, ListenerAddress where)
      : descriptor(context, fd),
        address(std::move(where)),
        other_congestion_control(leave_bbr(fd)) {}
  asio::posix::stream_descriptor descriptor;
  ListenerAddress address;
  std::string other_congestion_control;  // of connections from elsewhere; empty: as inherited
};

// The connections of one loop; touched by its thread alone.
struct Server::Shard {
  explicit Shard(runtime::EventLoop& on) : loop(on) {}
  asio::io_context& context() { return *static_cast<asio::io_context*>(loop.io_context()); }
  runtime::EventLoop& loop;
  std::unordered_set<std::shared_ptr<Connection>> connections;
  std::shared_ptr<runtime::EventLoop::Timer> sweep_timer;
};

namespace {

constexpr milliseconds k_sweep_interval{5000};
constexpr milliseconds k_accept_retry{100};
constexpr milliseconds k_shrink_after{5000};

struct AddressList {
  addrinfo* first = nullptr;
  ~AddressList() {
    if (first) ::freeaddrinfo(first);
  }
};

Error listen_error(const ListenerAddress& address, std::string reason, std::string_view advice) {
  return {Errc::invalid_request,
          "Socket server failed to bind to " +
              (address.host.empty() ? std::string("0.0.0.0") : address.host) + ':' +
              std::to_string(address.port) + ": " + reason + ". " + std::string(advice)};
}

std::string_view advice_on(int error) {
  return error == EADDRINUSE
             ? "Another process uses the port: change `listeners` or stop that process."
             : "`listeners` must name an address of this machine and a port that the broker may "
               "use.";
}

Result<FileDescriptor> bind_socket(const addrinfo& where, const ListenerAddress& address,
                                   int32_t receive_buffer_bytes) {
  FileDescriptor fd{::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!fd) return listen_error(address, std::strerror(errno), advice_on(errno));
  const int on = 1, off = 0;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (where.ai_family == AF_INET6)
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  // On the listening socket, so that the window of accepted connections is scaled for it.
  if (receive_buffer_bytes > 0)
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                 sizeof receive_buffer_bytes);
  if (::bind(fd.get(), where.ai_addr, where.ai_addrlen) != 0 || ::listen(fd.get(), SOMAXCONN) != 0)
    return listen_error(address, std::strerror(errno), advice_on(errno));
  return fd;
}

Result<FileDescriptor> open_listening_socket(const ListenerAddress& address,
                                             int32_t receive_buffer_bytes) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  AddressList found;
  const auto port = std::to_string(address.port);
  const int status = ::getaddrinfo(address.host.empty() ? nullptr : address.host.c_str(),
                                   port.c_str(), &hints, &found.first);
  if (status != 0) return listen_error(address, ::gai_strerror(status), advice_on(0));
  // One dual-stack socket serves "all addresses" where the machine has IPv6.
  Error last = listen_error(address, "no address", advice_on(0));
  for (const bool v6_first : {true, false}) {
    for (auto* info = found.first; info != nullptr; info = info->ai_next) {
      if (address.host.empty() && (info->ai_family == AF_INET6) != v6_first) continue;
      auto fd = bind_socket(*info, address, receive_buffer_bytes);
      if (fd) return fd;
      last = fd.error();
    }
    if (!address.host.empty()) break;
  }
  return last;
}

uint16_t port_of(int fd) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length);
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<sockaddr_in&>(bound).sin_port);
}

void set_options(int socket, const sockaddr_storage& peer, int32_t send_buffer_bytes,
                 const std::string& other_congestion_control) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (send_buffer_bytes > 0)
    ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
  if (other_congestion_control.empty()) return;
  sockaddr_storage own{};
  socklen_t length = sizeof own;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &length) != 0 ||
      !is_within_machine(peer, own))
    set_congestion_control(socket, other_congestion_control);
}

}  // namespace

Server::Server(std::vector<runtime::EventLoop*> loops, FrameHandler& handler, ServerLimits limits)
    : handler_(handler), limits_(std::move(limits)), connections_max_(limits_.connections_max) {
  CHECK(!loops.empty());
  for (auto* loop : loops) shards_.push_back(std::make_unique<Shard>(*loop));
}

Server::~Server() = default;

Result<uint16_t> Server::listen(const ListenerAddress& address) {
  auto fd = open_listening_socket(address, limits_.receive_buffer_bytes);
  if (!fd) return fd.error();
  const uint16_t port = port_of(fd->get());
  acceptors_.push_back(
      std::make_unique<Acceptor>(shards_.front()->context(), fd->release(), address));
  return port;
}

void Server::accept_all() {
  for (auto& acceptor : acceptors_) {
    shards_.front()->loop.post([this, &acceptor = *acceptor] { await_connection(acceptor); });
  }
  for (auto& shard : shards_) shard->loop.post([this, &shard = *shard] { sweep(shard); });
}

void Server::await_connection(Acceptor& acceptor) {
  acceptor.descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                 [this, &acceptor](boost::system::error_code error) {
                                   if (!error && !stopping_) accept_from(acceptor);
                                 });
}

void Server::accept_from(Acceptor& acceptor) {
  // A burst is taken in portions, so that a flood of connections can't starve the loop's other
  // sockets.
  constexpr int k_burst_max = 64;
  for (int i = 0; i < k_burst_max; ++i) {
    if (!acceptor.address.is_privileged && counters_.open >= connections_max_)
      return retry_later(acceptor);
    if (!accept_one(acceptor)) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      if (errno == EINTR || errno == ECONNABORTED) continue;
      LOG_EVERY_N(ERROR, 100) << "accept on listener " << acceptor.address.listener_name << ": "
                              << std::strerror(errno);
      return retry_later(acceptor);
    }
  }
  await_connection(acceptor);
}

void Server::retry_later(Acceptor& acceptor) {
  shards_.front()->loop.call_after(k_accept_retry, [this, &acceptor] {
    if (!stopping_) accept_from(acceptor);
  });
}

bool Server::accept_one(Acceptor& acceptor) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  FileDescriptor fd{::accept4(acceptor.descriptor.native_handle(),
                              reinterpret_cast<sockaddr*>(&peer), &length,
                              SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (!fd) return false;
  // Without descriptors for its files a broker loses more than a connection.
  constexpr int k_reserve = 256;
  if (is_among_last_descriptors(fd.get(), k_reserve)) {
    errno = EMFILE;
    return false;
  }
  ++counters_.accepted;
  const std::string host = numeric_host(peer);
  if (!admit(host)) {
    ++counters_.refused;
    LOG_EVERY_N(INFO, 100) << "Rejected connection from /" << host
                           << ", address already has the configured maximum of connections.";
    return true;
  }
  set_options(fd.get(), peer, limits_.send_buffer_bytes, acceptor.other_congestion_control);
  ConnectionInfo info{.listener_name = acceptor.address.listener_name,
                      .security_protocol = acceptor.address.security_protocol,
                      .client_host = host,
                      .id = next_connection_id_++,
                      .is_privileged_listener = acceptor.address.is_privileged};
  Shard& shard = *shards_[next_shard_++ % shards_.size()];
  const int owned = fd.release();
  shard.loop.post([this, &shard, owned, v6 = peer.ss_family == AF_INET6, info = std::move(info)] {
    adopt(shard, owned, v6, info);
  });
  if (acceptor.address.is_privileged && counters_.open > connections_max_)
    for (auto& one : shards_) one->loop.post([this, &one = *one] { make_way(one); });
  return true;
}

// The privileged listener may go above max.connections, at the cost of whoever has been quiet on
// another one for longest.
void Server::make_way(Shard& shard) {
  if (counters_.open <= connections_max_) return;
  std::shared_ptr<Connection> quietest;
  for (const auto& connection : shard.connections) {
    if (!connection->is_idle() || connection->info().is_privileged_listener) continue;
    if (!quietest || connection->last_active() < quietest->last_active()) quietest = connection;
  }
  if (quietest) quietest->close("max.connections is exceeded");
}

void Server::adopt(Shard& shard, int fd, bool is_v6, ConnectionInfo info) {
  using asio::ip::tcp;
  tcp::socket socket(shard.context(), is_v6 ? tcp::v6() : tcp::v4(), fd);
  auto closed = [this, &shard](Connection& gone) {
    release(gone.info().client_host);
    shard.connections.erase(gone.shared_from_this());
  };
  auto connection =
      std::make_shared<Connection>(std::move(socket), std::move(info), handler_,
                                   ConnectionLimits{limits_.request_max_bytes}, std::move(closed));
  shard.connections.insert(connection);
  connection->start();
}

bool Server::admit(const std::string& host) {
  std::scoped_lock hold(admission_mutex_);
  const auto exception = limits_.connections_per_ip_overrides.find(host);
  const int32_t allowed = exception != limits_.connections_per_ip_overrides.end()
                              ? exception->second
                              : limits_.connections_per_ip_max;
  int32_t& count = connections_by_host_[host];
  if (count >= allowed) {
    if (count == 0) connections_by_host_.erase(host);
    return false;
  }
  ++count;
  ++counters_.open;
  return true;
}

void Server::release(const std::string& host) {
  std::scoped_lock hold(admission_mutex_);
  const auto found = connections_by_host_.find(host);
  if (found != connections_by_host_.end() && --found->second == 0)
    connections_by_host_.erase(found);
  --counters_.open;
}

void Server::set_connection_limits(int32_t connections_max, int32_t per_ip_max,
                                   std::map<std::string, int32_t> per_ip_overrides) {
  connections_max_ = connections_max;
  std::scoped_lock hold(admission_mutex_);
  limits_.connections_per_ip_max = per_ip_max;
  limits_.connections_per_ip_overrides = std::move(per_ip_overrides);
}

void Server::sweep(Shard& shard) {
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<Connection>> idle, abandoned;
  for (const auto& connection : shard.connections) {
    if (connection->is_abandoned(now)) abandoned.push_back(connection);
    if (!connection->is_idle()) continue;
    if (now - connection->last_active() > limits_.idle_max) idle.push_back(connection);
    if (now - connection->last_active() > k_shrink_after) connection->shrink();
  }
  for (const auto& connection : idle) {
    ++counters_.idle_closed;
    connection->close("idle for longer than connections.max.idle.ms");
  }
  for (const auto& connection : abandoned) connection->close("by the client, before its answer");
  const auto next = std::clamp(limits_.idle_max / 2, milliseconds{10}, k_sweep_interval);
  shard.sweep_timer = shard.loop.call_after(next, [this, &shard] { sweep(shard); });
}

void Server::stop(SteadyTime deadline) {
  stopping_ = true;
  std::mutex mutex;
  std::condition_variable progressed;
  size_t left = shards_.size();
  for (auto& shard : shards_) {
    shard->loop.post([&, &shard = *shard] {
      if (&shard == shards_.front().get()) acceptors_.clear();
      runtime::EventLoop::cancel(shard.sweep_timer);
      close_quiet(shard, deadline, [&] {
        std::scoped_lock hold(mutex);
        --left;
        progressed.notify_one();
      });
    });
  }
  std::unique_lock hold(mutex);
  progressed.wait(hold, [&] { return left == 0; });
}

// Closes what is idle now, looks again shortly for the rest, and closes all at the deadline.
void Server::close_quiet(Shard& shard, SteadyTime deadline, std::function<void()> done) {
  constexpr milliseconds k_look_again{5};
  const bool over = std::chrono::steady_clock::now() >= deadline;
  const auto connections = shard.connections;
  for (const auto& connection : connections)
    if (over || connection->is_idle()) connection->close("the broker stops");
  if (shard.connections.empty()) return done();
  shard.loop.call_after(k_look_again, [this, &shard, deadline, done = std::move(done)]() mutable {
    close_quiet(shard, deadline, std::move(done));
  });
}

}  // namespace samsa::net
