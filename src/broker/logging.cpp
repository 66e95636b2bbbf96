#include "broker/logging.h"

#include <glog/logging.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <ostream>

namespace samsa::broker {
namespace {

// Kafka's word for glog's severity, which starts with the same letter.
const char* level_name(const google::LogMessageInfo& info) {
  switch (info.severity[0]) {
    case 'W':
      return "WARN";
    case 'E':
      return "ERROR";
    case 'F':
      return "FATAL";
    default:
      return "INFO";
  }
}

// glog adds the space that ends the prefix.
void write_prefix(std::ostream& out, const google::LogMessageInfo& info, void*) {
  timeval now{};
  ::gettimeofday(&now, nullptr);
  std::tm local{};
  ::localtime_r(&now.tv_sec, &local);
  char text[40];
  const size_t length = std::strftime(text, sizeof text, "[%Y-%m-%d %H:%M:%S", &local);
  std::snprintf(text + length, sizeof text - length, ",%03d] ",
                static_cast<int>(now.tv_usec / 1000 % 1000));
  out << text << level_name(info);
}

}  // namespace

void start_logging(const char* program) {
  // glog writes to stderr; Kafka's console appender writes to stdout, where service managers and
  // wait strategies look.
  ::dup2(STDOUT_FILENO, STDERR_FILENO);
  FLAGS_logtostderr = true;
  google::InitGoogleLogging(program, &write_prefix);
}

}  // namespace samsa::broker
