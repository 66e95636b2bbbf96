#pragma once
// Consumed records as console-consumer prints them: the formatters that --formatter may name.

#include <memory>
#include <string>

#include "tools/client/consumer.h"

namespace samsa::tools {

class RecordFormatter {
 public:
  virtual ~RecordFormatter() = default;
  // Appends what is to be printed; an error is what would be thrown.
  virtual Result<void> format(const client::ConsumedRecord& record, std::string& out) = 0;

  // By the class's name; null for one that we do not have.
  static std::unique_ptr<RecordFormatter> make(std::string_view class_name,
                                               const client::Properties& properties);
};

}  // namespace samsa::tools
