#pragma once
// Responses as frames.

#include <glog/logging.h>

#include <vector>

#include "net/frame_handler.h"
#include "protocol/header.h"

namespace samsa::api {

// The response as a frame for the request's header. The slices fill the response's external
// records, in order. What no frame can carry hangs up.
template <class Response>
net::Reply encode_reply(const protocol::RequestHeader& request, const Response& response,
                        std::vector<net::FileSlice> slices = {}) {
  const protocol::Api& api = *protocol::find_api(request.request_api_key);
  protocol::Encoder out;
  out.begin_frame();
  const protocol::ResponseHeader header{.correlation_id = request.correlation_id};
  header.encode(out, protocol::response_header_version(api, request.request_api_version));
  response.encode(out, request.request_api_version);
  if (!out.end_frame()) {
    LOG(ERROR) << "The answer to " << api.name << " has 2 GiB or more, and can't be sent";
    return net::Reply::hang_up();
  }
  CHECK_EQ(out.holes().size(), slices.size());
  net::Reply reply;
  for (size_t i = 0; i < slices.size(); ++i)
    reply.splices.push_back({out.holes()[i].before, std::move(slices[i])});
  reply.bytes = out.take();
  return reply;
}

}  // namespace samsa::api
