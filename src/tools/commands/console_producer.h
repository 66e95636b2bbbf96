#pragma once
// Lines of text into records, as console-producer reads them.

#include <optional>
#include <string>
#include <string_view>

#include "tools/commands/common.h"

namespace samsa::tools {

struct LineRecord {
  std::optional<std::string> key;
  std::string value;
};

// The default line reader and its properties.
class LineReader {
 public:
  explicit LineReader(const client::Properties& properties);
  // The error is Kafka's for a line without a key.
  Result<LineRecord> read(std::string_view line);

 private:
  bool parse_key_ = false;
  std::string key_separator_ = "\t";
  bool ignore_error_ = false;
  int64_t line_number_ = 0;
};

// The producer's properties: the config file, --producer-property, then options, which replace what
// is set only when they were given.
Result<client::Properties> console_producer_properties(const cli::Options& options);
cli::OptionParser console_producer_parser();

}  // namespace samsa::tools
