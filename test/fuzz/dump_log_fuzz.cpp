// Any bytes as the files that dump-log prints and log-retention looks at. The first byte says how
// they are divided among the files and what the records are taken for.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>

#include "base/file.h"
#include "test/temp_folder.h"
#include "tools/dump/segment_dump.h"
#include "tools/retention/explain.h"

using namespace samsa;
using namespace samsa::tools;
namespace fs = std::filesystem;

namespace {

constexpr const char* k_suffixes[] = {".log", ".index", ".timeindex", ".txnindex", ".snapshot"};
const std::string k_stem = "00000000000000000000";

void write(const fs::path& path, BytesView content) {
  if (!replace_file(path, content)) std::abort();
}

void divide(const fs::path& dir, uint8_t how, BytesView content) {
  // Everything in one file, or the log and both of its indexes.
  constexpr uint8_t k_kinds = 6;
  const uint8_t kind = how % k_kinds;
  if (kind + 1 < k_kinds) {
    write(dir / (k_stem + k_suffixes[kind]), content);
    if (kind == 1 || kind == 2) write(dir / (k_stem + ".log"), content);
    if (kind == 2) write(dir / (k_stem + ".index"), content);
    return;
  }
  const size_t sixth = content.size() / 6;
  write(dir / (k_stem + ".index"), content.substr(0, sixth));
  write(dir / (k_stem + ".timeindex"), content.substr(sixth, sixth));
  write(dir / (k_stem + ".log"), content.substr(2 * sixth));
}

void dump(const fs::path& dir, uint8_t how) {
  for (const bool sanity_only : {false, true}) {
    DumpOptions options;
    options.print_data = options.deep = true;
    options.index_sanity_only = sanity_only;
    options.decoder = static_cast<PayloadDecoder>(how / 8 % 3);
    options.key_decoder = static_cast<ValueDecoder>(how / 32 % 3);
    std::ostringstream out, err;
    SegmentDumper dumper{options, out, err};
    for (const char* suffix : k_suffixes)
      static_cast<void>(dumper.dump((dir / (k_stem + suffix)).string()));
    dumper.print_problems();
  }
}

void explain(const fs::path& dir) {
  auto look = look_at_log(dir, {"t", 0}, {});
  if (!look || !*look) return;
  for (const char* policy : {"delete", "compact"}) {
    const auto config = config::TopicConfig::from(
        config::BrokerConfig{}, {{"cleanup.policy", policy}, {"retention.bytes", "10"}});
    if (!config || explain_retention(**look, *config, 1'600'000'000'000).why.empty()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const TempFolder folder;
  divide(folder.path(), data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  dump(folder.path(), data[0]);
  explain(folder.path());
  return 0;
}
