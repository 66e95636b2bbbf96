#pragma once
// How a tool ends: the sentences and exit codes of Kafka's tools.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/errc.h"
#include "tools/cli/options.h"

namespace samsa::tools::cli {

// The message and the help on standard error; 1, to return from the tool.
int usage_error(const OptionParser& parser, std::string_view message);
// What a JVM tool prints of an exception that nobody caught; 1.
int uncaught(std::string_view exception, std::string_view message);
// The same of a command line that OptionParser refused.
int uncaught_refusal(const Error& refusal);
// The same where the tool answers with its help. Values are read later than names there, when
// nobody catches.
int refused_with_usage(const OptionParser& parser, const Error& refusal);
// java.nio.file.NoSuchFileException of that path.
int uncaught_no_file(std::string_view path);
// What Java prints when the constructor of a client refuses its properties; 1.
int client_not_made(std::string_view client, const Error& refusal);
// The same of an admin client, as it is told of an exception that nobody caught, and the trace
// alone; 1 and the text.
int uncaught_admin(const Error& refusal);
std::string admin_trace(const Error& refusal);
// The joptsimple exception with that sentence, fully qualified.
std::string_view refusal_exception(const Error& refusal);
// The exit code where the tool has only to print its help (no argument, --help) or its version.
std::optional<int> help_or_version(const OptionParser& parser, const Options& options,
                                   std::string_view purpose);

// The first refusal of a list of checks, nothing when all pass.
using Check = std::optional<std::string>;
// Every one of the options is there.
Check require(const Options& options, std::initializer_list<std::string_view> names);
// If `used` is there, none of the others is.
Check exclude(const Options& options, std::string_view used,
              const std::vector<std::string>& others);

// A line as log4j writes it with the configuration of Kafka's tools, on standard error.
void log_line(std::string_view level, std::string_view message, std::string_view logger);

// The Java exception that stands for the error in 2.7, fully qualified, and its toString().
std::string exception_name(Errc code);
std::string exception_text(const Error& error);

// --version's line.
std::string version_line();

}  // namespace samsa::tools::cli
