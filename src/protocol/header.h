#pragma once
// Frames: which header version goes with which message, and whole requests and responses of both
// directions.

#include "protocol/api.h"
#include "protocol/codec.h"
#include "protocol/messages/header.h"

namespace samsa::protocol {

// The header version of a request. Kafka's oddity: ControlledShutdown 0 has no client id.
int16_t request_header_version(const Api& api, int16_t api_version);
// The header version of a response. ApiVersions always answers with 0, as the client can't know yet
// what we speak.
int16_t response_header_version(const Api& api, int16_t api_version);

// A whole request with its length in front. Throws std::length_error for 2 GiB and more.
template <class Request>
Bytes encode_request_frame(const Request& request, int16_t version, int32_t correlation_id,
                           const std::string& client_id) {
  Encoder out;
  out.begin_frame();
  const RequestHeader header{.request_api_key = Request::k_api_key,
                             .request_api_version = version,
                             .correlation_id = correlation_id,
                             .client_id = client_id};
  header.encode(out, request_header_version(*find_api(Request::k_api_key), version));
  request.encode(out, version);
  if (!out.end_frame()) throw std::length_error("a request of 2 GiB or more");
  return out.take();
}

// The body of a response frame, given without its length.
template <class Response>
Result<Response> decode_response_frame(BytesView frame, int16_t version) {
  Decoder in(frame);
  ResponseHeader header;
  header.decode_from(in, response_header_version(*find_api(Response::k_api_key), version));
  if (in.failed()) return Error{Errc::invalid_request, "a response without a header"};
  return Response::decode(in.rest(), version);
}

}  // namespace samsa::protocol
