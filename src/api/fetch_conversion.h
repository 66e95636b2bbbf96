#pragma once
// Records in an older format, for clients that do not know the log's.
//
// They have to be in memory until the client has taken them, so what all clients together may ask
// for is bounded: however many there are, and however slowly they read, they get less at a time.

#include <atomic>
#include <memory>
#include <vector>

#include "log/log.h"
#include "record/convert.h"

namespace samsa::api {

// What answers may hold of converted records. Any thread.
class ConversionMemory {
 public:
  // What one answer may hold: less, the more the others hold. Above it, it gets one batch.
  int64_t allowance() const;
  // Counts so many bytes until the last copy of what is returned goes. Outlived by this.
  std::shared_ptr<const void> hold(int64_t bytes);
  // Which partition comes first in the next answer: another one each time.
  size_t next_turn() { return turn_++; }

 private:
  std::atomic<size_t> turn_{0};
  std::atomic<int64_t> held_bytes_{0};
};

struct ToConvert {
  const log::ReadSlice* slice;
  record::DownConversion how;
};
// Reads and converts them within so many bytes, and at least a batch of one of them: what does not
// fit is left out, so that a client must ask again. `turn` tells which comes first, so that none is
// always left out. Blocks, on the disk and the processor.
std::vector<Result<Bytes>> convert_within(int64_t most_bytes, size_t turn,
                                          const std::vector<ToConvert>& wanted);

}  // namespace samsa::api
