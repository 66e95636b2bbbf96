#pragma once
// Records of __consumer_offsets and __transaction_state, as Kafka's tools print them.

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/errc.h"

namespace samsa::tools {

struct KeyAndValue {
  std::string key;
  std::string value;
};

// For dump-log's --offsets-decoder and --transaction-log-decoder.
Result<KeyAndValue> format_group_record(std::optional<BytesView> key,
                                        std::optional<BytesView> value);
Result<KeyAndValue> format_transaction_record(std::optional<BytesView> key,
                                              std::optional<BytesView> value);

// For console-consumer's --formatter: a line, or nothing where the record is of another kind.
Result<std::optional<std::string>> offset_message_line(std::optional<BytesView> key,
                                                       std::optional<BytesView> value);
Result<std::optional<std::string>> group_metadata_message_line(std::optional<BytesView> key,
                                                               std::optional<BytesView> value);
Result<std::optional<std::string>> transaction_message_line(std::optional<BytesView> key,
                                                            std::optional<BytesView> value);

}  // namespace samsa::tools
