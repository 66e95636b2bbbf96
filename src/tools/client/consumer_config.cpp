#include "tools/client/consumer.h"
#include "tools/client/property_reader.h"

namespace samsa::tools::client {

namespace {

void read_choices(PropertyReader& reader, ConsumerConfig& config) {
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
  PropertyReader reader(properties);
  ConsumerConfig config;
  if (const std::string* group = reader.text("group.id")) config.group_id = *group;
  config.group.group_id = config.group_id;
  if (const std::string* instance = reader.text("group.instance.id")) {
    config.group.instance_id = *instance;
  }
  config.group.session_timeout =
      reader.time<int32_t>("session.timeout.ms", config.group.session_timeout);
  config.group.heartbeat_interval =
      reader.time<int32_t>("heartbeat.interval.ms", config.group.heartbeat_interval);
  config.group.rebalance_timeout =
      reader.time<int32_t>("max.poll.interval.ms", config.group.rebalance_timeout);
  config.auto_commit = reader.boolean("enable.auto.commit", true);
  config.auto_commit_interval =
      reader.time<int32_t>("auto.commit.interval.ms", config.auto_commit_interval);
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
