#include "broker/topic_settings.h"

#include <glog/logging.h>

#include "config/topic_config.h"

namespace samsa::broker {
namespace {

std::optional<record::Codec> codec_of(const std::string& name) {
  if (name == "producer") return std::nullopt;
  if (name == "gzip") return record::Codec::gzip;
  if (name == "snappy") return record::Codec::snappy;
  if (name == "lz4") return record::Codec::lz4;
  if (name == "zstd") return record::Codec::zstd;
  return record::Codec::none;
}

replica::TopicSettings settings_of(const config::BrokerConfig& broker,
                                   const config::TopicConfig& topic) {
  replica::TopicSettings settings;
  auto& log = settings.log;
  log.segment_bytes = topic.segment_bytes;
  log.segment_ms = topic.segment_time_ms();
  log.segment_jitter_ms = topic.segment_jitter_ms;
  log.segment_index_bytes = topic.segment_index_bytes;
  log.index_interval_bytes = topic.index_interval_bytes;
  log.flush_messages = topic.flush_messages;
  log.flush_ms = topic.flush_ms;
  log.retention_bytes = topic.retention_bytes;
  log.retention_ms = topic.retention_ms;
  log.max_message_bytes = topic.max_message_bytes;
  log.file_delete_delay_ms = topic.file_delete_delay_ms;
  log.cleanup_delete = topic.deletes();
  log.cleanup_compact = topic.compacts();
  log.min_cleanable_dirty_ratio = topic.min_cleanable_dirty_ratio;
  log.min_compaction_lag_ms = topic.min_compaction_lag_ms;
  log.max_compaction_lag_ms = topic.max_compaction_lag_ms;
  log.delete_retention_ms = topic.delete_retention_ms;
  log.compression = codec_of(topic.compression_type);
  log.message_format = topic.format().magic;
  log.timestamp_type = topic.message_timestamp_type == "LogAppendTime"
                           ? record::TimestampType::log_append_time
                           : record::TimestampType::create_time;
  log.timestamp_difference_max_ms = topic.message_timestamp_difference_max_ms;
  log.preallocate = topic.preallocate;
  log.zstd_allowed = config::is_at_least(broker.inter_broker_version().version, "2.1-IV0");
  log.max_decompressed_bytes =
      std::max<int64_t>(broker.max_decompressed_message_bytes, topic.max_message_bytes);
  log.producer_id_expiration_ms = broker.transactional_id_expiration_ms;
  settings.min_insync_replicas = topic.min_insync_replicas;
  settings.down_conversion = topic.message_downconversion_enable;
  return settings;
}

// Messages of a format that this cluster's brokers do not speak yet can't be written.
config::Properties usable(const config::BrokerConfig& broker, const std::string& topic,
                          config::Properties overrides) {
  const auto format = overrides.find("message.format.version");
  if (format == overrides.end()) return overrides;
  const auto* version = config::find_version(format->second);
  if (version == nullptr || version <= &broker.inter_broker_version()) return overrides;
  LOG(WARNING) << "Log configuration message.format.version is ignored for `" << topic
               << "` because `" << format->second
               << "` is not compatible with Kafka inter-broker protocol version `"
               << broker.inter_broker_protocol_version << '`';
  overrides.erase(format);
  return overrides;
}

Result<replica::TopicSettings> topic_settings(const config::BrokerConfig& broker,
                                              const std::string& topic,
                                              const config::Properties& overrides) {
  auto parsed = config::TopicConfig::from(broker, usable(broker, topic, overrides));
  if (!parsed) return parsed.error();
  return settings_of(broker, *parsed);
}

}  // namespace

std::optional<log::CleanerOptions> cleaner_options(const config::BrokerConfig& broker) {
  if (!broker.log_cleaner_enable) return std::nullopt;
  return log::CleanerOptions{.threads = broker.log_cleaner_threads,
                             .dedupe_buffer_bytes = broker.log_cleaner_dedupe_buffer_size,
                             .load_factor = broker.log_cleaner_io_buffer_load_factor,
                             .io_buffer_bytes = broker.log_cleaner_io_buffer_size,
                             .io_max_bytes_per_second = broker.log_cleaner_io_max_bytes_per_second,
                             .backoff_ms = broker.log_cleaner_backoff_ms};
}

std::shared_ptr<const replica::TopicSettings> TopicSettingsCache::get(const std::string& topic) {
  std::scoped_lock hold(mutex_);
  if (const auto found = by_topic_.find(topic); found != by_topic_.end())
    return found->second.settings;
  if (!defaults_) {
    const auto broker = config_.current();
    const auto plain = config::TopicConfig::from(*broker, {});
    defaults_ = std::make_shared<const replica::TopicSettings>(settings_of(*broker, *plain));
  }
  return defaults_;
}

void TopicSettingsCache::put(const std::string& topic, const config::Properties& overrides) {
  std::scoped_lock hold(mutex_);
  if (overrides.empty()) {
    by_topic_.erase(topic);
    return;
  }
  auto settings = topic_settings(*config_.current(), topic, overrides);
  if (!settings) {
    LOG(ERROR) << "the settings of topic " << topic << " are not usable: " << settings.error();
    return;
  }
  by_topic_[topic] = {overrides,
                      std::make_shared<const replica::TopicSettings>(std::move(*settings))};
}

void TopicSettingsCache::rebuild() {
  std::scoped_lock hold(mutex_);
  const auto broker = config_.current();
  defaults_ = nullptr;
  for (auto& [name, topic] : by_topic_) {
    auto settings = topic_settings(*broker, name, topic.overrides);
    if (settings)
      topic.settings = std::make_shared<const replica::TopicSettings>(std::move(*settings));
    else
      LOG(ERROR) << "the settings of topic " << name << " are not usable: " << settings.error();
  }
}

log::LogConfig TopicSettingsCache::defaults() const {
  const auto broker = config_.current();
  return settings_of(*broker, *config::TopicConfig::from(*broker, {})).log;
}

}  // namespace samsa::broker
