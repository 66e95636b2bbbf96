#pragma once
// What dump-log prints of the files of a log segment.

#include <filesystem>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "base/errc.h"
#include "tools/dump/segment_files.h"

namespace samsa::tools {

enum class PayloadDecoder { plain, group_records, transaction_records };
// Kafka's StringDecoder, IntegerDecoder and LongDecoder.
enum class ValueDecoder { text, int32, int64 };

struct DumpOptions {
  bool print_data = false;
  bool deep = false;
  bool index_sanity_only = false;
  bool verify_only = false;
  int32_t max_message_size = 5 * 1024 * 1024;
  PayloadDecoder decoder = PayloadDecoder::plain;
  ValueDecoder key_decoder = ValueDecoder::text;  // of plain records
  ValueDecoder value_decoder = ValueDecoder::text;
};

// Dumps one file after the other and collects what is wrong between them.
class SegmentDumper {
 public:
  SegmentDumper(const DumpOptions& options, std::ostream& out, std::ostream& err);

  // What the file is goes by its suffix. An error is what ends a JVM tool with an exception.
  Result<void> dump(const std::string& file);
  // Mismatches found in all files so far.
  void print_problems();

 private:
  using Pairs = std::vector<std::pair<int64_t, int64_t>>;

  Result<void> dump_log(const std::filesystem::path& file);
  Result<void> dump_records(const std::filesystem::path& file, const MappedFile& log);
  Result<void> dump_index(const std::filesystem::path& file);
  Result<void> dump_time_index(const std::filesystem::path& file);
  Result<void> dump_transaction_index(const std::filesystem::path& file);
  void dump_snapshot(const std::filesystem::path& file);

  DumpOptions options_;
  std::ostream& out_;
  std::ostream& err_;
  std::map<std::string, Pairs> index_mismatches_;
  std::map<std::string, Pairs> timestamp_mismatches_;
  std::map<std::string, Pairs> timestamps_out_of_order_;
  std::map<std::string, Pairs> offsets_not_found_;
  std::map<std::string, Pairs> gaps_;
};

}  // namespace samsa::tools
