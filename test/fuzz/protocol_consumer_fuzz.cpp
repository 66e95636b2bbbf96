// Any bytes as what members of a group tell each other: the first byte's lowest bit chooses between
// subscription and assignment, the next one the version.

#include "protocol/all.h"
#include "protocol_fuzz.h"

using namespace samsa;
using namespace samsa::protocol;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const BytesView body{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto version = static_cast<int16_t>((data[0] >> 1) & 1);
  if ((data[0] & 1) != 0) {
    round_trip<ConsumerProtocolAssignment>(body, version);
  } else {
    round_trip<ConsumerProtocolSubscription>(body, version);
  }
  return 0;
}
