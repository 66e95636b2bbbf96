#pragma once
// Command lines as joptsimple reads them, which is what Kafka's tools are written with: its rules
// for what is an option's argument, its sentences and its help layout. Abbreviations are off, as in
// every one of Kafka's tools.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/errc.h"
#include "tools/refused.h"

namespace samsa::tools::cli {

enum class Argument { none, required, optional };
enum class ValueType { string, integer, long_integer };

// What an option is. Filled by the chain that OptionParser::accepts starts.
struct OptionSpec {
  std::string name;
  std::string description;
  Argument argument = Argument::none;
  ValueType type = ValueType::string;
  // What the help says of the argument; may be empty.
  std::string described_as;
  std::optional<std::string> default_value;
  // May be given more than once.
  bool repeated = false;
  // Splits each argument into several where it is not 0.
  char separator = 0;
  bool for_help = false;
  // The command line must have this option, or that one.
  std::string required_unless;
  // Refused unless one of these is there too; empty: always welcome.
  std::vector<std::string> available_if;

  OptionSpec& takes(std::string_view what = {}, ValueType of = ValueType::string) {
    argument = Argument::required;
    described_as = what;
    type = of;
    return *this;
  }
  OptionSpec& may_take(std::string_view what = {}, ValueType of = ValueType::string) {
    takes(what, of).argument = Argument::optional;
    return *this;
  }
  OptionSpec& defaults_to(std::string_view value) {
    default_value = value;
    return *this;
  }
  OptionSpec& many(char separated_by = 0) {
    repeated = true;
    separator = separated_by;
    return *this;
  }
  OptionSpec& unless(std::string_view other) {
    required_unless = other;
    return *this;
  }
  OptionSpec& only_with(std::vector<std::string> others) {
    available_if = std::move(others);
    return *this;
  }
};

// What a command line said. Values of typed options have been checked, so that integer() cannot
// fail.
class Options {
 public:
  bool has(std::string_view name) const { return given_.find(name) != given_.end(); }
  // The argument, or the default; nothing where there is neither.
  std::optional<std::string> value(std::string_view name) const;
  // The same, empty for nothing.
  std::string text(std::string_view name) const { return value(name).value_or(""); }
  // All arguments, or the default.
  std::vector<std::string> values(std::string_view name) const;
  // Of a typed option that was given or has a default.
  int64_t integer(std::string_view name) const;
  bool empty() const { return argument_count_ == 0; }
  // Names of the options in the order of the command line, repeated as there.
  const std::vector<std::string>& order() const { return order_; }

 private:
  friend class OptionParser;
  std::map<std::string, std::vector<std::string>, std::less<>> given_;
  std::map<std::string, std::string, std::less<>> defaults_;
  std::vector<std::string> order_;
  size_t argument_count_ = 0;
};

class OptionParser {
 public:
  // With --help and --version, as most of Kafka's tools have.
  static OptionParser with_defaults();

  // The reference is valid until the next call.
  OptionSpec& accepts(std::string_view name, std::string_view description = {});

  // Fails with joptsimple's sentence; the error code says nothing.
  Result<Options> parse(std::span<const std::string> arguments) const;
  // joptsimple's help: two columns, 80 wide.
  std::string help() const;

  const std::vector<OptionSpec>& specs() const { return specs_; }

 private:
  struct Reading;
  const OptionSpec* find(std::string_view name) const;
  Result<void> read_option(Reading& reading, std::string_view token) const;
  Result<void> check(const Options& options) const;
  Result<void> check_values(const OptionSpec& spec, const Options& options) const;

  std::vector<OptionSpec> specs_;
};

// One paragraph set to a width as joptsimple does it: broken where Java's line breaking allows,
// continued lines indented. Lines of the text stay lines.
std::vector<std::string> wrap(std::string_view text, size_t width);

}  // namespace samsa::tools::cli
