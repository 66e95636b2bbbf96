// wire_vectors FILE…: checks our codec against messages that another one encoded.
//
// A line is NAME<TAB>VERSION<TAB>HEX<TAB>JSON; files may be gzipped. Each message is decoded,
// encoded again to the same bytes, and its values are compared with the JSON. Prints what failed
// and a count; exits 1 if anything did.

#include <zlib.h>

#include <boost/algorithm/hex.hpp>
#include <boost/beast/core/detail/base64.hpp>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <set>
#include <sstream>

#include "protocol/json.h"

namespace samsa::protocol {

std::map<std::string, Reencode, std::less<>>& json_registry() {
  static std::map<std::string, Reencode, std::less<>> registry;
  return registry;
}

boost::json::value json_bytes(BytesView bytes) {
  namespace base64 = boost::beast::detail::base64;
  std::string text(base64::encoded_size(bytes.size()), '\0');
  text.resize(base64::encode(text.data(), bytes.data(), bytes.size()));
  return boost::json::value(text);
}

boost::json::value json_records(const RecordData& records) {
  return records.is_null() ? boost::json::value(nullptr) : json_bytes(records.view());
}

}  // namespace samsa::protocol

namespace {

using samsa::protocol::json_registry;
namespace json = boost::json;

std::string read_maybe_gzipped(const char* path) {
  gzFile file = gzopen(path, "rb");
  if (file == nullptr) throw std::runtime_error(std::string("can't open ") + path);
  std::string content;
  char chunk[1 << 16];
  int n;
  while ((n = gzread(file, chunk, sizeof chunk)) > 0) content.append(chunk, static_cast<size_t>(n));
  const bool is_whole = gzclose(file) == Z_OK && n == 0;
  if (!is_whole) throw std::runtime_error(std::string("can't read all of ") + path);
  return content;
}

// Integers compare exactly, also between signed and unsigned; doubles by value, NaN as equal to
// itself, and JSON has to write what is not finite as a string.
bool same_number(const json::value& ours, const json::value& theirs) {
  if (!ours.is_double() && !theirs.is_double()) return ours == theirs;
  const double a = ours.to_number<double>();
  const double b = theirs.is_string() ? std::strtod(theirs.as_string().c_str(), nullptr)
                                      : theirs.to_number<double>();
  return a == b || (std::isnan(a) && std::isnan(b));
}

std::string difference(const json::value& ours, const json::value& theirs, const std::string& path);

// One field of ours, its key perhaps marked (see json_key), against what they show, null for
// nothing.
std::string field_difference(char mark, std::string_view name, const json::value& ours,
                             const json::value* theirs, const std::string& path) {
  if (theirs == nullptr && mark != 0) return {};
  if (theirs == nullptr) return path + ": missing in the vector";
  if (mark == '*' && theirs->is_null()) return {};
  // Kafka holds the user data of the consumer protocol in a buffer that encoding uses up, so a JSON
  // made after that shows none. Its bytes are still compared, as part of the message.
  if (name == "userData" && *theirs == json::value("")) return {};
  return difference(ours, *theirs, path);
}

std::string object_difference(const json::object& ours, const json::object& theirs,
                              const std::string& path) {
  std::set<std::string, std::less<>> known;
  for (const auto& [key, value] : ours) {
    const char mark = key.starts_with('?') || key.starts_with('*') ? key[0] : '\0';
    const std::string name(mark != 0 ? key.substr(1) : key);
    known.insert(name);
    if (mark == '*') known.insert(name + "SizeInBytes");
    auto found = field_difference(mark, name, value, theirs.if_contains(name), path + '.' + name);
    if (!found.empty()) return found;
  }
  for (const auto& [key, value] : theirs)
    if (!known.contains(key)) return path + '.' + std::string(key) + ": missing in ours";
  return {};
}

// Where the two differ, as a path and both values; empty if nowhere.
std::string difference(const json::value& ours, const json::value& theirs,
                       const std::string& path) {
  if (ours.is_object() && theirs.is_object())
    return object_difference(ours.as_object(), theirs.as_object(), path);
  if (ours.is_array() && theirs.is_array() && ours.as_array().size() == theirs.as_array().size()) {
    for (size_t i = 0; i < ours.as_array().size(); ++i) {
      auto found = difference(ours.as_array()[i], theirs.as_array()[i],
                              path + '[' + std::to_string(i) + ']');
      if (!found.empty()) return found;
    }
    return {};
  }
  const bool numbers =
      ours.is_number() && (theirs.is_number() || (ours.is_double() && theirs.is_string()));
  if (numbers ? same_number(ours, theirs) : ours == theirs) return {};
  return path + ": " + json::serialize(ours) + " instead of " + json::serialize(theirs);
}

// What is wrong with the line; empty if nothing.
std::string check(const std::string& line) {
  std::istringstream fields(line);
  std::string name, version_text, hex, text;
  std::getline(fields, name, '\t');
  std::getline(fields, version_text, '\t');
  std::getline(fields, hex, '\t');
  std::getline(fields, text);
  const auto found = json_registry().find(name);
  if (found == json_registry().end()) return "unknown message";
  std::string bytes;
  boost::algorithm::unhex(hex, std::back_inserter(bytes));
  const auto again = found->second(bytes, static_cast<int16_t>(std::stoi(version_text)));
  if (!again) return again.error().message;
  if (again->bytes != bytes) {
    std::string ours;
    boost::algorithm::hex_lower(again->bytes, std::back_inserter(ours));
    return "encoded again as " + ours;
  }
  return difference(again->json, json::parse(text), "");
}

}  // namespace

int main(int argc, char** argv) try {
  size_t passed = 0, failed = 0;
  for (int i = 1; i < argc; ++i) {
    std::istringstream lines(read_maybe_gzipped(argv[i]));
    for (std::string line; std::getline(lines, line);) {
      if (line.ends_with('\r')) line.pop_back();
      if (line.empty() || line.starts_with('#')) continue;
      std::string wrong;
      try {
        wrong = check(line);
      } catch (const std::exception& e) {
        wrong = e.what();
      }
      ++(wrong.empty() ? passed : failed);
      if (!wrong.empty()) std::cout << line.substr(0, 100) << "…\n  " << wrong << '\n';
    }
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 && passed > 0 ? 0 : 1;
} catch (const std::exception& e) {
  std::cerr << "wire_vectors: " << e.what() << '\n';
  return 1;
}
