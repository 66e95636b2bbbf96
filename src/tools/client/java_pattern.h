#pragma once
// Regular expressions as java.util.regex reads them, as far as Boost's Perl syntax does.

#include <boost/regex_fwd.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/errc.h"

namespace samsa::tools::client {

class JavaPattern {
 public:
  // k_bad_pattern with the message of Java's PatternSyntaxException.
  static Result<JavaPattern> compile(const std::string& pattern);
  // The whole text fits. False also where finding out would take for ever, as it would in Java.
  bool matches(std::string_view text) const;

 private:
  std::shared_ptr<const boost::regex> regex_;
};

}  // namespace samsa::tools::client
