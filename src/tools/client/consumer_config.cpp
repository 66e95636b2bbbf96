#include <charconv>

#include "tools/client/consumer.h"

namespace samsa::tools::client {

namespace {

class Reader {
 public:
  explicit Reader(const Properties& properties) : properties_(properties) {}
  const std::string* text(std::string_view key) const {
    auto found = properties_.find(key);
    return found == properties_.end() ? nullptr : &found->second;
  }
  int32_t number(std::string_view key, int32_t fallback) {
    const std::string* found = text(key);
    if (found == nullptr) return fallback;
    int32_t value = 0;
    auto [end, error] = std::from_chars(found->data(), found->data() + found->size(), value);
    if (error == std::errc() && end == found->data() + found->size()) return value;
    fail("Invalid value " + *found + " for configuration " + std::string(key) +
         ": Not a number of type INT");
    return fallback;
  }
  milliseconds time(std::string_view key, milliseconds fallback) {
    return milliseconds(number(key, static_cast<int32_t>(fallback.count())));
  }
  bool boolean(std::string_view key, bool fallback) {
    const std::string* found = text(key);
    if (found == nullptr) return fallback;
    if (*found != "true" && *found != "false") {
      fail("Invalid value " + *found + " for configuration " + std::string(key) +
           ": Expected value to be either true or false");
    }
    return *found == "true";
  }
  void fail(std::string message) {
    if (!failure_) failure_ = Error{Errc::invalid_config, std::move(message)};
  }
  const std::optional<Error>& failure() const { return failure_; }

 private:
  const Properties& properties_;
  std::optional<Error> failure_;
};

void read_choices(Reader& reader, ConsumerConfig& config) {
  if (const std::string* reset = reader.text("auto.offset.reset")) {
    if (*reset == "earliest") {
      config.reset = OffsetReset::earliest;
    } else if (*reset == "none") {
      config.reset = OffsetReset::none;
    } else if (*reset != "latest") {
      reader.fail("Invalid value " + *reset +
                  " for configuration auto.offset.reset: String must be one of: latest, "
                  "earliest, none");
    }
  }
  if (const std::string* level = reader.text("isolation.level")) {
    config.read_committed = *level == "read_committed";
    if (!config.read_committed && *level != "read_uncommitted") {
      reader.fail("Invalid value " + *level +
                  " for configuration isolation.level: String must be one of: "
                  "read_committed, read_uncommitted");
    }
  }
}

}  // namespace

Result<ConsumerConfig> ConsumerConfig::from(const Properties& properties) {
  Reader reader(properties);
  ConsumerConfig config;
  if (const std::string* group = reader.text("group.id")) config.group_id = *group;
  config.group.group_id = config.group_id;
  if (const std::string* instance = reader.text("group.instance.id")) {
    config.group.instance_id = *instance;
  }
  config.group.session_timeout = reader.time("session.timeout.ms", config.group.session_timeout);
  config.group.heartbeat_interval =
      reader.time("heartbeat.interval.ms", config.group.heartbeat_interval);
  config.group.rebalance_timeout =
      reader.time("max.poll.interval.ms", config.group.rebalance_timeout);
  config.auto_commit = reader.boolean("enable.auto.commit", true);
  config.auto_commit_interval = reader.time("auto.commit.interval.ms", config.auto_commit_interval);
  config.check_crcs = reader.boolean("check.crcs", true);
  config.exclude_internal_topics = reader.boolean("exclude.internal.topics", true);
  config.allow_topic_creation = reader.boolean("allow.auto.create.topics", true);
  config.fetch_max_wait_ms = reader.number("fetch.max.wait.ms", config.fetch_max_wait_ms);
  config.fetch_min_bytes = reader.number("fetch.min.bytes", config.fetch_min_bytes);
  config.fetch_max_bytes = reader.number("fetch.max.bytes", config.fetch_max_bytes);
  config.partition_max_bytes =
      reader.number("max.partition.fetch.bytes", config.partition_max_bytes);
  config.metadata_max_age = reader.time("metadata.max.age.ms", config.metadata_max_age);
  read_choices(reader, config);
  if (reader.failure()) return *reader.failure();
  return config;
}

}  // namespace samsa::tools::client
