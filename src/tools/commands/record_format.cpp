#include "tools/commands/record_format.h"

#include <strings.h>

#include "tools/cli/outcome.h"
#include "tools/commands/common.h"
#include "tools/dump/coordinator_records.h"
#include "tools/dump/java_text.h"

namespace samsa::tools {

namespace {

// Turns bytes into text as one of Kafka's deserializers and toString() would.
using Deserializer = std::optional<std::string> (*)(BytesView);

template <class Int>
std::optional<std::string> integer_text(BytesView bytes) {
  if (bytes.size() != sizeof(Int)) return std::nullopt;
  return std::to_string(load_be<Int>(bytes.data()));
}
std::optional<std::string> utf8_text(BytesView bytes) { return decode_utf8(bytes); }

struct KnownDeserializer {
  std::string_view name;
  // Of the only data that it takes; 0: any.
  size_t size;
  Deserializer read;
};
constexpr std::string_view k_deserializer_package = "org.apache.kafka.common.serialization.";
constexpr KnownDeserializer k_deserializers[] = {
    {"StringDeserializer", 0, utf8_text},
    {"LongDeserializer", 8, integer_text<int64_t>},
    {"IntegerDeserializer", 4, integer_text<int32_t>},
    {"ShortDeserializer", 2, integer_text<int16_t>},
};

// Null where it is not one that we have.
const KnownDeserializer* deserializer_named(std::string_view name) {
  if (name.starts_with(k_deserializer_package)) {
    name.remove_prefix(k_deserializer_package.size());
  }
  for (const auto& known : k_deserializers) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

class DefaultFormatter : public RecordFormatter {
 public:
  // False for a deserializer that we do not have.
  bool configure(const client::Properties& properties) {
    auto flag = [&](std::string_view key, bool& into) {
      auto found = properties.find(key);
      if (found != properties.end()) into = ::strcasecmp(trim(found->second).c_str(), "true") == 0;
    };
    auto text = [&](std::string_view key, std::string& into) {
      auto found = properties.find(key);
      if (found != properties.end()) into = found->second;
    };
    flag("print.timestamp", timestamp_);
    flag("print.key", key_);
    flag("print.offset", offset_);
    flag("print.partition", partition_);
    flag("print.headers", headers_);
    flag("print.value", value_);
    text("key.separator", key_separator_);
    text("line.separator", line_separator_);
    text("headers.separator", headers_separator_);
    text("null.literal", null_literal_);
    return deserializer(properties, "key.deserializer", read_key_) &&
           deserializer(properties, "value.deserializer", read_value_) &&
           deserializer(properties, "headers.deserializer", read_header_);
  }

  Result<void> format(const client::ConsumedRecord& record, std::string& out) override {
    if (timestamp_) {
      if (record.timestamp_type == record::TimestampType::none) {
        out += "NO_TIMESTAMP";
      } else {
        out += record::name_of(record.timestamp_type);
        out += ':';
        out += std::to_string(record.timestamp_ms);
      }
      separate(out, offset_ || partition_ || headers_ || key_ || value_);
    }
    if (partition_) {
      out += "Partition:" + std::to_string(record.partition->partition);
      separate(out, offset_ || headers_ || key_ || value_);
    }
    if (offset_) {
      out += "Offset:" + std::to_string(record.offset);
      separate(out, headers_ || key_ || value_);
    }
    if (headers_) {
      if (auto written = format_headers(record, out); !written) return written;
      separate(out, key_ || value_);
    }
    if (key_) {
      if (auto written = write(record.key, read_key_, out); !written) return written;
      separate(out, value_);
    }
    if (value_) {
      if (auto written = write(record.value, read_value_, out); !written) return written;
      out += line_separator_;
    }
    return ok();
  }

 private:
  static bool deserializer(const client::Properties& properties, std::string_view key,
                           const KnownDeserializer*& into) {
    auto found = properties.find(key);
    if (found == properties.end() || found->second.empty()) return true;
    if (found->second == "org.apache.kafka.common.serialization.ByteArrayDeserializer") return true;
    into = deserializer_named(found->second);
    return into != nullptr;
  }

  void separate(std::string& out, bool column) const {
    out += column ? key_separator_ : line_separator_;
  }

  Result<void> write(const std::optional<BytesView>& bytes, const KnownDeserializer* deserializer,
                     std::string& out) const {
    BytesView source = bytes ? *bytes : BytesView(null_literal_);
    if (deserializer == nullptr) {
      out += source;
      return ok();
    }
    auto text = deserializer->read(source);
    if (!text) {
      return Error{k_serialization, "Size of data received by " + std::string(deserializer->name) +
                                        " is not " + std::to_string(deserializer->size)};
    }
    out += *text;
    return ok();
  }

  Result<void> format_headers(const client::ConsumedRecord& record, std::string& out) {
    if (record.headers.empty()) out += "NO_HEADERS";
    for (size_t i = 0; i < record.headers.size(); ++i) {
      if (i > 0) out += headers_separator_;
      out += record.headers[i].key;
      out += ':';
      auto written = write(record.headers[i].value, read_header_, out);
      if (!written) return written;
    }
    return ok();
  }

  bool timestamp_ = false;
  bool key_ = false;
  bool value_ = true;
  bool partition_ = false;
  bool offset_ = false;
  bool headers_ = false;
  std::string key_separator_ = "\t";
  std::string line_separator_ = "\n";
  std::string headers_separator_ = ",";
  std::string null_literal_ = "null";
  const KnownDeserializer* read_key_ = nullptr;
  const KnownDeserializer* read_value_ = nullptr;
  const KnownDeserializer* read_header_ = nullptr;
};

class NoOpFormatter : public RecordFormatter {
 public:
  Result<void> format(const client::ConsumedRecord&, std::string&) override { return ok(); }
};

// Kafka's tool has no checksum to tell since records have none of their own, and prints 0.
class ChecksumFormatter : public RecordFormatter {
 public:
  explicit ChecksumFormatter(const client::Properties& properties) {
    const auto topic = properties.find("topic");
    if (topic != properties.end()) line_ = topic->second + ":" + line_;
  }
  Result<void> format(const client::ConsumedRecord&, std::string& out) override {
    out += line_;
    return ok();
  }

 private:
  std::string line_ = "checksum:0\n";
};

// The coordinators' records.
class LineFormatter : public RecordFormatter {
 public:
  using Format = Result<std::optional<std::string>> (*)(std::optional<BytesView>,
                                                        std::optional<BytesView>);
  explicit LineFormatter(Format format_line) : format_line_(format_line) {}
  Result<void> format(const client::ConsumedRecord& record, std::string& out) override {
    auto line = format_line_(record.key, record.value);
    if (!line) return line.error();
    if (*line) out += **line + "\n";
    return ok();
  }

 private:
  Format format_line_;
};

}  // namespace

std::unique_ptr<RecordFormatter> RecordFormatter::make(std::string_view class_name,
                                                       const client::Properties& properties) {
  // The logging one also logs, at a level below the one that Kafka's tools show.
  if (class_name == "kafka.tools.DefaultMessageFormatter" ||
      class_name == "kafka.tools.LoggingMessageFormatter") {
    auto formatter = std::make_unique<DefaultFormatter>();
    if (!formatter->configure(properties)) return nullptr;
    return formatter;
  }
  if (class_name == "kafka.tools.ChecksumMessageFormatter") {
    return std::make_unique<ChecksumFormatter>(properties);
  }
  if (class_name == "kafka.tools.NoOpMessageFormatter") return std::make_unique<NoOpFormatter>();
  if (class_name == "kafka.coordinator.group.GroupMetadataManager$OffsetsMessageFormatter") {
    return std::make_unique<LineFormatter>(offset_message_line);
  }
  if (class_name == "kafka.coordinator.group.GroupMetadataManager$GroupMetadataMessageFormatter") {
    return std::make_unique<LineFormatter>(group_metadata_message_line);
  }
  if (class_name == "kafka.coordinator.transaction.TransactionLog$TransactionLogMessageFormatter") {
    return std::make_unique<LineFormatter>(transaction_message_line);
  }
  return nullptr;
}

}  // namespace samsa::tools
