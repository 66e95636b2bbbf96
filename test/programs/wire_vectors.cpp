// wire_vectors FILE…: checks our codec against messages that another one encoded.
//
// A line is NAME<TAB>VERSION<TAB>HEX<TAB>JSON; files may be gzipped. Each message is decoded,
// encoded again to the same bytes, and its values are compared with the JSON. Prints what failed
// and a count; exits 1 if anything did.

#include <zlib.h>

#include <boost/algorithm/hex.hpp>
#include <boost/beast/core/detail/base64.hpp>
#include <fstream>
#include <iostream>
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
  for (int n; (n = gzread(file, chunk, sizeof chunk)) > 0;)
    content.append(chunk, static_cast<size_t>(n));
  gzclose(file);
  return content;
}

// Kafka holds the user data of the consumer protocol in a buffer that encoding uses up, so a JSON
// made after that shows none. Its bytes are still compared, as part of the message.
bool is_consumed_buffer(std::string_view key, const json::value* theirs) {
  return key == "userData" && theirs != nullptr && *theirs == json::value("");
}

// Where the two differ, as a path and both values; empty if nowhere. Integers and doubles compare
// by value.
std::string difference(const json::value& ours, const json::value& theirs,
                       const std::string& path) {
  if (ours.is_number() && theirs.is_number()) {
    const bool same = (ours.is_double() || theirs.is_double())
                          ? ours.to_number<double>() == theirs.to_number<double>()
                          : ours == theirs;
    if (same) return {};
  } else if (ours.is_array() && theirs.is_array() &&
             ours.as_array().size() == theirs.as_array().size()) {
    for (size_t i = 0; i < ours.as_array().size(); ++i) {
      auto found = difference(ours.as_array()[i], theirs.as_array()[i],
                              path + '[' + std::to_string(i) + ']');
      if (!found.empty()) return found;
    }
    return {};
  } else if (ours.is_object() && theirs.is_object()) {
    for (const auto& [key, value] : ours.as_object()) {
      const auto* other = theirs.as_object().if_contains(key);
      if (is_consumed_buffer(key, other)) continue;
      if (other == nullptr) return path + '.' + std::string(key) + ": missing in the vector";
      auto found = difference(value, *other, path + '.' + std::string(key));
      if (!found.empty()) return found;
    }
    for (const auto& [key, value] : theirs.as_object())
      if (!ours.as_object().contains(key))
        return path + '.' + std::string(key) + ": missing in ours";
    return {};
  } else if (ours == theirs) {
    return {};
  }
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

int main(int argc, char** argv) {
  size_t passed = 0, failed = 0;
  for (int i = 1; i < argc; ++i) {
    std::istringstream lines(read_maybe_gzipped(argv[i]));
    for (std::string line; std::getline(lines, line);) {
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
}
