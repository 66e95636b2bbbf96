#include "tools/cli/options.h"

#include <charconv>

namespace samsa::tools::cli {

namespace {

Error refusal(std::string message) { return Error{k_refused, std::move(message)}; }

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  if (separator == 0) return {std::string(text)};
  while (!text.empty()) {
    size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

template <class Int>
bool is_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Int value;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool fits(ValueType type, std::string_view text) {
  switch (type) {
    case ValueType::string:
      return true;
    case ValueType::integer:
      return is_number<int32_t>(text);
    case ValueType::long_integer:
      return is_number<int64_t>(text);
  }
  return false;
}

bool looks_like_option(std::string_view token) {
  return token.starts_with('-') && token != "-" && token != "--";
}

}  // namespace

std::optional<std::string> Options::value(std::string_view name) const {
  auto all = values(name);
  if (all.empty()) return std::nullopt;
  return all.front();
}

std::vector<std::string> Options::values(std::string_view name) const {
  auto given = given_.find(name);
  if (given != given_.end() && !given->second.empty()) return given->second;
  auto fallback = defaults_.find(name);
  if (fallback != defaults_.end()) return {fallback->second};
  return {};
}

int64_t Options::integer(std::string_view name) const {
  std::string digits = text(name);
  const char* from = digits.data() + (digits.starts_with('+') ? 1 : 0);
  int64_t number = 0;
  std::from_chars(from, digits.data() + digits.size(), number);
  return number;
}

OptionParser OptionParser::with_defaults() {
  OptionParser parser;
  parser.accepts("help", "Print usage information.").for_help = true;
  parser.accepts("version", "Display Kafka version.").for_help = true;
  return parser;
}

OptionSpec& OptionParser::accepts(std::string_view name, std::string_view description) {
  OptionSpec& spec = specs_.emplace_back();
  spec.name = name;
  spec.description = description;
  return spec;
}

const OptionSpec* OptionParser::find(std::string_view name) const {
  for (const OptionSpec& spec : specs_) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

struct OptionParser::Reading {
  std::span<const std::string> rest;
  Options options;
};

Result<void> OptionParser::read_option(Reading& reading, std::string_view token) const {
  bool is_long = token.starts_with("--");
  std::string_view body = token.substr(is_long ? 2 : 1);
  size_t equals = body.find('=');
  std::string_view name = body.substr(0, equals);
  const OptionSpec* spec = find(name);
  if (spec == nullptr) {
    // One dash starts a cluster of one-letter options, of which Kafka's tools have none.
    return refusal(std::string(is_long ? name : body.substr(0, 1)) + " is not a recognized option");
  }
  std::vector<std::string>& values = reading.options.given_[spec->name];
  reading.options.order_.push_back(spec->name);
  if (spec->argument == Argument::none) return ok();
  std::string argument(equals == std::string_view::npos ? "" : body.substr(equals + 1));
  if (argument.empty()) {
    bool more = !reading.rest.empty();
    if (spec->argument == Argument::required) {
      if (!more) return refusal("Option " + spec->name + " requires an argument");
    } else if (!more ||
               (looks_like_option(reading.rest.front()) &&
                (spec->type == ValueType::string || !fits(spec->type, reading.rest.front())))) {
      return ok();
    }
    argument = reading.rest.front();
    reading.rest = reading.rest.subspan(1);
  }
  for (auto& part : split(argument, spec->separator)) values.push_back(std::move(part));
  return ok();
}

Result<Options> OptionParser::parse(std::span<const std::string> arguments) const {
  Reading reading{arguments, {}};
  reading.options.argument_count_ = arguments.size();
  for (const OptionSpec& spec : specs_) {
    if (spec.default_value) reading.options.defaults_[spec.name] = *spec.default_value;
  }
  while (!reading.rest.empty()) {
    std::string_view token = reading.rest.front();
    reading.rest = reading.rest.subspan(1);
    if (token == "--") break;
    if (!looks_like_option(token)) continue;
    auto read = read_option(reading, token);
    if (!read) return read.error();
  }
  auto checked = check(reading.options);
  if (!checked) return checked.error();
  return std::move(reading.options);
}

Result<void> OptionParser::check_values(const OptionSpec& spec, const Options& options) const {
  auto given = options.given_.find(spec.name);
  if (given == options.given_.end()) return ok();
  if (given->second.size() > 1 && !spec.repeated) {
    return refusal("Found multiple arguments for option " + spec.name +
                   ", but you asked for only one");
  }
  for (const std::string& value : given->second) {
    if (!fits(spec.type, value)) {
      return refusal("Cannot parse argument '" + value + "' of option " + spec.name);
    }
  }
  return ok();
}

Result<void> OptionParser::check(const Options& options) const {
  bool help = std::any_of(specs_.begin(), specs_.end(), [&](const OptionSpec& spec) {
    return spec.for_help && options.has(spec.name);
  });
  std::string missing, unavailable;
  for (const OptionSpec& spec : specs_) {
    auto has = [&](const std::string& other) { return options.has(other); };
    if (!spec.required_unless.empty() && !has(spec.name) && !has(spec.required_unless)) {
      missing += (missing.empty() ? "" : ", ") + spec.name;
    }
    const auto& company = spec.available_if;
    if (!company.empty() && has(spec.name) && std::none_of(company.begin(), company.end(), has)) {
      unavailable += (unavailable.empty() ? "" : ", ") + spec.name;
    }
  }
  if (!missing.empty() && !help) return refusal("Missing required option(s) [" + missing + "]");
  if (!unavailable.empty() && !help) {
    return refusal("Option(s) [" + unavailable +
                   "] are unavailable given other options on the command line");
  }
  for (const OptionSpec& spec : specs_) {
    auto checked = check_values(spec, options);
    if (!checked) return checked;
  }
  return ok();
}

}  // namespace samsa::tools::cli
