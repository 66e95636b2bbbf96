// joptsimple's help layout, with the line breaking of Java's BreakIterator that it leans on.

#include <algorithm>

#include "tools/cli/options.h"

namespace samsa::tools::cli {

namespace {

constexpr size_t k_total_width = 80;
constexpr size_t k_column_gap = 2;
constexpr std::string_view k_continuation_indent = "  ";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_dash(char c) { return c == '-'; }
// Sticks to the word after it.
bool is_prefix(char c) { return std::string_view("([{\"").find(c) != std::string_view::npos; }
// Sticks to the word before it.
bool is_suffix(char c) {
  return std::string_view(")]}!%.,:;?\"").find(c) != std::string_view::npos;
}
bool is_blank(char c) { return c == ' '; }
bool is_core(char c) {
  return !is_dash(c) && !is_prefix(c) && !is_suffix(c) && !is_blank(c) && c != '\t';
}

// Where a line may be broken next: a word is prefixes, a core, then dashes or closing punctuation,
// and the blanks after. A number keeps its sign and its points and commas.
size_t end_of_word(std::string_view text, size_t at) {
  const size_t size = text.size();
  if (text[at] == '\t') return at + 1;
  while (at < size && is_prefix(text[at])) ++at;
  size_t number = at;
  while (number < size && is_dash(text[number])) ++number;
  if (number < size && is_digit(text[number])) at = number;
  while (at < size) {
    bool inside_number = at > 0 && is_digit(text[at - 1]) && at + 1 < size &&
                         is_digit(text[at + 1]) && (text[at] == '.' || text[at] == ',');
    if (!is_core(text[at]) && !inside_number) break;
    ++at;
  }
  if (at < size && is_dash(text[at])) {
    while (at < size && is_dash(text[at])) ++at;
  } else {
    // An apostrophe closes what closing punctuation ends.
    const size_t from = at;
    while (at < size && (is_suffix(text[at]) || (at > from && text[at] == '\''))) ++at;
  }
  while (at < size && is_blank(text[at])) ++at;
  if (at < size && text[at] == '\t') ++at;
  return at;
}

std::string without_trailing_blanks(std::string text) {
  text.erase(text.find_last_not_of(" \t") + 1);
  return text;
}

std::string_view trim(std::string_view text) {
  size_t from = text.find_first_not_of(" \t\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\n") - from + 1);
}

std::string_view type_name(ValueType type) {
  switch (type) {
    case ValueType::string:
      return "String";
    case ValueType::integer:
      return "Integer";
    case ValueType::long_integer:
      return "Long";
  }
  return {};
}

std::string option_column(const OptionSpec& spec) {
  std::string text = "--" + spec.name;
  if (spec.argument == Argument::none) return text;
  bool required = spec.argument == Argument::required;
  text += required ? " <" : " [";
  text += type_name(spec.type);
  if (!spec.described_as.empty()) text += ": " + spec.described_as;
  return text + (required ? ">" : "]");
}

std::string description_column(const OptionSpec& spec) {
  if (!spec.default_value) return spec.description;
  return std::string(trim(spec.description + " (default: " + *spec.default_value + ")"));
}

void append_padded(std::string& to, std::string_view cell, size_t width) {
  to += cell;
  if (cell.size() < width) to.append(width - cell.size(), ' ');
}

using Rows = std::vector<std::pair<std::string, std::string>>;

std::pair<size_t, size_t> widths(const Rows& rows) {
  std::pair<size_t, size_t> widest{0, 0};
  for (const auto& [left, right] : rows) {
    widest.first = std::max(widest.first, left.size());
    widest.second = std::max(widest.second, right.size());
  }
  return widest;
}

std::string set_columns(const Rows& lines) {
  const auto [left_width, right_width] = widths(lines);
  std::string text;
  for (const auto& [left, right] : lines) {
    append_padded(text, left, left_width);
    text.append(k_column_gap, ' ');
    append_padded(text, right, right_width);
    text += '\n';
  }
  return text;
}

}  // namespace

std::vector<std::string> wrap(std::string_view text, size_t width) {
  std::vector<std::string> lines;
  text = trim(text);
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view paragraph = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::string line;
    for (size_t at = 0; at < paragraph.size();) {
      size_t next = end_of_word(paragraph, at);
      std::string_view word = paragraph.substr(at, next - at);
      if (line.size() + word.size() > width) {
        lines.push_back(without_trailing_blanks(std::move(line)));
        line = k_continuation_indent;
      }
      line += word;
      at = next;
    }
    if (!line.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

std::string OptionParser::help() const {
  std::vector<const OptionSpec*> sorted;
  for (const OptionSpec& spec : specs_) sorted.push_back(&spec);
  std::sort(sorted.begin(), sorted.end(),
            [](const OptionSpec* a, const OptionSpec* b) { return a->name < b->name; });
  Rows rows{{"Option", "Description"}, {"------", "-----------"}};
  for (const OptionSpec* spec : sorted) {
    rows.emplace_back(option_column(*spec), description_column(*spec));
  }
  const auto [widest_option, widest_description] = widths(rows);
  const size_t left = std::min((k_total_width - k_column_gap) / 2, widest_option);
  const size_t right = std::min(k_total_width - left - k_column_gap, widest_description);
  Rows lines;
  for (const auto& [option, description] : rows) {
    auto options = wrap(option, left);
    auto descriptions = wrap(description, right);
    options.resize(std::max(options.size(), descriptions.size()));
    descriptions.resize(options.size());
    for (size_t i = 0; i < options.size(); ++i) lines.emplace_back(options[i], descriptions[i]);
  }
  return set_columns(lines);
}

}  // namespace samsa::tools::cli
