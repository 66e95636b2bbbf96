// Any bytes as a record of __consumer_offsets: the first byte chooses the parser. What is read must
// encode again, and read the same.

#include <cstdlib>

#include "group/core/group.h"
#include "group/records/offset_record.h"

using namespace samsa;
using namespace samsa::group;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void fuzz_key(BytesView bytes) {
  auto key = decode_key(bytes);
  if (!key) return;
  if (const auto* group = std::get_if<GroupKey>(&*key)) {
    check(bool(encode_group_key(group->group)));
  } else {
    const auto& offset = std::get<OffsetKey>(*key);
    check(bool(encode_offset_key(offset.group, offset.partition)));
  }
}

void fuzz_offset(BytesView bytes) {
  auto value = decode_offset_value(bytes);
  if (!value) return;
  auto again = decode_offset_value(*encode_offset_value(*value, 3));
  check(again && again->offset == value->offset && again->metadata == value->metadata);
}

// A group is restored from it too, which reads its members' subscriptions.
void fuzz_group(BytesView bytes) {
  auto value = decode_group_value(bytes);
  if (!value) return;
  auto again = decode_group_value(*encode_group_value(*value, 3));
  check(again && *again == *value);
  Orders orders;
  Group group = Group::restore("g", {}, *value, Now{}, orders);
  group.on_time(Now{.steady = SteadyTime{} + std::chrono::hours(24 * 365)}, orders);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const BytesView bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  if (data[0] % 3 == 0) fuzz_key(bytes);
  if (data[0] % 3 == 1) fuzz_offset(bytes);
  if (data[0] % 3 == 2) fuzz_group(bytes);
  return 0;
}
