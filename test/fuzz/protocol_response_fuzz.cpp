// Any bytes as a response's body: the first byte is the API key, the second the version.

#include "protocol/all.h"
#include "protocol_fuzz.h"

using namespace samsa;
using namespace samsa::protocol;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const Api* api = find_api(data[0]);
  if (api == nullptr) return 0;
  const BytesView body{reinterpret_cast<const char*>(data) + 2, size - 2};
  visit_request(api->key,
                [&]<class Request>() { round_trip<typename Request::Response>(body, data[1]); });
  return 0;
}
