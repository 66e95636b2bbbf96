// Any bytes as a request frame without its length: header, then the body that the header names.

#include "protocol/all.h"
#include "protocol/header.h"
#include "protocol_fuzz.h"

using namespace samsa;
using namespace samsa::protocol;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const BytesView frame{reinterpret_cast<const char*>(data), size};
  Cursor start(frame);
  const Api* api = find_api(start.get<int16_t>());
  const auto version = start.get<int16_t>();
  if (start.failed() || api == nullptr) return 0;
  Decoder in(frame);
  RequestHeader header;
  header.decode_from(in, request_header_version(*api, version));
  if (in.failed()) return 0;
  visit_request(api->key, [&]<class Request>() { round_trip<Request>(in.rest(), version); });
  return 0;
}
