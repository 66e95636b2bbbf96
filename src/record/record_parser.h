#pragma once
// One v2 record out of a stream of plain bytes. Inside the room only.

#include <utility>
#include <vector>

#include "record/plain_stream.h"
#include "record/record.h"

namespace samsa::record {

class FieldCursor;

// What a batch's header contributes to its records.
struct RecordBase {
  int64_t base_offset = 0;
  int64_t first_timestamp = 0;
  int32_t base_sequence = k_no_sequence;
  // Set for LogAppendTime: then it is every record's timestamp.
  std::optional<int64_t> log_append_time;
};

// Reads records, each at the stream's position. What a record views lies in the stream's window
// until consume_previous().
class RecordParser {
 public:
  // `pieces` may be null.
  RecordParser(const RecordBase& base, ReadDepth depth, PieceSink* pieces)
      : base_(base), depth_(depth), pieces_(pieces) {}

  // `last`: the batch claims no further record, so bytes after it are an error.
  Result<void> parse(PlainStream& stream, Record& record, bool last);
  // Steps over the record that parse() gave.
  void consume_previous(PlainStream& stream) { stream.consume(std::exchange(pending_, 0)); }

 private:
  Result<void> parse_whole(BytesView bytes, int32_t body_size, bool compressed, Record& record);
  Result<void> parse_header_fields(FieldCursor& cursor, int32_t count);
  bool steps_over(int32_t body_size) const;
  Result<void> skim(PlainStream& stream, int32_t body_size, Record& record);
  static Result<void> check_end(PlainStream& stream, size_t used);
  void apply_base(int64_t timestamp_delta, int32_t offset_delta, Record& record) const;

  RecordBase base_;
  ReadDepth depth_;
  PieceSink* pieces_;
  size_t pending_ = 0;
  std::vector<Header> headers_;
};

}  // namespace samsa::record
