#pragma once
// Where Prometheus scrapes: GET /metrics over HTTP/1.1, on a thread of its own, so that neither a
// slow scraper nor a long text holds up anything else.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/errc.h"

namespace samsa::metrics {

class HttpEndpoint {
 public:
  // Listens on "HOST:PORT": "127.0.0.1:9404", "[::1]:9404", ":9404" for all interfaces. `text` is
  // asked for each scrape, from the endpoint's thread. INVALID_CONFIG for what is no address, or
  // can't be bound.
  static Result<std::unique_ptr<HttpEndpoint>> start(const std::string& address,
                                                     std::function<std::string()> text);
  ~HttpEndpoint();
  HttpEndpoint(const HttpEndpoint&) = delete;
  HttpEndpoint& operator=(const HttpEndpoint&) = delete;

  // The one that was bound, which differs from the one asked for when that was 0.
  uint16_t port() const;

 private:
  struct State;
  explicit HttpEndpoint(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace samsa::metrics
