// What is to be seen of the logs, under the names that Kafka's have.

#include "log/log_dirs_state.h"

namespace samsa::log {
namespace {

using metrics::Exposition;
using metrics::FamilyType;

void tell_log(Exposition& out, const Log& log, std::string_view future) {
  const std::string partition = std::to_string(log.tp().partition);
  const auto tell = [&](std::string_view family, int64_t value) {
    const auto number = static_cast<double>(value);
    if (future.empty())
      out.add(family, FamilyType::gauge, {{"partition", partition}, {"topic", log.tp().topic}},
              number);
    else
      out.add(family, FamilyType::gauge,
              {{"is_future", future}, {"partition", partition}, {"topic", log.tp().topic}}, number);
  };
  tell("kafka_log_log_logendoffset", log.log_end_offset().value());
  tell("kafka_log_log_logstartoffset", log.log_start_offset().value());
  tell("kafka_log_log_numlogsegments", log.segment_count());
  tell("kafka_log_log_size", log.size_bytes());
}

}  // namespace

void LogDirs::State::show_metrics() {
  if (options.metrics == nullptr) return;
  metrics = options.metrics->collect([this](Exposition& out) { tell_metrics(out); });
}

void LogDirs::State::tell_metrics(Exposition& out) const {
  std::vector<std::shared_ptr<Log>> current, moving;
  {
    std::shared_lock hold(mutex);
    for (const auto& [tp, log] : logs) current.push_back(log);
    for (const auto& [tp, log] : futures) moving.push_back(log);
    double offline = 0;
    for (const auto& dir : dirs) {
      if (dir->offline) ++offline;
      // A bean's name quotes what may be anything, and the quotes stay when it is scraped.
      out.add("kafka_log_logmanager_logdirectoryoffline", FamilyType::gauge,
              {{"logDirectory", '"' + dir->path + '"'}}, dir->offline ? 1 : 0);
      // KIP-831, of Kafka 3.3.
      out.add("kafka_log_logmanager_remaininglogstorecover", FamilyType::gauge,
              {{"dir", dir->path}}, static_cast<double>(dir->logs_to_recover));
    }
    out.add("kafka_log_logmanager_offlinelogdirectorycount", FamilyType::gauge, {}, offline);
  }
  // These two no Kafka has.
  out.add("kafka_log_logmanager_recovery_percent", FamilyType::gauge, {},
          static_cast<double>(recovery->percent()));
  out.add("kafka_log_logmanager_recovery_seconds_left", FamilyType::gauge, {},
          static_cast<double>(recovery->seconds_left()));
  for (const auto& log : current) tell_log(out, *log, "");
  for (const auto& log : moving) tell_log(out, *log, "true");
}

}  // namespace samsa::log
