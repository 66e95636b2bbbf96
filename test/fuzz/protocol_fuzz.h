#pragma once
// What must hold for any bytes that decode: they encode to bytes that decode to the same.

#include <cstdlib>

#include "protocol/codec.h"

namespace samsa::protocol {

template <class Message>
void round_trip(BytesView body, int16_t version) {
  const auto message = Message::decode(body, version);
  if (!message) return;
  // The bytes may differ from what came, by varints that are longer than they need be or tags that
  // carry a default; but not a second time.
  const Bytes once = encode_message(*message, version);
  const auto again = Message::decode(once, version);
  if (!again || encode_message(*again, version) != once) std::abort();
}

}  // namespace samsa::protocol
