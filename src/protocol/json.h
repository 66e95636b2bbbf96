#pragma once
// Messages as the JSON that Kafka's own converters write; and a register of all messages by name.
// For tests.

#include <boost/json.hpp>
#include <map>
#include <string>

#include "protocol/codec.h"

namespace samsa::protocol {

// Decodes, and gives the bytes and the JSON of what was decoded.
struct Reencoded {
  Bytes bytes;
  boost::json::value json;
};
using Reencode = Result<Reencoded> (*)(BytesView body, int16_t version);
std::map<std::string, Reencode, std::less<>>& json_registry();

struct JsonRegistration {
  JsonRegistration(const char* name, Reencode reencode) { json_registry()[name] = reencode; }
};

// How a field may be shown by another encoder.
enum class JsonKind { value, record_batches };
// The field's name, marked where an encoder is free to leave the field out ('?', it has its
// default) or to show null or only its size ('*', record batches).
inline std::string json_key(const char* name, JsonKind kind, bool is_default) {
  const char* mark = kind == JsonKind::record_batches ? "*" : is_default ? "?" : "";
  return mark + std::string(name);
}
boost::json::value json_bytes(BytesView bytes);  // base64
boost::json::value json_records(const RecordData& records);

template <class Message>
Result<Reencoded> reencode(BytesView body, int16_t version) {
  auto message = Message::decode(body, version);
  if (!message) return message.error();
  return Reencoded{encode_message(*message, version), to_json(*message, version)};
}

}  // namespace samsa::protocol
