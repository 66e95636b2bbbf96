// dump-log: the log itself and the transaction index.

#include "tools/dump/segment_dump.h"

#include <algorithm>

#include "base/file.h"
#include "record/record.h"
#include "tools/dump/coordinator_records.h"
#include "tools/dump/java_text.h"
#include "tools/dump/segment_files.h"
#include "tools/refused.h"

namespace samsa::tools {

namespace {

std::string codec_name(const record::BatchView& batch) {
  auto codec = record::codec_from_id(batch.codec_id());
  std::string name(codec ? record::name_of(*codec) : std::string_view("unknown"));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

std::string_view boolean(bool value) { return value ? "true" : "false"; }

void print_batch(std::ostream& out, const record::BatchView& batch, size_t position) {
  if (batch.is_v2()) {
    out << "baseOffset: " << batch.base_offset() << " lastOffset: " << batch.last_offset()
        << " count: " << *batch.record_count() << " baseSequence: " << batch.base_sequence()
        << " lastSequence: " << batch.last_sequence() << " producerId: " << batch.producer_id()
        << " producerEpoch: " << batch.producer_epoch()
        << " partitionLeaderEpoch: " << batch.leader_epoch()
        << " isTransactional: " << boolean(batch.is_transactional())
        << " isControl: " << boolean(batch.is_control());
  } else {
    out << "offset: " << batch.last_offset();
  }
  out << " position: " << position << ' ' << record::name_of(batch.timestamp_type()) << ": "
      << batch.max_timestamp() << " size: " << batch.size_in_bytes()
      << " magic: " << static_cast<int>(batch.magic()) << " compresscodec: " << codec_name(batch)
      << " crc: " << batch.stored_crc() << " isvalid: " << boolean(batch.crc_ok()) << '\n';
}

void print_control(std::ostream& out, const record::Record& record) {
  auto marker = record::parse_end_transaction_marker(record);
  if (marker && *marker) {
    out << " endTxnMarker: "
        << ((*marker)->type == record::ControlType::commit ? "COMMIT" : "ABORT")
        << " coordinatorEpoch: " << (*marker)->coordinator_epoch;
    return;
  }
  const int id =
      record.key && record.key->size() >= 4 ? load_be<int16_t>(record.key->data() + 2) : -1;
  const bool leader_change = id == 3;
  out << " controlType: " << (leader_change ? "LEADER_CHANGE" : "UNKNOWN") << '(' << id << ')';
}

template <class Number>
Result<std::string> number_in(BytesView bytes) {
  if (bytes.size() < sizeof(Number))
    return Error{k_underflow, "a value of " + std::to_string(bytes.size()) + " bytes"};
  return std::to_string(load_be<Number>(bytes.data()));
}

Result<std::string> decode(BytesView bytes, ValueDecoder decoder) {
  switch (decoder) {
    case ValueDecoder::text:
      return decode_utf8(bytes);
    case ValueDecoder::int32:
      return number_in<int32_t>(bytes);
    case ValueDecoder::int64:
      return number_in<int64_t>(bytes);
  }
  return std::string();
}

Result<void> print_payload(std::ostream& out, const record::Record& record,
                           const DumpOptions& options) {
  const PayloadDecoder decoder = options.decoder;
  if (decoder == PayloadDecoder::plain) {
    Result<std::string> key = std::string(), value = std::string();
    if (record.key) key = decode(*record.key, options.key_decoder);
    if (key && record.value) value = decode(*record.value, options.value_decoder);
    if (!key || !value) return key ? value.error() : key.error();
    if (record.key) out << " key: " << *key;
    if (record.value) out << " payload: " << *value;
    return ok();
  }
  auto text = decoder == PayloadDecoder::group_records
                  ? format_group_record(record.key, record.value)
                  : format_transaction_record(record.key, record.value);
  if (!text) return text.error();
  out << " key: " << text->key << " payload: " << text->value;
  return ok();
}

void print_record_head(std::ostream& out, const record::BatchView& batch,
                       const record::Record& record) {
  auto size_of = [](const std::optional<BytesView>& bytes) {
    return bytes ? static_cast<int64_t>(bytes->size()) : int64_t{-1};
  };
  out << "| offset: " << record.offset << ' ' << record::name_of(batch.timestamp_type()) << ": "
      << record.timestamp_ms << " keysize: " << size_of(record.key)
      << " valuesize: " << size_of(record.value);
  if (batch.is_v2()) {
    out << " sequence: " << record.sequence << " headerKeys: [";
    for (size_t i = 0; i < record.headers.size(); ++i) {
      out << (i > 0 ? "," : "") << decode_utf8(record.headers[i].key);
    }
    out << ']';
    return;
  }
  const uint32_t stored = load_be<uint32_t>(record.legacy_message.data());
  const uint32_t computed = legacy_crc(record.legacy_message);
  out << " crc: " << stored << " isvalid: " << boolean(stored == computed);
}

}  // namespace

SegmentDumper::SegmentDumper(const DumpOptions& options, std::ostream& out, std::ostream& err)
    : options_(options), out_(out), err_(err) {}

Result<void> SegmentDumper::dump(const std::string& file) {
  out_ << "Dumping " << file << '\n';
  const std::filesystem::path path(file);
  const std::string suffix = path.extension();
  if (suffix == ".log") return dump_log(path);
  if (suffix == ".index") return dump_index(path);
  if (suffix == ".timeindex") return dump_time_index(path);
  if (suffix == ".txnindex") return dump_transaction_index(path);
  if (suffix == ".snapshot") {
    dump_snapshot(path);
  } else {
    err_ << "Ignoring unknown file " << file << '\n';
  }
  return ok();
}

Result<void> SegmentDumper::dump_log(const std::filesystem::path& file) {
  auto base = base_offset_of(file);
  if (!base) return base.error();
  out_ << "Starting offset: " << *base << '\n';
  auto mapped = MappedFile::open(file);
  if (!mapped) return mapped.error();
  return dump_records(file, *mapped);
}

Result<void> SegmentDumper::dump_records(const std::filesystem::path& file, const MappedFile& log) {
  const BytesView bytes = log.bytes();
  int64_t last_offset = -1;
  size_t position = 0;
  for (;;) {
    auto next = batch_at(bytes, position, file);
    if (!next) return next.error();
    if (!*next) break;
    const record::BatchView batch = **next;
    print_batch(out_, batch, position);
    position += batch.size_in_bytes();
    log.passed(position - batch.size_in_bytes());
    if (!options_.deep) continue;
    auto read = record::for_each_record(batch, [&](const record::Record& record) -> Result<void> {
      const int64_t offset = record.offset.value();
      if (last_offset != -1 && offset != last_offset + 1) {
        gaps_[std::filesystem::absolute(file)].emplace_back(last_offset, offset);
      }
      last_offset = offset;
      print_record_head(out_, batch, record);
      Result<void> printed = ok();
      if (batch.is_control()) {
        print_control(out_, record);
      } else if (options_.print_data) {
        printed = print_payload(out_, record, options_);
      }
      out_ << '\n';
      return printed;
    });
    if (!read) return read;
  }
  if (position < bytes.size()) {
    out_ << "Found " << bytes.size() - position << " invalid bytes at the end of "
         << file.filename().string() << '\n';
  }
  return ok();
}

Result<void> SegmentDumper::dump_transaction_index(const std::filesystem::path& file) {
  constexpr size_t k_entry_size = 34;
  // A segment without aborted transactions has none.
  std::error_code missing;
  if (!std::filesystem::exists(file, missing)) return ok();
  auto bytes = read_file(file);
  if (!bytes) return bytes.error();
  // Kafka writes two bytes of version and reads the first of them.
  const auto version_at = [&](size_t at) { return static_cast<int8_t>((*bytes)[at]); };
  for (size_t at = 0; at + k_entry_size <= bytes->size(); at += k_entry_size)
    if (const int version = version_at(at); version > 0)
      return Error{k_kafka, "Unexpected aborted transaction version " + std::to_string(version) +
                                " in transaction index " +
                                std::filesystem::absolute(file).string() +
                                ", current version is 0"};
  for (size_t at = 0; at + k_entry_size <= bytes->size(); at += k_entry_size) {
    Cursor in{BytesView(*bytes).substr(at, k_entry_size)};
    in.take(sizeof(int16_t));
    const int64_t producer = in.get<int64_t>(), first = in.get<int64_t>();
    const int64_t last = in.get<int64_t>(), stable = in.get<int64_t>();
    out_ << "version: " << int{version_at(at)} << " producerId: " << producer
         << " firstOffset: " << first << " lastOffset: " << last << " lastStableOffset: " << stable
         << '\n';
  }
  return ok();
}

void SegmentDumper::print_problems() {
  // Kafka collects the newest first in most of these.
  auto print = [&](const std::map<std::string, Pairs>& found, std::string_view title,
                   bool newest_first, auto line) {
    for (const auto& [file, pairs] : found) {
      err_ << title << file << '\n';
      Pairs ordered = pairs;
      if (newest_first) std::reverse(ordered.begin(), ordered.end());
      for (const auto& [a, b] : ordered) line(a, b);
    }
  };
  print(index_mismatches_, "Mismatches in :", true, [&](int64_t index, int64_t log) {
    err_ << "  Index offset: " << index << ", log offset: " << log << '\n';
  });
  auto timestamps = [&](int64_t index, int64_t log) {
    err_ << "  Index timestamp: " << index << ", log timestamp: " << log << '\n';
  };
  print(timestamp_mismatches_, "Found timestamp mismatch in :", false, timestamps);
  print(timestamps_out_of_order_, "Found out of order timestamp in :", false,
        [&](int64_t index, int64_t previous) {
          err_ << "  Index timestamp: " << index << ", Previously indexed timestamp: " << previous
               << '\n';
        });
  for (const auto& [file, pairs] : offsets_not_found_) {
    err_ << "The following indexed offsets are not found in the log.\n";
    for (const auto& [index, log] : pairs) {
      err_ << "Indexed offset: " << index << ", found log offset: " << log << '\n';
    }
  }
  print(gaps_, "Non-consecutive offsets in ", true, [&](int64_t first, int64_t second) {
    err_ << "  " << first << " is followed by " << second << '\n';
  });
}

}  // namespace samsa::tools
