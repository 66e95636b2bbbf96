#pragma once
// Files of test/data/record, and records in the words of Kafka's dump tool.

#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "record/record.h"

namespace samsa::record {

Bytes fixture(const std::string& name);
// Names without ".log", those that start with `prefix`.
std::vector<std::string> fixtures(const std::string& prefix);
std::vector<std::string> fixture_lines(const std::string& name);

// As DumpLogSegments prints them, each line cut at 300 characters; an error becomes a line of its
// own.
std::vector<std::string> dump_lines(BytesView log);

std::vector<BatchView> batches_of(BytesView log);

// A record that owns what it holds.
struct OwnedRecord {
  int64_t offset = 0;
  int64_t timestamp_ms = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  friend bool operator==(const OwnedRecord&, const OwnedRecord&) = default;
  friend std::ostream& operator<<(std::ostream& out, const OwnedRecord& r) {
    return out << r.offset << '@' << r.timestamp_ms << ' ' << r.key.value_or("(null)").substr(0, 40)
               << '=' << r.value.value_or("(null)").substr(0, 40);
  }
};
OwnedRecord own(const Record& record);
// All records of all batches; a test failure where they do not read.
std::vector<OwnedRecord> records_of(BytesView log);

}  // namespace samsa::record
