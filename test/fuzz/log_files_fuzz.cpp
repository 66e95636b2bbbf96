// Any bytes as the files of a log: the checkpoints, a producer snapshot, and, opened as after a
// crash, a segment with its indexes. The first byte says which.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#include "log/checkpoint.h"
#include "log/log.h"
#include "log/producer_state.h"
#include "test/temp_folder.h"

using namespace samsa;
using namespace samsa::log;
namespace fs = std::filesystem;

namespace {

enum class Kind : uint8_t { offsets, epochs, snapshot, segment, indexes, count };

void write(const fs::path& path, BytesView content) {
  if (!replace_file(path, content)) std::abort();
}

// A log is opened twice: what recovery left must be what a clean start takes, and serves.
void open_twice(const fs::path& dir) {
  Offset end;
  {
    auto log = Log::open({dir, {"t", 0}, Offset{0}, Offset{0}, false}, {});
    if (!log) return;
    end = (*log)->log_end_offset();
    if (!(*log)->close()) std::abort();
  }
  auto log = Log::open({dir, {"t", 0}, Offset{0}, Offset{0}, true}, {});
  if (!log || (*log)->log_end_offset() != end) std::abort();
  for (Offset at = (*log)->log_start_offset(); at < end; at = at + 1 + at.value() / 2)
    if (!(*log)->read(at, 1000, Isolation::log_end, true)) std::abort();
  if (!(*log)->truncate_to(Offset{end.value() / 2})) std::abort();
}

void open_log(Kind kind, BytesView content) {
  const TempFolder folder;
  const fs::path dir = folder.path() / "t-0";
  fs::create_directories(dir);
  const std::string stem = "00000000000000000000";
  if (kind == Kind::indexes) {
    const size_t third = content.size() / 3;
    write(dir / (stem + ".index"), content.substr(0, third));
    write(dir / (stem + ".timeindex"), content.substr(third, third));
    write(dir / (stem + ".log"), content.substr(2 * third));
  } else {
    write(dir / (stem + ".log"), content);
  }
  open_twice(dir);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const BytesView content{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto kind = static_cast<Kind>(data[0] % static_cast<uint8_t>(Kind::count));
  switch (kind) {
    case Kind::offsets:
      static_cast<void>(parse_offset_checkpoint(content, "file"));
      break;
    case Kind::epochs:
      static_cast<void>(parse_epoch_checkpoint(content, "file"));
      break;
    case Kind::snapshot: {
      ProducerState state{{"t", 0}};
      if (state.decode(content, 0, 1000)) static_cast<void>(state.encode());
      break;
    }
    case Kind::segment:
    case Kind::indexes:
      open_log(kind, content);
      break;
    case Kind::count:
      break;
  }
  return 0;
}
