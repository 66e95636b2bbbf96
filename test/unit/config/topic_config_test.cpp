#include "config/topic_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/describe.h"

namespace samsa::config {
namespace {

using testing::ElementsAre;

std::string mistake_in(const Properties& overrides) {
  const auto valid = TopicConfig::validate(overrides);
  return valid ? "" : valid.error().message;
}

BrokerConfig broker_of(Properties more) {
  more.emplace("zookeeper.connect", "z:2181");
  auto config = BrokerConfig::from(more);
  EXPECT_TRUE(config) << config.error();
  return config ? std::move(*config) : BrokerConfig{};
}

TopicConfig topic_of(const BrokerConfig& broker, const Properties& overrides) {
  auto topic = TopicConfig::from(broker, overrides);
  EXPECT_TRUE(topic) << topic.error();
  return topic ? std::move(*topic) : TopicConfig{};
}

TEST(TopicConfig, TakesTheBrokersDefaultsUnderItsOwnValues) {
  const BrokerConfig broker = broker_of({{"log.retention.hours", "1"},
                                         {"log.segment.bytes", "1000"},
                                         {"log.message.format.version", "2.7"}});
  const TopicConfig topic = topic_of(broker, {{"segment.bytes", "2000"}, {"from.a.plugin", "x"}});
  EXPECT_EQ(topic.segment_bytes, 2000);
  EXPECT_EQ(topic.retention_ms, 3600000);
  EXPECT_EQ(topic.message_format_version, "2.7-IV2");
  EXPECT_TRUE(topic.is_overridden("segment.bytes"));
  EXPECT_FALSE(topic.is_overridden("retention.ms"));
}

TEST(TopicConfig, TheTableIsSortedAndNamesBrokerKeysThatExist) {
  EXPECT_TRUE(std::ranges::is_sorted(topic_keys(), {}, &TopicKey::name));
  EXPECT_EQ(topic_keys().size(), 26u);
  for (const TopicKey& key : topic_keys())
    EXPECT_TRUE(key.broker_key.empty() || find_broker_key(key.broker_key)) << key.name;
}

TEST(TopicConfig, WrongNamesAndValuesAreRefusedInKafkasWords) {
  EXPECT_EQ(mistake_in({{"retention.hours", "1"}}), "Unknown topic config name: retention.hours");
  EXPECT_EQ(mistake_in({{"retention.ms", "soon"}}),
            "Invalid value soon for configuration retention.ms: Not a number of type LONG");
  EXPECT_EQ(mistake_in({{"retention.ms", "-2"}}),
            "Invalid value -2 for configuration retention.ms: Value must be at least -1");
  EXPECT_EQ(mistake_in({{"compression.type", "GZIP"}}),
            "Invalid value GZIP for configuration compression.type: String must be one of: "
            "uncompressed, zstd, lz4, snappy, gzip, producer");
  EXPECT_EQ(mistake_in({{"min.compaction.lag.ms", "5"}, {"max.compaction.lag.ms", "3"}}),
            "conflict topic config setting min.compaction.lag.ms (5) > max.compaction.lag.ms (3)");
  EXPECT_EQ(mistake_in({{"cleanup.policy", "compact,delete"}, {"retention.ms", "-1"}}), "");
}

TEST(TopicConfig, CompactedSegmentsRollInTimeForTheCleaner) {
  const TopicConfig topic = topic_of(
      {}, {{"cleanup.policy", "compact"}, {"max.compaction.lag.ms", "10"}, {"segment.ms", "20"}});
  EXPECT_TRUE(topic.compacts());
  EXPECT_FALSE(topic.deletes());
  EXPECT_EQ(topic.segment_time_ms(), 10);
}

const ConfigEntry& entry_of(const std::vector<ConfigEntry>& entries, std::string_view name) {
  const auto at = std::ranges::find(entries, name, &ConfigEntry::name);
  EXPECT_NE(at, entries.end()) << name;
  return *at;
}

std::vector<std::string> told(const ConfigEntry& entry) {
  std::vector<std::string> lines;
  for (const Synonym& s : entry.synonyms)
    lines.push_back(std::to_string(static_cast<int>(s.source)) + ' ' + s.name + '=' +
                    s.value.value_or("null"));
  return lines;
}

TEST(Describe, ATopicsSynonymsAreThoseOfKafka) {
  const BrokerConfig broker = broker_of({{"log.retention.hours", "168"}});
  const Properties overrides{{"cleanup.policy", "compact"}, {"retention.ms", "86400000"}};
  const auto entries = describe_topic(broker, topic_of(broker, overrides), overrides);
  EXPECT_EQ(entries.size(), 26u);
  const ConfigEntry& policy = entry_of(entries, "cleanup.policy");
  EXPECT_EQ(policy.source, Source::topic);
  EXPECT_EQ(policy.type, Type::list);
  EXPECT_THAT(told(policy), ElementsAre("1 cleanup.policy=compact", "5 log.cleanup.policy=delete"));
  // log.retention.hours is set, but log.retention.ms is not: nothing to show for the broker's key.
  EXPECT_THAT(told(entry_of(entries, "retention.ms")), ElementsAre("1 retention.ms=86400000"));
  const ConfigEntry& bytes = entry_of(entries, "segment.bytes");
  EXPECT_EQ(bytes.source, Source::default_value);
  EXPECT_EQ(bytes.value, "1073741824");
}

TEST(Describe, ABrokersValuesTellWhereTheyComeFrom) {
  const auto broker = broker_of({{"num.io.threads", "4"}, {"ssl.key.password", "secret"}})
                          .with_dynamic({{"num.io.threads", "5"}}, {{"num.io.threads", "6"}});
  ASSERT_TRUE(broker) << broker.error();
  const auto entries = describe_broker(*broker);
  const ConfigEntry& threads = entry_of(entries, "num.io.threads");
  EXPECT_EQ(threads.value, "6");
  EXPECT_FALSE(threads.read_only);
  EXPECT_THAT(told(threads), ElementsAre("2 num.io.threads=6", "3 num.io.threads=5",
                                         "4 num.io.threads=4", "5 num.io.threads=8"));
  const ConfigEntry& password = entry_of(entries, "ssl.key.password");
  EXPECT_TRUE(password.sensitive);
  EXPECT_EQ(password.value, std::nullopt);
  EXPECT_THAT(told(password), ElementsAre("4 ssl.key.password=null"));
  EXPECT_TRUE(entry_of(entries, "log.dirs").read_only);

  const auto defaults = describe_cluster_default(*broker);
  ASSERT_EQ(defaults.size(), 1u);
  EXPECT_THAT(told(defaults[0]), ElementsAre("3 num.io.threads=5"));
}

TEST(Describe, AKeyOfUnknownTypeIsNeverShown) {
  const auto entries = describe_broker(broker_of({{"my.secret", "x"}}));
  const ConfigEntry& entry = entry_of(entries, "my.secret");
  EXPECT_TRUE(entry.sensitive);
  EXPECT_EQ(entry.value, std::nullopt);
  EXPECT_EQ(entry.source, Source::static_broker);
}

}  // namespace
}  // namespace samsa::config
