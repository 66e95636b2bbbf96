// log-retention: why the oldest segment of each log is still there, and when it goes. Kafka has no
// such tool.

#include <algorithm>
#include <iostream>

#include "base/clock.h"
#include "log/log_folder.h"
#include "tools/commands/common.h"
#include "tools/retention/explain.h"
#include "tools/retention/topic_settings.h"

namespace samsa::tools {

namespace fs = std::filesystem;

namespace {

cli::OptionParser make_parser() {
  auto parser = cli::OptionParser::with_defaults();
  parser
      .accepts("config",
               "The broker's properties file: its log directories, its settings, and the "
               "ZooKeeper that has the topics' settings.")
      .takes("server.properties");
  parser
      .accepts("log-dirs",
               "The log directories to look into, on this machine, in the place of those of "
               "--config. The broker may be running.")
      .takes("directory1,directory2");
  parser
      .accepts("bootstrap-server",
               "A broker to ask for the topics' settings, in the place of ZooKeeper.")
      .takes("server to connect to");
  parser.accepts("command-config", "Property file containing configs to be passed to Admin Client.")
      .takes("Admin client property file");
  parser.accepts("zookeeper", "The ZooKeeper that has the settings of topics and brokers.")
      .takes("hosts");
  parser
      .accepts("property",
               "A setting of all topics, such as retention.ms=3600000, in the place of what is "
               "configured: what would be if.")
      .takes("key=value")
      .many();
  parser.accepts("topic", "Only these topics.").takes("topic1,topic2");
  return parser;
}

using Looks = std::map<TopicPartition, LogLook>;

Result<void> look_into(const fs::path& log_dir, const std::set<std::string>& topics, Looks& into) {
  auto checkpoints = DirCheckpoints::read(log_dir);
  if (!checkpoints) return checkpoints.error();
  std::error_code failed;
  for (fs::directory_iterator at{log_dir, failed}, end; !failed && at != end;
       at.increment(failed)) {
    const auto tp = log::partition_named(at->path().filename().string());
    if (!tp || (!topics.empty() && !topics.contains(tp->topic)) || !at->is_directory(failed))
      continue;
    auto look = look_at_log(at->path(), *tp, *checkpoints);
    if (!look) return look.error();
    if (*look) into.emplace(*tp, std::move(**look));
  }
  if (failed) return Error{Errc::kafka_storage_error, log_dir.string() + ": " + failed.message()};
  return ok();
}

void print(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const auto& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i) std::cout << pad(row[i], widths[i] + 2);
    std::cout << row.back() << '\n';
  }
}

std::vector<std::string> row_of(const LogLook& look, const config::TopicConfig& config,
                                int64_t now_ms, bool has_cleaner) {
  const auto& oldest = look.segments.front();
  auto explained = explain_retention(look, config, now_ms, has_cleaner);
  return {look.tp.to_string(),       std::to_string(look.segments.size()),
          size_text(look.bytes()),   std::to_string(oldest.base.value()),
          size_text(oldest.size),    time_text(oldest.largest_timestamp_ms),
          std::move(explained.goes), std::move(explained.why)};
}

Result<void> run(const cli::Options& options) {
  auto broker = broker_settings(options);
  if (!broker) return broker.error();
  auto dirs = options.has("log-dirs") ? split(options.text("log-dirs"), ',') : broker->log_dirs;
  std::set<std::string> wanted;
  for (const auto& topic : split(options.text("topic"), ','))
    if (!topic.empty()) wanted.insert(topic);
  Looks looks;
  for (const auto& dir : dirs)
    if (auto looked = look_into(trim(dir), wanted, looks); !looked) return looked;
  std::set<std::string> topics;
  for (const auto& [tp, look] : looks) topics.insert(tp.topic);
  auto settings = topic_settings(options, *broker, dirs, topics);
  if (!settings) return settings.error();
  std::vector<std::vector<std::string>> rows = {
      {"PARTITION", "SEGMENTS", "SIZE", "OLDEST", "ITS SIZE", "ITS NEWEST RECORD", "GOES", "WHY"}};
  const int64_t now_ms = Clock::system().wall_ms();
  for (const auto& [tp, look] : looks)
    rows.push_back(row_of(look, settings->at(tp.topic), now_ms, broker->log_cleaner_enable));
  print(rows);
  return ok();
}

}  // namespace

int log_retention(Arguments arguments) {
  auto parser = make_parser();
  auto options = parser.parse(arguments);
  if (!options) return cli::usage_error(parser, options.error().message);
  if (auto code = cli::help_or_version(
          parser, *options,
          "This tool tells why the oldest segment of each log is still there, and when retention "
          "removes it.")) {
    return *code;
  }
  if (!options->has("config") && !options->has("log-dirs"))
    return cli::usage_error(parser, "One of --config and --log-dirs must say where the logs are.");
  auto done = run(*options);
  if (done) return 0;
  std::cout.flush();
  std::cerr << (done.error().code == k_no_file ? "There is no file " + done.error().message
                                               : done.error().text())
            << '\n';
  return 1;
}

}  // namespace samsa::tools
