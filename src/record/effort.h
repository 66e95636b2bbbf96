#pragma once
// What the checking and writing anew of compressed batches will probably cost, told before it is
// begun: whoever has others waiting for its thread may then have it done elsewhere.

#include <chrono>
#include <cstddef>
#include <optional>

#include "base/bytes.h"
#include "record/codec.h"

namespace samsa::record {

// Time that may be given to the batches of one request.
class EffortBudget {
 public:
  explicit EffortBudget(std::chrono::nanoseconds allowed) : left_(allowed) {}

  // Takes from the budget what a leader's append of these batches to a topic with this
  // compression.type and format should cost. The bytes that they may unpack to if the budget is to
  // last: what is compressed may turn out to be any number of them. Nothing when even what is to be
  // expected is too much; then the budget is used up. Looks at headers alone.
  std::optional<size_t> take(BytesView batches, std::optional<Codec> compression, int8_t magic);

 private:
  std::chrono::nanoseconds left_;
};

}  // namespace samsa::record
