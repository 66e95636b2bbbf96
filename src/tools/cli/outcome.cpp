#include "tools/cli/outcome.h"

#include <sys/time.h>

#include <ctime>
#include <iostream>

namespace samsa::tools::cli {

int usage_error(const OptionParser& parser, std::string_view message) {
  std::cout.flush();
  std::cerr << message << '\n' << parser.help();
  return 1;
}

int uncaught(std::string_view exception, std::string_view message) {
  std::cout.flush();
  std::cerr << "Exception in thread \"main\" " << exception << ": " << message << '\n';
  return 1;
}

std::string_view refusal_exception(const Error& refusal) {
  const std::string& why = refusal.message;
  const auto says = [&](std::string_view words) { return why.find(words) != std::string::npos; };
  if (says("is not a recognized option")) return "joptsimple.UnrecognizedOptionException";
  if (says("requires an argument")) return "joptsimple.OptionMissingRequiredArgumentException";
  if (says("Found multiple arguments")) return "joptsimple.MultipleArgumentsForOptionException";
  if (says("Cannot parse argument")) return "joptsimple.OptionArgumentConversionException";
  if (says("Missing required option")) return "joptsimple.MissingRequiredOptionsException";
  return "joptsimple.UnavailableOptionException";
}

int uncaught_refusal(const Error& refusal) {
  return uncaught(refusal_exception(refusal), refusal.message);
}

int refused_with_usage(const OptionParser& parser, const Error& refusal) {
  const std::string_view exception = refusal_exception(refusal);
  const bool of_values = exception == "joptsimple.OptionArgumentConversionException" ||
                         exception == "joptsimple.MultipleArgumentsForOptionException";
  return of_values ? uncaught(exception, refusal.message) : usage_error(parser, refusal.message);
}

int uncaught_no_file(std::string_view path) {
  return uncaught("java.nio.file.NoSuchFileException", path);
}

int client_not_made(std::string_view client, const Error& refusal) {
  constexpr std::string_view k_config = "org.apache.kafka.common.config.ConfigException: ";
  std::cout.flush();
  // A value is judged before the constructor's own work, whose failures it wraps.
  if (refusal.message.starts_with("Invalid value ")) {
    std::cerr << k_config << refusal.message << '\n';
    return 1;
  }
  std::cerr << "org.apache.kafka.common.KafkaException: Failed to construct kafka " << client
            << "\nCaused by: "
            << (refusal.code == k_kafka ? exception_text(refusal)
                                        : std::string(k_config) + refusal.message)
            << '\n';
  return 1;
}

std::string admin_trace(const Error& refusal) {
  return "org.apache.kafka.common.KafkaException: Failed to create new KafkaAdminClient\n"
         "Caused by: org.apache.kafka.common.config.ConfigException: " +
         refusal.message;
}

int uncaught_admin(const Error& refusal) {
  if (refusal.code == k_no_file) return uncaught_no_file(refusal.message);
  std::cout.flush();
  std::cerr << "Exception in thread \"main\" " << admin_trace(refusal) << '\n';
  return 1;
}

std::optional<int> help_or_version(const OptionParser& parser, const Options& options,
                                   std::string_view purpose) {
  if (options.empty() || options.has("help")) return usage_error(parser, purpose);
  if (options.has("version")) {
    std::cout << version_line() << '\n';
    return 0;
  }
  return std::nullopt;
}

Check require(const Options& options, std::initializer_list<std::string_view> names) {
  for (std::string_view name : names) {
    if (!options.has(name)) return "Missing required argument \"[" + std::string(name) + "]\"";
  }
  return std::nullopt;
}

Check exclude(const Options& options, std::string_view used,
              const std::vector<std::string>& others) {
  if (!options.has(used)) return std::nullopt;
  for (const std::string& other : others) {
    if (options.has(other)) {
      return "Option \"[" + std::string(used) + "]\" can't be used with option \"[" + other + "]\"";
    }
  }
  return std::nullopt;
}

void log_line(std::string_view level, std::string_view message, std::string_view logger) {
  timeval now{};
  ::gettimeofday(&now, nullptr);
  tm local{};
  ::localtime_r(&now.tv_sec, &local);
  char stamp[64];
  size_t size = std::strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
  std::snprintf(stamp + size, sizeof stamp - size, ",%03d", static_cast<int>(now.tv_usec / 1000));
  std::cout.flush();
  std::cerr << '[' << stamp << "] " << level << ' ' << message << " (" << logger << ")\n";
}

std::string version_line() { return "2.7.0 (Commit:samsa)"; }

}  // namespace samsa::tools::cli
