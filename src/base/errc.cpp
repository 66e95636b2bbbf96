#include "base/errc.h"

#include <glog/logging.h>

namespace samsa {
namespace {

struct Row {
  std::string_view name;
  bool retriable;
  std::string_view message;
};

const Row& row(Errc code) {
  static constexpr Row k_rows[] = {
#define SAMSA_ERRC(enumerator, code, name, retriable, message) {name, retriable, message},
#include "base/errc.def"
#undef SAMSA_ERRC
  };
  constexpr int k_first_code = -1;
  const int index = static_cast<int>(code) - k_first_code;
  const bool known = index >= 0 && index < static_cast<int>(std::size(k_rows));
  return k_rows[known ? index : 0];
}

}  // namespace

std::string_view name_of(Errc code) { return row(code).name; }
std::string_view default_message(Errc code) { return row(code).message; }
bool is_retriable(Errc code) { return row(code).retriable; }

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  LOG(FATAL) << "value of a failed result read at " << where.file_name() << ':' << where.line()
             << ": " << error;
  std::abort();
}

}  // namespace samsa
