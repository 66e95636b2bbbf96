#pragma once
// What several sub-commands share.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/options.h"
#include "tools/cli/outcome.h"
#include "tools/client/cluster.h"
#include "tools/client/java_pattern.h"
#include "tools/commands/commands.h"

namespace samsa::tools {

// "key=value" arguments; a missing value is empty.
client::Properties parse_key_values(const std::vector<std::string>& arguments);
// The file's properties. k_no_file where it is not there.
Result<client::Properties> load_properties(const std::string& path);
// The properties of the option's file, or none.
Result<client::Properties> properties_of(const cli::Options& options, std::string_view option);

// A cluster for administration: the --command-config file and --bootstrap-server. k_no_admin where
// Java's client would not be made.
Result<std::unique_ptr<client::Cluster>> connect_admin(const cli::Options& options);

// "HOST:PORT[,HOST:PORT…]"; what Kafka says otherwise.
cli::Check check_servers(std::string_view list);

// A comma-separated list of topic patterns, as --topic takes it.
class TopicFilter {
 public:
  // k_runtime with Kafka's sentence where Java would not compile it either.
  static Result<TopicFilter> make(const std::string& list);
  bool allows(const std::string& topic, bool exclude_internal) const;

 private:
  client::JavaPattern pattern_;
};
bool is_internal_topic(std::string_view name);

// The names of topic configs, each on a line of its own after a tab, as help texts list them.
std::string topic_config_list();
// Tells what Kafka tells when message.format.version is among the configs to be set.
void warn_of_format_version(const config::Properties& configs);

std::string join(const std::vector<std::string>& parts, std::string_view separator);
template <class Number>
std::string join_numbers(const std::vector<Number>& numbers, std::string_view separator) {
  std::vector<std::string> parts;
  for (Number number : numbers) parts.push_back(std::to_string(number));
  return join(parts, separator);
}
std::vector<std::string> split(std::string_view text, char separator);
std::string trim(std::string_view text);
std::string pad(std::string_view text, size_t width);

}  // namespace samsa::tools
