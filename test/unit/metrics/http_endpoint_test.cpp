// What a scraper, and who is none, gets over HTTP.

#include "metrics/http_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio.hpp>

namespace samsa::metrics {
namespace {

using boost::asio::ip::tcp;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

struct HttpEndpointTest : testing::Test {
  void SetUp() override {
    auto started = HttpEndpoint::start("127.0.0.1:0", [this] { return "scrape " + number(); });
    ASSERT_TRUE(started) << started.error();
    endpoint_ = std::move(*started);
  }
  std::string number() { return std::to_string(++scrapes_) + "\n"; }

  tcp::socket connect() {
    tcp::socket socket{context_};
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), endpoint_->port()});
    return socket;
  }
  // All that comes until the endpoint hangs up.
  std::string ask(const std::string& request) {
    tcp::socket socket = connect();
    std::string answer;
    boost::system::error_code ended;  // by who hangs up, maybe before it has taken all
    boost::asio::write(socket, boost::asio::buffer(request), ended);
    boost::asio::read(socket, boost::asio::dynamic_buffer(answer), ended);
    return answer;
  }

  std::atomic<int> scrapes_{0};
  boost::asio::io_context context_;
  std::unique_ptr<HttpEndpoint> endpoint_;
};

TEST_F(HttpEndpointTest, TheMetricsAreMadeForEachScrape) {
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const std::string first = ask(request);
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(first, HasSubstr("Content-Type: text/plain; version=0.0.4"));
  EXPECT_THAT(first, EndsWith("\r\n\r\nscrape 1\n"));
  EXPECT_THAT(ask(request), EndsWith("scrape 2\n"));
}

TEST_F(HttpEndpointTest, AConnectionServesSeveralScrapes) {
  EXPECT_THAT(
      ask("GET /metrics HTTP/1.1\r\n\r\nGET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n"),
      testing::AllOf(HasSubstr("scrape 1\n"), EndsWith("scrape 2\n")));
}

TEST_F(HttpEndpointTest, OtherPathsAndMethodsAreRefused) {
  EXPECT_THAT(ask("GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 404 "));
  EXPECT_THAT(ask("DELETE /metrics HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 405 "));
  EXPECT_EQ(scrapes_, 0);
}

TEST_F(HttpEndpointTest, WhatIsNoRequestIsHungUpOn) {
  EXPECT_EQ(ask("no such thing\r\n\r\n"), "");
  EXPECT_EQ(ask("GET /metrics HTTP/1.1\r\nX: " + std::string(100'000, 'x')), "");
}

TEST_F(HttpEndpointTest, SilentConnectionsDoNotKeepItFromEnding) {
  tcp::socket silent = connect();
  EXPECT_THAT(ask("GET /metrics HTTP/1.0\r\n\r\n"), EndsWith("scrape 1\n"));
  endpoint_.reset();
}

TEST_F(HttpEndpointTest, AnAddressThatIsNoneOrTakenIsTold) {
  for (const std::string wrong :
       {"9404", "localhost", "127.0.0.1:", "127.0.0.1:x", "a b:1", "[::1"}) {
    auto started = HttpEndpoint::start(wrong, [] { return ""; });
    ASSERT_FALSE(started) << wrong;
    EXPECT_EQ(started.error().code, Errc::invalid_config);
  }
  const std::string taken = "127.0.0.1:" + std::to_string(endpoint_->port());
  auto started = HttpEndpoint::start(taken, [] { return ""; });
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message, "can't listen on " + taken + ": Address already in use");
}

}  // namespace
}  // namespace samsa::metrics
