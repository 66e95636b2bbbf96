#include "net/broker_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "runtime/wait.h"

namespace samsa::net {

namespace asio = boost::asio;
using boost::system::error_code;
using runtime::OneShot;
using runtime::Task;

// Shared with the operations under way, whose handlers may run after the client has let go of it.
struct BrokerClient::Socket {
  explicit Socket(asio::io_context& context) : stream(context), resolver(context) {}
  asio::ip::tcp::socket stream;
  asio::ip::tcp::resolver resolver;
  Bytes outgoing, incoming;
  char length[4];
};

namespace {

constexpr int32_t k_response_max_bytes = 100 << 20;

Error failed(const std::string& host, uint16_t port, const std::string& what) {
  return {Errc::network_exception, "broker at " + host + ':' + std::to_string(port) + ": " + what};
}

}  // namespace

BrokerClient::BrokerClient(runtime::EventLoop& loop, std::string host, uint16_t port,
                           std::string client_id)
    : loop_(loop), host_(std::move(host)), port_(port), client_id_(std::move(client_id)) {}

BrokerClient::~BrokerClient() { close(); }

void BrokerClient::close() {
  if (!socket_) return;
  error_code ignored;
  socket_->resolver.cancel();
  socket_->stream.close(ignored);
  socket_.reset();
}

Task<Result<void>> BrokerClient::connect(SteadyTime deadline) {
  auto socket = std::make_shared<Socket>(*static_cast<asio::io_context*>(loop_.io_context()));
  socket_ = socket;
  OneShot<error_code> connected;
  socket->resolver.async_resolve(
      host_, std::to_string(port_),
      [socket, connected](error_code error, const asio::ip::tcp::resolver::results_type& found) {
        if (error) {
          connected.set(error);
          return;
        }
        asio::async_connect(
            socket->stream, found,
            [socket, connected](error_code outcome, const auto&) { connected.set(outcome); });
      });
  const auto outcome = co_await connected.until(deadline);
  if (!outcome || *outcome) {
    close();
    if (!outcome) co_return Error{Errc::request_timed_out};
    co_return failed(host_, port_, outcome->message());
  }
  error_code ignored;
  if (socket_) socket_->stream.set_option(asio::ip::tcp::no_delay(true), ignored);
  co_return ok();
}

Task<Result<Bytes>> BrokerClient::exchange(Bytes frame, int32_t correlation_id,
                                           SteadyTime deadline) {
  if (!socket_) {
    auto connected = co_await connect(deadline);
    if (!connected) co_return connected.error();
  }
  auto socket = socket_;
  if (!socket) co_return failed(host_, port_, "closed");  // while the connection came about
  socket->outgoing = std::move(frame);
  OneShot<error_code> done;
  const auto read_body = [socket, done](error_code error, size_t) {
    const auto size = load_be<int32_t>(socket->length);
    if (!error && (size < 4 || size > k_response_max_bytes))
      error = make_error_code(boost::system::errc::bad_message);
    if (error) {
      done.set(error);
      return;
    }
    socket->incoming.resize(static_cast<size_t>(size));
    asio::async_read(socket->stream, asio::buffer(socket->incoming),
                     [socket, done](error_code outcome, size_t) { done.set(outcome); });
  };
  asio::async_write(socket->stream, asio::buffer(socket->outgoing),
                    [socket, done, read_body](error_code error, size_t) {
                      if (error) {
                        done.set(error);
                        return;
                      }
                      asio::async_read(socket->stream, asio::buffer(socket->length), read_body);
                    });
  const auto outcome = co_await done.until(deadline);
  if (outcome && !*outcome && load_be<int32_t>(socket->incoming.data()) == correlation_id)
    co_return std::move(socket->incoming);
  close();
  if (!outcome) co_return Error{Errc::request_timed_out};
  if (*outcome) co_return failed(host_, port_, outcome->message());
  co_return failed(host_, port_, "a response to another request");
}

}  // namespace samsa::net
