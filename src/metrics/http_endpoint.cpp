#include "metrics/http_endpoint.h"

#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <charconv>
#include <chrono>
#include <thread>

namespace samsa::metrics {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds k_patience{10};
// Scrapers are few; more than these are not served until one is done.
constexpr int k_most_sessions = 16;

struct HostAndPort {
  std::string host;
  uint16_t port = 0;
};

Result<HostAndPort> parse(const std::string& address) {
  const Error wrong{Errc::invalid_config, "'" + address + "' is not HOST:PORT"};
  const size_t colon = address.rfind(':');
  if (colon == address.npos) return wrong;
  HostAndPort parsed{.host = address.substr(0, colon)};
  if (parsed.host.starts_with('[') && parsed.host.ends_with(']'))
    parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
  const char* const end = address.data() + address.size();
  const auto [stop, error] = std::from_chars(address.data() + colon + 1, end, parsed.port);
  if (error != std::errc{} || stop != end) return wrong;
  return parsed;
}

http::response<http::string_body> answer(const http::request<http::empty_body>& request,
                                         const std::function<std::string()>& text) {
  http::response<http::string_body> response{http::status::ok, request.version()};
  response.keep_alive(request.keep_alive());
  response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
  const auto target = request.target().substr(0, request.target().find('?'));
  if (request.method() != http::verb::get) {
    response.result(http::status::method_not_allowed);
    response.body() = "Only GET is answered here.\n";
  } else if (target != "/metrics") {
    response.result(http::status::not_found);
    response.body() = "The metrics are at /metrics.\n";
  } else {
    response.body() = text();
  }
  response.prepare_payload();
  return response;
}

// One scraper's connection; lives as long as something is under way on it.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const std::function<std::string()>& text, int& sessions)
      : stream_(std::move(socket)), text_(text), sessions_(sessions) {
    ++sessions_;
  }
  ~Session() { --sessions_; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void read() {
    request_ = {};
    stream_.expires_after(k_patience);
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](error_code error, size_t) {
                       if (!error) self->write();
                     });
  }

 private:
  void write() {
    response_ = answer(request_, text_);
    stream_.expires_after(k_patience);
    http::async_write(stream_, response_, [self = shared_from_this()](error_code error, size_t) {
      if (!error && self->response_.keep_alive()) self->read();
    });
  }

  beast::tcp_stream stream_;
  const std::function<std::string()>& text_;
  int& sessions_;
  beast::flat_buffer buffer_{16 * 1024};
  http::request<http::empty_body> request_;
  http::response<http::string_body> response_;
};

}  // namespace

struct HttpEndpoint::State {
  explicit State(std::function<std::string()> source) : text(std::move(source)) {}

  Result<void> listen(const std::string& address) {
    auto parsed = parse(address);
    if (!parsed) return parsed.error();
    error_code error;
    const auto host =
        asio::ip::make_address(parsed->host.empty() ? "0.0.0.0" : parsed->host, error);
    tcp::endpoint endpoint{host, parsed->port};
    if (error) {
      const auto found = tcp::resolver{context}.resolve(parsed->host, "", error);
      if (!error) endpoint = {found.begin()->endpoint().address(), parsed->port};
    }
    if (!error) acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(k_most_sessions, error);
    if (error)
      return Error{Errc::invalid_config, "can't listen on " + address + ": " + error.message()};
    return ok();
  }

  void accept() {
    acceptor.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error && sessions < k_most_sessions)
        std::make_shared<Session>(std::move(socket), text, sessions)->read();
      if (!error) return accept();
      // Out of descriptors, say: not again before something has changed.
      retry.expires_after(std::chrono::seconds{1});
      retry.async_wait([this](error_code stopped) {
        if (!stopped) accept();
      });
    });
  }

  const std::function<std::string()> text;
  int sessions = 0;  // outlives them, as they end with the context
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  asio::steady_timer retry{context};
  std::thread thread;
};

HttpEndpoint::HttpEndpoint(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<HttpEndpoint>> HttpEndpoint::start(const std::string& address,
                                                          std::function<std::string()> text) {
  auto state = std::make_unique<State>(std::move(text));
  if (auto listening = state->listen(address); !listening) return listening.error();
  state->accept();
  state->thread = std::thread{[&s = *state] { s.context.run(); }};
  return std::unique_ptr<HttpEndpoint>{new HttpEndpoint{std::move(state)}};
}

HttpEndpoint::~HttpEndpoint() {
  state_->context.stop();
  state_->thread.join();
}

uint16_t HttpEndpoint::port() const {
  error_code ignored;
  return state_->acceptor.local_endpoint(ignored).port();
}

}  // namespace samsa::metrics
