#pragma once
// A connection from this broker to another (or to itself), for requests that are answered one after
// the other.

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/errc.h"
#include "protocol/header.h"
#include "runtime/event_loop.h"
#include "runtime/task.h"

namespace samsa::net {

class BrokerClient {
 public:
  // Connects with the first call and again whenever the connection was lost. The client id is what
  // the peer sees in its logs. All use is from the loop's thread.
  BrokerClient(runtime::EventLoop& loop, std::string host, uint16_t port, std::string client_id);
  ~BrokerClient();

  // Sends the request and awaits its response; one call at a time. NETWORK_EXCEPTION when the peer
  // can't be reached or hangs up, REQUEST_TIMED_OUT at the deadline; either drops the connection,
  // as a late response must not meet the next request.
  template <class Request>
  runtime::Task<Result<typename Request::Response>> call(Request request, int16_t version,
                                                         SteadyTime deadline) {
    const int32_t correlation_id = next_correlation_id_++;
    Bytes frame = protocol::encode_request_frame(request, version, correlation_id, client_id_);
    Result<Bytes> answer = co_await exchange(std::move(frame), correlation_id, deadline);
    if (!answer) co_return answer.error();
    auto body = protocol::decode_response_frame<typename Request::Response>(*answer, version);
    if (!body) close();
    co_return body;
  }

  void close();

 private:
  struct Socket;

  // The response frame without its length.
  runtime::Task<Result<Bytes>> exchange(Bytes frame, int32_t correlation_id, SteadyTime deadline);
  runtime::Task<Result<void>> connect(SteadyTime deadline);

  runtime::EventLoop& loop_;
  const std::string host_;
  const uint16_t port_;
  const std::string client_id_;
  int32_t next_correlation_id_ = 0;
  std::shared_ptr<Socket> socket_;
};

}  // namespace samsa::net
