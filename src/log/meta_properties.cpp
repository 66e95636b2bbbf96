// meta.properties: whose data directory this is.

#include <algorithm>
#include <charconv>
#include <ctime>
#include <sstream>

#include "base/file.h"
#include "log/log_dirs_state.h"

namespace samsa::log {
namespace {
constexpr const char* k_meta_file = "meta.properties";

// People edit the file: spaces around keys and values, and a carriage return, are none of them.
std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\f");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\f") - first + 1);
}
}  // namespace

Result<std::optional<MetaProperties>> read_meta_properties(const std::string& log_dir) {
  const auto path = std::filesystem::path(log_dir) / k_meta_file;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::optional<MetaProperties>{};
  auto text = read_file(path);
  if (!text) return text.error();
  MetaProperties meta;
  std::optional<std::string> version;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    const auto separator = line.find_first_of("=:");
    if (line.starts_with('#') || separator == std::string::npos) continue;
    const std::string key = trimmed(line.substr(0, separator)),
                      value = trimmed(line.substr(separator + 1));
    if (key == "version") version = value;
    if (key == "cluster.id") meta.cluster_id = value;
    if (key == "broker.id") {
      int32_t id = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), id);
      if (error != std::errc{} || end != value.data() + value.size())
        return Error{Errc::invalid_config, path.string() + ": broker.id is '" + value +
                                               "', which is not a number. Correct or remove "
                                               "the file."};
      meta.broker_id = BrokerId{id};
    }
  }
  if (version != "0")
    return Error{Errc::invalid_config, "Unrecognized version of the server meta.properties file " +
                                           path.string() + ": " + version.value_or("none")};
  return std::optional{meta};
}

Result<void> write_meta_properties(const std::string& log_dir, const MetaProperties& meta) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char date[64];
  std::strftime(date, sizeof date, "#%a %b %d %H:%M:%S UTC %Y", &utc);
  std::string text = "#\n" + std::string(date) + '\n';
  if (meta.cluster_id) text += "cluster.id=" + *meta.cluster_id + '\n';
  text += "version=0\n";
  if (meta.broker_id) text += "broker.id=" + std::to_string(meta.broker_id->value()) + '\n';
  return replace_file(std::filesystem::path(log_dir) / k_meta_file, text);
}

Result<MetaProperties> LogDirs::check_meta(std::optional<BrokerId> configured_id) const {
  std::optional<MetaProperties> agreed;
  for (const auto& dir : live_dirs()) {
    auto meta = read_meta_properties(dir);
    if (!meta && meta.error().code == Errc::kafka_storage_error) {
      state_->fail(dir, meta.error());
      continue;
    }
    if (!meta) return meta.error();
    if (!*meta) continue;
    if (agreed && *agreed != **meta)
      return Error{
          Errc::invalid_config,
          "BrokerMetadata is not consistent across log.dirs. This could happen if multiple "
          "brokers shared a log directory (log.dirs) or partial data was manually copied "
          "from another broker: see " +
              dir + "/meta.properties"};
    agreed = **meta;
  }
  MetaProperties found = agreed.value_or(MetaProperties{});
  if (configured_id && found.broker_id && *configured_id != *found.broker_id)
    return Error{Errc::invalid_config,
                 "Configured broker.id " + std::to_string(configured_id->value()) +
                     " doesn't match stored broker.id " + std::to_string(found.broker_id->value()) +
                     " in meta.properties. If you moved your data, make sure your configured "
                     "broker.id matches. If you intend to create a new broker, you should remove "
                     "all data in your data directories (log.dirs)."};
  return found;
}

Result<void> LogDirs::check_cluster_id(const MetaProperties& stored,
                                       const std::string& cluster_id) {
  if (!stored.cluster_id || *stored.cluster_id == cluster_id) return ok();
  return Error{Errc::invalid_config,
               "The Cluster ID " + cluster_id + " doesn't match stored clusterId Some(" +
                   *stored.cluster_id +
                   ") in meta.properties. The broker is trying to join the wrong cluster. "
                   "Configured zookeeper.connect may be wrong."};
}

Result<void> LogDirs::write_meta(const MetaProperties& meta) {
  for (const auto& dir : live_dirs()) {
    auto known = read_meta_properties(dir);
    if (known && *known && **known == meta) continue;
    if (auto written = write_meta_properties(dir, meta); !written)
      state_->fail(dir, written.error());
  }
  if (live_dirs().empty())
    return Error{Errc::kafka_storage_error, "meta.properties can't be written to any of log.dirs"};
  return ok();
}

}  // namespace samsa::log
