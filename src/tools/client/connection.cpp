#include "tools/client/connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "protocol/messages/api_versions.h"

namespace samsa::tools::client {

namespace {

constexpr std::string_view k_logger = "org.apache.kafka.clients.NetworkClient";
constexpr size_t k_read_chunk = 256 * 1024;
constexpr int32_t k_frame_max = INT32_MAX - 8;

// The socket addresses of a host, as bytes; empty when there are none.
std::vector<std::string> resolve(const HostPort& where) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &hints, &found) != 0) {
    return {};
  }
  std::vector<std::string> addresses;
  for (addrinfo* at = found; at != nullptr; at = at->ai_next) {
    addresses.emplace_back(reinterpret_cast<const char*>(at->ai_addr), at->ai_addrlen);
  }
  ::freeaddrinfo(found);
  // Java prefers IPv4.
  std::stable_partition(addresses.begin(), addresses.end(), [](const std::string& address) {
    return reinterpret_cast<const sockaddr*>(address.data())->sa_family == AF_INET;
  });
  return addresses;
}

std::string numeric_host(const std::string& address) {
  char host[NI_MAXHOST] = "";
  ::getnameinfo(reinterpret_cast<const sockaddr*>(address.data()),
                static_cast<socklen_t>(address.size()), host, sizeof host, nullptr, 0,
                NI_NUMERICHOST);
  return host;
}

}  // namespace

bool resolves(const HostPort& where) { return !resolve(where).empty(); }

Connection::Connection(Network& network, Network::NodeId node)
    : network_(network),
      node_(node),
      setup_deadline_(Clock::system().steady() + network.options().connect_timeout) {
  connect();
}

Connection::~Connection() = default;

std::string Connection::describe() const {
  const HostPort& where = network_.address_of(node_);
  // As Java prints a socket address: a literal one has no name.
  const std::string name = where.host == tried_address_ ? "" : where.host;
  return "node " + std::to_string(node_) + " (" + name + "/" + tried_address_ + ":" +
         std::to_string(where.port) + ")";
}

void Connection::connect() {
  addresses_ = resolve(network_.address_of(node_));
  // Refusal shows in on_events(), so that no callback runs before poll().
  if (addresses_.empty() || !try_next_address()) socket_.reset();
}

bool Connection::try_next_address() {
  while (!addresses_.empty()) {
    std::string address = std::move(addresses_.front());
    addresses_.erase(addresses_.begin());
    tried_address_ = numeric_host(address);
    const auto* target = reinterpret_cast<const sockaddr*>(address.data());
    socket_.reset(::socket(target->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_) continue;
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const NetworkOptions& options = network_.options();
    if (options.send_buffer_bytes > 0) {
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &options.send_buffer_bytes, sizeof(int));
    }
    if (options.receive_buffer_bytes > 0) {
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &options.receive_buffer_bytes,
                   sizeof(int));
    }
    if (::connect(socket_.get(), target, static_cast<socklen_t>(address.size())) == 0 ||
        errno == EINPROGRESS) {
      return true;
    }
  }
  return false;
}

short Connection::wanted_events() const {
  if (state_ == State::connecting) return POLLOUT;
  return static_cast<short>(POLLIN | (out_at_ < out_.size() ? POLLOUT : 0));
}

std::optional<SteadyTime> Connection::next_deadline() const {
  if (!socket_) return SteadyTime{};  // at once
  std::optional<SteadyTime> next;
  auto consider = [&](SteadyTime when) { next = next ? std::min(*next, when) : when; };
  if (state_ != State::ready) consider(setup_deadline_);
  for (const auto& call : waiting_) consider(call.deadline);
  for (const auto& sent : sent_) consider(sent.call.deadline);
  return next;
}

void Connection::enqueue(Network::Call call) {
  waiting_.push_back(std::move(call));
  if (state_ == State::ready) send_waiting();
}

void Connection::fail(Errc code, const std::string& message) {
  if (state_ == State::ended) return;
  state_ = State::ended;
  socket_.reset();
  auto sent = std::move(sent_);
  auto waiting = std::move(waiting_);
  sent_.clear();
  waiting_.clear();
  for (auto& one : sent) one.call.done(Error{code, message});
  for (auto& call : waiting) call.done(Error{code, message});
}

void Connection::expire(SteadyTime now) {
  if (state_ == State::ended) return;
  if (!socket_) {
    network_.warn("Error connecting to node " + describe() + ": the host's name can't be resolved",
                  k_logger);
    return fail(Errc::network_exception, "");
  }
  if (state_ != State::ready && now >= setup_deadline_) {
    network_.warn(
        "Connection to " + describe() + " could not be established. Broker may not be available.",
        k_logger);
    return fail(Errc::network_exception, "");
  }
  for (const auto& one : sent_) {
    if (now >= one.call.deadline) return fail(Errc::request_timed_out, "");
  }
  std::deque<Network::Call> over;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (now < it->deadline) {
      ++it;
      continue;
    }
    over.push_back(std::move(*it));
    it = waiting_.erase(it);
  }
  for (auto& call : over) call.done(Error{Errc::request_timed_out});
}

void Connection::on_connected() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error == 0) {
    state_ = State::negotiating;
    return ask_versions(protocol::ApiVersionsRequest::k_max_version);
  }
  if (try_next_address()) return;
  network_.warn(
      "Connection to " + describe() + " could not be established. Broker may not be available.",
      k_logger);
  fail(Errc::network_exception, "");
}

void Connection::ask_versions(int16_t version) {
  protocol::ApiVersionsRequest request;
  if (version >= 3) {
    request.client_software_name = "samsa-tools";
    request.client_software_version = "2.7.0";
  }
  Network::Call call = Network::prepare(request, setup_deadline_);
  call.done = [this, version](Result<Network::Answer> answer) {
    if (state_ == State::negotiating) on_versions(std::move(answer), version);
  };
  transmit(std::move(call), version);
}

void Connection::on_versions(Result<Network::Answer> answer, int16_t version) {
  if (!answer) return;  // the connection has failed and says so itself
  BytesView body = answer->body;
  // A broker that does not know the version says so in version 0.
  const bool refused = body.size() >= 2 && static_cast<Errc>(load_be<int16_t>(body.data())) ==
                                               Errc::unsupported_version;
  if (refused && version > 0) return ask_versions(0);
  auto response = protocol::ApiVersionsResponse::decode(body, version);
  if (!response) return fail(response.error().code, response.error().message);
  ApiVersions versions;
  for (const auto& api : response->api_keys) {
    versions[api.api_key] = {api.min_version, api.max_version};
  }
  versions_ = std::move(versions);
  state_ = State::ready;
  send_waiting();
}

void Connection::send_waiting() {
  while (state_ == State::ready && !waiting_.empty()) {
    Network::Call call = std::move(waiting_.front());
    waiting_.pop_front();
    auto theirs = versions_->find(call.api_key);
    const bool common = theirs != versions_->end() && theirs->second.min <= call.ours.max &&
                        call.ours.min <= theirs->second.max;
    if (!common) {
      call.done(Error{Errc::unsupported_version, "The broker does not support the request"});
      continue;
    }
    transmit(std::move(call), std::min(call.ours.max, theirs->second.max));
  }
  write_some();
}

void Connection::transmit(Network::Call call, int16_t version) {
  const int32_t correlation_id = next_correlation_id_++;
  const bool flexible = version >= call.first_flexible;
  Bytes body = call.encode(version);
  Bytes frame(4, '\0');
  append_be<int16_t>(frame, call.api_key);
  append_be<int16_t>(frame, version);
  append_be<int32_t>(frame, correlation_id);
  append_be<int16_t>(frame, static_cast<int16_t>(network_.options().client_id.size()));
  frame += network_.options().client_id;
  if (flexible) frame += '\0';  // no tagged fields
  store_be<int32_t>(frame.data(), static_cast<int32_t>(frame.size() + body.size() - 4));
  out_ += frame;
  out_ += body;
  if (call.one_way) {
    write_some();
    return call.done(Network::Answer{{}, version});
  }
  // The answer to ApiVersions has the oldest header, whatever its version.
  const bool flexible_header = flexible && call.api_key != protocol::ApiVersionsRequest::k_api_key;
  sent_.push_back({correlation_id, version, flexible_header, std::move(call)});
  write_some();
}

void Connection::write_some() {
  while (out_at_ < out_.size() && socket_) {
    ssize_t count =
        ::send(socket_.get(), out_.data() + out_at_, out_.size() - out_at_, MSG_NOSIGNAL);
    if (count < 0) {
      // A broken connection shows when reading, with what the broker still sent.
      if (errno != EINTR) return;
      continue;
    }
    out_at_ += static_cast<size_t>(count);
  }
  out_.clear();
  out_at_ = 0;
}

bool Connection::read_some() {
  for (;;) {
    const size_t filled = in_.size();
    in_.resize(filled + k_read_chunk);
    ssize_t count = ::recv(socket_.get(), in_.data() + filled, k_read_chunk, 0);
    in_.resize(filled + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
    if (count <= 0) return false;
    if (static_cast<size_t>(count) < k_read_chunk) return true;
  }
}

void Connection::on_events(short events) {
  if (state_ == State::connecting) return on_connected();
  if ((events & POLLOUT) != 0) write_some();
  if ((events & (POLLIN | POLLHUP | POLLERR)) == 0) return;
  const bool open = read_some();
  while (state_ != State::ended && in_.size() - in_at_ >= 4) {
    const int32_t size = load_be<int32_t>(in_.data() + in_at_);
    if (size < 4 || size > k_frame_max) return fail(Errc::corrupt_message, "malformed response");
    if (in_.size() - in_at_ - 4 < static_cast<size_t>(size)) break;
    BytesView frame{in_.data() + in_at_ + 4, static_cast<size_t>(size)};
    in_at_ += 4 + static_cast<size_t>(size);
    on_frame(frame);
  }
  in_.erase(0, in_at_);
  in_at_ = 0;
  if (open || state_ == State::ended) return;
  if (state_ == State::negotiating && node_ < 0) {
    const HostPort& where = network_.address_of(node_);
    network_.warn("Bootstrap broker " + where.host + ":" + std::to_string(where.port) +
                      " (id: " + std::to_string(node_) + " rack: null) disconnected",
                  k_logger);
  }
  fail(Errc::network_exception, "");
}

void Connection::on_frame(BytesView frame) {
  if (sent_.empty()) return fail(Errc::corrupt_message, "a response that nobody asked for");
  Sent sent = std::move(sent_.front());
  sent_.pop_front();
  Cursor cursor{frame};
  const int32_t correlation_id = cursor.get<int32_t>();
  if (sent.flexible_header) {
    for (uint32_t tags = cursor.unsigned_varint(); tags > 0 && !cursor.failed(); --tags) {
      cursor.unsigned_varint();
      cursor.take(cursor.unsigned_varint());
    }
  }
  if (cursor.failed() || correlation_id != sent.correlation_id) {
    sent.call.done(Error{Errc::corrupt_message, "malformed response header"});
    return fail(Errc::corrupt_message, "malformed response header");
  }
  sent.call.done(Network::Answer{cursor.rest(), sent.version});
}

}  // namespace samsa::tools::client
