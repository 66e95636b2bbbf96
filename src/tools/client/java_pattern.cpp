#include "tools/client/java_pattern.h"

#include <algorithm>
#include <boost/regex.hpp>

#include "tools/refused.h"

namespace samsa::tools::client {

namespace {

// The error as Java words it, and where Java finds it.
struct Complaint {
  std::string what;
  size_t at = 0;
};

Complaint complaint_of(const boost::regex_error& error, const std::string& pattern) {
  const auto at = static_cast<size_t>(std::max<std::ptrdiff_t>(error.position(), 0));
  namespace code = boost::regex_constants;
  if (error.code() == code::error_brack) return {"Unclosed character class", pattern.size() - 1};
  if (error.code() == code::error_paren) {
    if (at < pattern.size() && pattern[at] == ')') return {"Unmatched closing ')'", at};
    return {"Unclosed group", pattern.size()};
  }
  if (error.code() == code::error_badrepeat && at < pattern.size()) {
    return {std::string("Dangling meta character '") + pattern[at] + "'", at};
  }
  return {error.what(), at};
}

}  // namespace

Result<JavaPattern> JavaPattern::compile(const std::string& pattern) {
  try {
    JavaPattern made;
    made.regex_ = std::make_shared<const boost::regex>(pattern, boost::regex::perl);
    return made;
  } catch (const boost::regex_error& error) {
    const Complaint complaint = complaint_of(error, pattern);
    return Error{k_bad_pattern, complaint.what + " near index " + std::to_string(complaint.at) +
                                    "\n" + pattern + "\n" + std::string(complaint.at, ' ') + "^"};
  }
}

bool JavaPattern::matches(std::string_view text) const {
  try {
    return boost::regex_match(text.begin(), text.end(), *regex_);
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace samsa::tools::client
